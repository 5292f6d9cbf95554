// SPDX-License-Identifier: BSL-1.0
#include "net/loop_detector.hpp"

#include "net/keyed_hash.hpp"

namespace eddy::detail {
namespace {

constexpr duration window = std::chrono::seconds(1);

constexpr std::size_t datagrams_kept = 4096;

/// A peer gets there with `repeats` datagrams, so there are fewer of them.
constexpr std::size_t peers_kept = 1024;

} // namespace

loop_detector::loop_detector(std::uint32_t repeats, duration silence)
    : repeats_(repeats), silence_(silence), repeated_(repeats == 0 ? 0 : datagrams_kept),
      silenced_(repeats == 0 ? 0 : peers_kept) {}

loop_detector::finding
loop_detector::look(const address& peer, std::span<const std::byte> data, time_point now) noexcept {
    if (repeats_ == 0) {
        return finding::fine;
    }
    keyed_hash hash;
    const std::uint64_t from = hash.add(peer).value();
    if (const auto* quiet = silenced_.find(from); quiet && now < quiet->until) {
        return finding::silenced;
    }
    repetition& seen = repeated_.enter(hash.add(data).value());
    if (seen.count == 0 || now - seen.began > window) {
        seen.began = now;
        seen.count = 0;
    }
    if (++seen.count <= repeats_) {
        return finding::fine;
    }
    seen.count = 0;
    silenced_.enter(from).until = now + silence_;
    return finding::begins;
}

} // namespace eddy::detail
