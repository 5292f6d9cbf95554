// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/server/server.hpp>
#include <eddy/sim/conform.hpp>
#include <eddy/sim/world.hpp>

#include "sim/conform_client.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::sim::detail {

/// What befalls a conversation at one of its events.
enum class fate : std::uint8_t { none, reset, end, vanish, drain, stop };
[[nodiscard]] std::string_view name_of(fate what) noexcept;

/// What the client has to have heard.
enum class verdict : std::uint8_t {
    exact,     ///< The right answers, no more and no less.
    beginning, ///< A beginning of them.
    any_end,   ///< The right answers, and then anything.
    any,       ///< Anything.
};

/// One way in which a conversation can go.
struct variation {
    std::string name;
    client_manner manner = {};
    fate what = fate::none;
    std::uint64_t at = 0; ///< The event, counted from when the handler began.
    verdict answers = verdict::exact;
    profile network = profile::calm();
    std::uint64_t seed = 1;
};

/// The handler's session as seen from outside.
struct observation {
    bool begun = false;
    bool finished = false;
    std::string thrown;
    const eddy::detail::task_context* context = nullptr; ///< Valid while begun and not finished.
    scope* tasks = nullptr;                              ///< The handler's; the same.
};

/// One conversation of a handler with a client, in a world of its own.
class trial {
public:
    trial(
        const handler& tested,
        const conversation& talk,
        const conform_options& options,
        const variation& tried
    );

    void make_readable() noexcept { world_.trace().make_readable(); }
    [[nodiscard]] const std::vector<std::string>& trace_lines() const noexcept {
        return world_.trace().lines();
    }

    /// Throws what rule was broken. False when the session had ended before fate came.
    bool run();

private:
    static world_options options_for(const variation& tried);
    static task<> observe(const handler& tested, session& peer, observation& seen);
    static task<> handle(const handler& tested, session& peer, observation& seen);

    bool meet_fate();
    void wait_for_end(duration limit);
    void end_server();
    void judge_answers() const;
    void judge_end() const;
    void judge_remains();
    [[nodiscard]] std::string where_it_waits() const;

    conversation talk_;
    conform_options options_;
    variation tried_;
    observation seen_;
    world world_;
    host& home_;
    host& client_home_;
    server server_;
    conform_client client_;
    std::size_t memory_before_ = 0;
    std::size_t most_memory_ = 0;
};

} // namespace eddy::sim::detail
