// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace eddy::detail {

/// Who is meant by a report of the kernel: a number that goes out with each request, and comes back
/// with its outcome.
///
/// An index that is used again has another generation, so that what was under way for its last user
/// reaches nobody.
template <class User>
class slot_table {
public:
    /// Gives the index of a free slot to `user`. Throws `std::bad_alloc`.
    std::uint32_t enter(User* user) {
        if (free_.empty()) {
            if (free_.capacity() <= slots_.size()) {
                free_.reserve(2 * slots_.size() + 1); // room for all, so that leaving never fails
            }
            slots_.emplace_back();
            free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
        }
        const std::uint32_t index = free_.back();
        free_.pop_back();
        slots_[index].user = user;
        return index;
    }

    void leave(std::uint32_t index) noexcept {
        slots_[index].user = nullptr;
        ++slots_[index].generation;
        free_.push_back(index);
    }

    /// Index and generation, which is the upper half.
    [[nodiscard]] std::uint64_t key_of(std::uint32_t index) const noexcept {
        return std::uint64_t(slots_[index].generation) << 32 | index;
    }

    /// Null when the slot has been left since `key` was given out.
    [[nodiscard]] User* find(std::uint64_t key) const noexcept {
        const auto index = static_cast<std::uint32_t>(key);
        return index < slots_.size() && key_of(index) == key ? slots_[index].user : nullptr;
    }

    /// Calls `function(user)` for each.
    template <class Function>
    void for_each(Function function) const {
        for (std::size_t i = 0; i < slots_.size(); ++i) { // it may leave, and enter
            if (User* user = slots_[i].user) {
                function(*user);
            }
        }
    }

private:
    struct slot {
        User* user = nullptr;
        std::uint32_t generation = 0;
    };

    std::vector<slot> slots_;
    std::vector<std::uint32_t> free_;
};

} // namespace eddy::detail
