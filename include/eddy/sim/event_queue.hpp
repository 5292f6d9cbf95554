// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace eddy::sim {

/// What will happen in a world, by time; events of the same time happen in the order in which they
/// were added.
class EDDY_EXPORT event_queue {
public:
    /// Housekeeping goes on for ever and does not keep a world from being idle: probes of silent
    /// peers, for instance.
    enum class kind : std::uint8_t { ordinary, housekeeping };

    /// `happens` is called by whoever takes it with `pop`.
    void add(time_point at, std::function<void()> happens, kind is = kind::ordinary);

    /// True when nothing is left, housekeeping included.
    [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
    /// Without counting housekeeping.
    [[nodiscard]] bool is_idle() const noexcept { return ordinary_ == 0; }
    /// When the next event happens. There must be one.
    [[nodiscard]] time_point next() const noexcept { return events_.front().at; }
    /// Takes the next event. There must be one.
    [[nodiscard]] std::function<void()> pop();

private:
    struct event {
        time_point at;
        std::uint64_t order;
        kind is;
        std::function<void()> happens;
    };
    static bool later(const event& a, const event& b) noexcept;

    std::vector<event> events_; // a heap
    std::uint64_t added_ = 0;
    std::size_t ordinary_ = 0;
};

} // namespace eddy::sim
