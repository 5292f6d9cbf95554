// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/conform.hpp>
#include <eddy/sim/world.hpp>

#include "sim/conform_trial.hpp"
#include "sim/quiet_log.hpp"
#include "sim/watched_run.hpp"

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

namespace eddy::sim {
namespace {

using detail::broken_rule;
using detail::fate;
using detail::pulse;
using detail::trial;
using detail::variation;
using detail::verdict;

/// What a flooding client sends: much more than any session may hold.
constexpr std::size_t flood = std::size_t{4} * 1024 * 1024;

/// Longest pause of a slow reader: all of the answers fit into the time for which a server keeps a
/// session that has ended.
constexpr duration slow = std::chrono::milliseconds(5);
constexpr std::size_t slow_buffers = 256;

/// Owns copies of all that it works with: it may be left behind in a handler that never comes back.
class conformance {
public:
    conformance(const handler& tested, const conversation& talk, const conform_options& options)
        : tested_(tested), talk_(talk), options_(options) {}

    void run() {
        same_answers();
        ends_early();
        for (const auto what : {fate::reset, fate::end, fate::vanish, fate::drain, fate::stop}) {
            for (std::uint64_t at = 0; !is_over(what, at); ++at) {
            }
        }
        memory();
        for (const auto& message : talk_.refused()) {
            variation refused{fmt::format("sent \"{}\", which must be refused", message)};
            refused.manner.afterwards = message;
            refused.manner.ends = false;
            refused.answers = verdict::any_end;
            judge(refused);
        }
    }

    [[nodiscard]] const pulse& beats() const noexcept { return beats_; }
    /// When `run` has ended.
    [[nodiscard]] const conform_report& report() const noexcept { return report_; }

    /// When `run` never ends: throws where the handler went on and did not come back.
    [[noreturn]] void explain_block() {
        const auto again = std::make_shared<conformance>(tested_, talk_, options_);
        variation tried;
        std::uint64_t event = 0;
        {
            const std::lock_guard guard(mutex_);
            tried = tried_;
            event = beats_->load() - beats_before_;
        }
        const auto name = tried.name;
        (void)detail::run_watched(
            [again, tried = std::move(tried), event] { again->replay(tried, event); },
            again->beats(),
            options_.longest_turn
        );
        throw failure(fmt::format("conform: blocks the loop: with {}", name)
        ); // each time elsewhere
    }

private:
    void same_answers() {
        judge({"as it stands"});
        const std::size_t size = talk_.sent().size();
        for (std::size_t cut = 1; cut < size; ++cut) {
            variation split{fmt::format("cut after byte {}", cut)};
            split.manner.pauses = {cut};
            split.if_wrong = "forgets a partial frame";
            judge(split);
        }
        variation bytewise{"one byte at a time"};
        bytewise.manner.pauses.resize(size);
        std::iota(bytewise.manner.pauses.begin(), bytewise.manner.pauses.end(), std::size_t{1});
        bytewise.if_wrong = "forgets a partial frame";
        judge(bytewise);
        variation hurried{"all messages at once"};
        hurried.manner.hurries = true;
        hurried.if_wrong = "forgets a frame that came with another";
        judge(hurried);
        variation slowly{"a slow reader"};
        slowly.manner.hurries = true;
        slowly.manner.reads_after = slow;
        slowly.buffers = slow_buffers;
        judge(slowly);
        for (std::uint64_t seed = 1; seed <= options_.seeds; ++seed) {
            variation rough{"a hostile network"};
            rough.network = profile::hostile();
            rough.seed = seed;
            judge(rough);
        }
    }

    void ends_early() {
        for (std::size_t size = 0; size < talk_.sent().size(); ++size) {
            variation shortened{fmt::format("end of stream after byte {}", size)};
            shortened.manner.ends_after = size;
            shortened.answers = verdict::beginning;
            shortened.if_wrong = "answers a truncated frame";
            judge(shortened);
        }
    }

    /// True when the session had ended before so many events.
    bool is_over(fate what, std::uint64_t at) {
        variation turn{fmt::format("{} after event {}", detail::name_of(what), at)};
        turn.what = what;
        turn.at = at;
        // Told to end, it may say so in words of its own.
        const bool is_told = what == fate::drain || what == fate::stop;
        turn.answers = is_told ? verdict::any : verdict::beginning;
        return !judge(turn);
    }

    void memory() {
        variation tireless{"a client that sends on and on"};
        tireless.manner.flood = flood / 4;
        tireless.manner.floods_with_messages = true;
        tireless.answers = verdict::any;
        judge(tireless);
        variation deaf{"a client that sends on and never reads"};
        deaf.manner.flood = flood;
        deaf.manner.floods_with_messages = true;
        deaf.manner.reads_in_flood = false;
        deaf.answers = verdict::any;
        judge(deaf);
        variation endless{"a client that sends one message without end"};
        endless.manner.flood = flood;
        endless.answers = verdict::any;
        judge(endless);
    }

    /// False when fate came too late.
    bool judge(const variation& tried) {
        ++report_.runs;
        {
            const std::lock_guard guard(mutex_);
            tried_ = tried;
            beats_before_ = beats_->load();
        }
        trial first(tested_, talk_, options_, tried, beats_);
        try {
            return first.run();
        } catch (const broken_rule& broken) {
            explain(tried, first.step(), broken);
        }
    }

    /// Runs it once more for its trace.
    [[noreturn]] void
    explain(const variation& tried, std::uint64_t step, const broken_rule& broken) {
        trial again(tested_, talk_, options_, tried, beats_);
        again.make_readable();
        try {
            again.run();
        } catch (const broken_rule&) {
            report(tried, step, broken, again.trace_lines());
        }
        report(tried, step, broken, {"It went well when it was tried again."});
    }

    void replay(const variation& tried, std::uint64_t until) {
        trial blocked(tested_, talk_, options_, tried, beats_);
        blocked.make_readable();
        blocked.block_at(until);
        try {
            blocked.run();
        } catch (const broken_rule& broken) {
            report(tried, blocked.step(), broken, blocked.trace_lines());
        }
    }

    [[noreturn]] static void report(
        const variation& tried,
        std::uint64_t step,
        const broken_rule& broken,
        const std::vector<std::string>& trace
    ) {
        auto text = fmt::format(
            "conform: {}: with {} (seed {}, step {}): {}\n",
            broken.rule(),
            tried.name,
            tried.seed,
            step,
            broken.what()
        );
        for (const auto& line : trace) {
            text += line + '\n';
        }
        throw failure(text);
    }

    handler tested_;
    conversation talk_;
    conform_options options_;
    conform_report report_;
    pulse beats_ = std::make_shared<std::atomic<std::uint64_t>>(0);

    std::mutex mutex_;
    variation tried_;                // guarded by mutex_, as is the next
    std::uint64_t beats_before_ = 0; // `tried_` began
};

} // namespace

conform_report
conform(const handler& tested, const conversation& talk, const conform_options& options) {
    const detail::quiet_log quiet;
    const auto all = std::make_shared<conformance>(tested, talk, options);
    if (!detail::run_watched([all] { all->run(); }, all->beats(), options.longest_turn)) {
        all->explain_block();
    }
    return all->report();
}

} // namespace eddy::sim
