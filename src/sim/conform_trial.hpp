// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/server/server.hpp>
#include <eddy/sim/conform.hpp>
#include <eddy/sim/failure.hpp>
#include <eddy/sim/world.hpp>

#include "sim/conform_client.hpp"
#include "sim/watched_run.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
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
    std::uint64_t at = 0; ///< The step: an event, counted from when the handler began.
    verdict answers = verdict::exact;
    profile network = profile::calm();
    std::uint64_t seed = 1;
    /// Of the kernels. Small, so that a client that does not read is felt soon.
    std::size_t buffers = std::size_t{4} * 1024;
    /// The rule that a handler breaks whose answers are wrong in this variation only.
    std::string_view if_wrong = "wrong answers";
};

/// A rule that the handler has broken.
class broken_rule : public failure {
public:
    broken_rule(std::string_view rule, const std::string& how) : failure(how), rule_(rule) {}
    [[nodiscard]] std::string_view rule() const noexcept { return rule_; }

private:
    std::string_view rule_; // a literal
};

/// The handler's session as seen from outside.
struct observation {
    bool begun = false;
    bool finished = false;
    std::string thrown;
    std::uint64_t writes_after_close = 0;
    // Valid while begun and not finished.
    const eddy::detail::task_context* context = nullptr;
    const session* peer = nullptr;
    scope* tasks = nullptr;
};

/// One conversation of a handler with a client, in a world of its own.
class trial {
public:
    trial(
        const handler& tested,
        const conversation& talk,
        const conform_options& options,
        const variation& tried,
        pulse beats
    );

    void make_readable() noexcept { world_.trace().make_readable(); }
    [[nodiscard]] const std::vector<std::string>& trace_lines() const noexcept {
        return world_.trace().lines();
    }

    /// Makes `run` end before that event, counted from the beginning, as if the handler never came
    /// back from it.
    void block_at(std::uint64_t event) noexcept { block_at_ = event; }

    /// Throws `broken_rule`. False when the session had ended before fate came.
    bool run();

    /// Events since the handler began.
    [[nodiscard]] std::uint64_t step() const noexcept { return step_; }

private:
    static world_options options_for(const variation& tried);
    static task<> observe(const handler& tested, session& peer, observation& seen);
    static task<> handle(const handler& tested, session& peer, observation& seen);

    bool play();
    void run_until(const std::function<bool()>& reached);
    void look();
    bool meet_fate();
    void wait_for_end(duration limit);
    void end_server();
    void judge_writes() const;
    void judge_answers() const;
    void judge_end() const;
    void judge_memory() const;
    void judge_remains();
    [[nodiscard]] std::string where_it_waits() const;

    handler tested_;
    conversation talk_;
    conform_options options_;
    variation tried_;
    pulse beats_;
    observation seen_;
    world world_;
    host& home_;
    host& client_home_;
    server server_;
    conform_client client_;
    std::uint64_t events_ = 0;
    std::uint64_t step_ = 0;
    bool has_begun_ = false;
    std::uint64_t block_at_ = 0;
    std::size_t memory_before_ = 0;
    std::size_t most_memory_ = 0;
};

} // namespace eddy::sim::detail
