// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace eddy::detail {

/// Remembers something of the keys that came last, in memory that never grows: where strangers
/// choose the keys, anything else can be made to grow.
///
/// A key belongs to a set of eight places, in the order of their last use; a new key takes the
/// last. `Entry` has a member `key`, 0 in a place that is free. Keys are hashes (`keyed_hash`).
template <class Entry>
class recent_table {
public:
    /// Room for `count` keys, rounded up to a power of two.
    explicit recent_table(std::size_t count)
        : entries_(std::bit_ceil(std::max(count, places))), mask_(entries_.size() / places - 1) {}

    /// The entry of `key`, which was used last now; a fresh one when it was unknown.
    Entry& enter(std::uint64_t key) noexcept {
        const auto set = set_of(key);
        const auto found = std::find_if(set.begin(), set.end(), [&](const Entry& each) {
            return each.key == named(key);
        });
        const auto place = found == set.end() ? set.end() - 1 : found;
        if (found == set.end()) {
            *place = Entry();
            place->key = named(key);
        }
        std::rotate(set.begin(), place, place + 1);
        return set.front();
    }

    /// The entry of `key`; null when it is unknown.
    [[nodiscard]] Entry* find(std::uint64_t key) noexcept {
        for (Entry& each : set_of(key)) {
            if (each.key == named(key)) {
                return &each;
            }
        }
        return nullptr;
    }

private:
    static constexpr std::size_t places = 8;

    static std::uint64_t named(std::uint64_t key) noexcept { return key == 0 ? 1 : key; }

    std::span<Entry> set_of(std::uint64_t key) noexcept {
        return std::span(entries_).subspan((key & mask_) * places, places);
    }

    std::vector<Entry> entries_;
    std::size_t mask_;
};

} // namespace eddy::detail
