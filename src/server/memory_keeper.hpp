// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>
#include <eddy/server/server.hpp>

#include "server/memory_policy.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace eddy::detail {

class server_state;

/// Keeps the memory of a server's sessions at its marks: looks at the loops when one of them has
/// grown, and tells them what to do. On the server's first loop, but for what says otherwise.
class memory_keeper {
public:
    memory_keeper(server_state& whole, const server_config& config) noexcept;
    memory_keeper(const memory_keeper&) = delete;
    memory_keeper& operator=(const memory_keeper&) = delete;

    /// False without a mark: then nobody has to call `on_growth`.
    [[nodiscard]] bool is_on() const noexcept { return lower_mark_ != no_mark; }
    /// Begins, before the loops run. What is posted to one that outlives the server asks the
    /// anchor.
    void start(const std::weak_ptr<server_state*>& anchor) noexcept;
    void stop() noexcept;

    /// The blocks of a loop are many more. Any loop of the server.
    void on_growth() noexcept;
    /// Any thread, while the server has its loops.
    [[nodiscard]] memory_report report() const noexcept;
    /// Any thread.
    [[nodiscard]] std::uint64_t episodes() const noexcept {
        return episodes_.load(std::memory_order_relaxed);
    }
    /// The last line of the log about it.
    void log_totals() const noexcept;

private:
    struct look_timer final : timer {
        explicit look_timer(memory_keeper& whole) noexcept
            : timer([](timer& due) noexcept { static_cast<look_timer&>(due).self->look(); }),
              self(&whole) {}
        memory_keeper* self;
    };

    [[nodiscard]] memory_policy::load weigh() const noexcept;
    void look() noexcept;
    void note(memory_policy::phase before, const memory_policy::load& now) noexcept;

    static constexpr std::size_t no_mark = memory_policy::order::no_limit;

    server_state* state_;
    std::weak_ptr<server_state*> anchor_;
    memory_policy policy_;
    const std::size_t lower_mark_;        // of the policy, for all loops
    std::atomic<std::size_t> look_above_; // bytes
    std::atomic<bool> is_look_posted_{false};
    std::atomic<std::uint64_t> episodes_{0};
    look_timer timer_{*this};
};

} // namespace eddy::detail
