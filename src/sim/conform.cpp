// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/conform.hpp>
#include <eddy/sim/world.hpp>

#include "sim/conform_trial.hpp"
#include "sim/quiet_log.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace eddy::sim {
namespace {

using detail::fate;
using detail::trial;
using detail::variation;
using detail::verdict;

/// What a flooding client sends: much more than any session may hold.
constexpr std::size_t flood = std::size_t{4} * 1024 * 1024;

class conformance {
public:
    conformance(const handler& tested, const conversation& talk, const conform_options& options)
        : tested_(tested), talk_(talk), options_(options) {}

    conform_report run() {
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
        return report_;
    }

private:
    void same_answers() {
        judge({"as it stands"});
        const std::size_t size = talk_.sent().size();
        for (std::size_t cut = 1; cut < size; ++cut) {
            variation split{fmt::format("cut after byte {}", cut)};
            split.manner.pauses = {cut};
            judge(split);
        }
        variation bytewise{"one byte at a time"};
        bytewise.manner.pauses.resize(size);
        std::iota(bytewise.manner.pauses.begin(), bytewise.manner.pauses.end(), std::size_t{1});
        judge(bytewise);
        variation hurried{"all messages at once"};
        hurried.manner.hurries = true;
        judge(hurried);
        for (std::uint64_t seed = 1; seed <= options_.seeds; ++seed) {
            variation rough{fmt::format("on a hostile network, seed {}", seed)};
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
            judge(shortened);
        }
    }

    /// True when the session had ended before so many events.
    bool is_over(fate what, std::uint64_t at) {
        variation turn{fmt::format("{} after event {}", detail::name_of(what), at)};
        turn.what = what;
        turn.at = at;
        turn.answers = verdict::beginning;
        return !judge(turn);
    }

    void memory() {
        variation deaf{"a client that sends on and never reads"};
        deaf.manner.flood = flood;
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
        try {
            return trial(tested_, talk_, options_, tried).run();
        } catch (const std::exception& broken) {
            explain(tried, broken.what());
        }
    }

    [[noreturn]] void explain(const variation& tried, const std::string& broken) {
        auto text = fmt::format("conform: with {}: {}\n", tried.name, broken);
        trial again(tested_, talk_, options_, tried);
        again.make_readable();
        try {
            again.run();
        } catch (const std::exception&) {
            for (const auto& line : again.trace_lines()) {
                text += line + '\n';
            }
        }
        throw failure(text);
    }

    const handler& tested_;
    const conversation& talk_;
    const conform_options& options_;
    conform_report report_;
};

} // namespace

conform_report
conform(const handler& tested, const conversation& talk, const conform_options& options) {
    const detail::quiet_log quiet;
    return conformance(tested, talk, options).run();
}

} // namespace eddy::sim
