// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/check.hpp>

#include "sim/quiet_log.hpp"
#include "sim/schedule.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace eddy::sim {
namespace {

using detail::schedule;

/// Lines of the trace in a failure's text: enough to see the last exchange.
constexpr std::size_t trace_tail = 40;

struct environment {
    std::optional<std::string> only_check;
    std::optional<std::uint64_t> only_seed;
    std::optional<schedule> keep;
    std::optional<std::string> seeds;
    std::optional<std::string> ledger;
};

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

std::uint64_t to_number(const char* name, const std::string& text) {
    char* end = nullptr;
    const auto number = std::strtoull(text.c_str(), &end, 0); // also 0x…
    if (text.empty() || *end != '\0') {
        throw failure(fmt::format("{}: \"{}\" is not a number", name, text));
    }
    return number;
}

environment read_environment() {
    environment read;
    read.only_check = variable("EDDY_SIM_CHECK");
    if (const auto seed = variable("EDDY_SIM_SEED")) {
        read.only_seed = to_number("EDDY_SIM_SEED", *seed);
    }
    if (const auto keep = variable("EDDY_SIM_KEEP")) {
        read.keep = *keep == "none" ? schedule() : detail::parse_schedule(*keep);
    }
    read.seeds = variable("EDDY_SIM_SEEDS");
    read.ledger = variable("EDDY_SIM_LEDGER");
    return read;
}

/// The program as it was called, for the replay command.
std::string program() {
    std::ifstream command("/proc/self/cmdline");
    std::string name;
    std::getline(command, name, '\0');
    return name.empty() ? "<this program>" : name;
}

struct run_result {
    std::optional<std::string> failed;
    std::uint64_t hash = 0;
    duration simulated = duration::zero();
    schedule taken;
    std::vector<std::string> lines;
};

class runner {
public:
    runner(const check_options& options, const std::function<void(world&)>& scenario)
        : options_(options), scenario_(scenario) {}

    enum class detail_level { hash_only, readable };

    run_result
    run(std::uint64_t seed,
        const std::optional<schedule>& keep = {},
        detail_level level = detail_level::hash_only) const {
        world_options options = options_.world;
        options.seed = seed;
        world fresh(options);
        if (keep) {
            fresh.random().keep_only(*keep);
        }
        if (level == detail_level::readable) {
            fresh.trace().make_readable();
        }
        const time_point begin = fresh.now();
        run_result result;
        try {
            scenario_(fresh);
        } catch (const std::exception& thrown) {
            result.failed = thrown.what();
        } catch (...) {
            result.failed = "something was thrown that is no std::exception";
        }
        result.hash = fresh.trace().hash();
        result.simulated = fresh.now() - begin;
        result.taken = fresh.random().taken();
        result.lines = fresh.trace().lines();
        return result;
    }

private:
    const check_options& options_;
    const std::function<void(world&)>& scenario_;
};

/// As one word for a shell.
std::string in_quotes(std::string_view text) {
    std::string quoted = "'";
    for (const char each : text) {
        quoted += each == '\'' ? "'\\''" : std::string(1, each);
    }
    return quoted + '\'';
}

std::string replay_command(
    std::string_view name,
    const check_options& options,
    std::uint64_t seed,
    const std::optional<schedule>& keep
) {
    std::string kept;
    if (keep) {
        kept = "EDDY_SIM_KEEP=" + (keep->empty() ? "none" : detail::to_string(*keep)) + ' ';
    }
    return fmt::format(
        "EDDY_SIM_CHECK={} EDDY_SIM_SEED={} {}{} {}",
        in_quotes(name),
        seed,
        kept,
        program(),
        options.replay_arguments
    );
}

[[noreturn]] void report_failure(
    std::string_view name,
    const check_options& options,
    const runner& runs,
    std::uint64_t seed,
    run_result failed
) {
    const auto again = runs.run(seed);
    if (again.hash != failed.hash) {
        throw failure(fmt::format(
            "{}: seed {} failed ({}), but a second run went another way: the scenario depends on "
            "more than its seed",
            name,
            seed,
            *failed.failed
        ));
    }
    const auto all = failed.taken.size();
    const auto smallest =
        detail::shrink(std::move(failed.taken), options.shrink_runs, [&](const schedule& kept) {
            return runs.run(seed, kept).failed.has_value();
        });
    const auto shrunk = runs.run(seed, smallest, runner::detail_level::readable);
    const bool is_smaller = shrunk.failed.has_value();
    auto text = fmt::format("{}: seed {} fails: {}\n", name, seed, *failed.failed);
    if (is_smaller) {
        text += fmt::format(
            "with {} of {} random decisions left: {}\n", smallest.size(), all, *shrunk.failed
        );
        const auto& lines = shrunk.lines;
        for (std::size_t i = lines.size() - std::min(lines.size(), trace_tail); i < lines.size();
             ++i) {
            text += lines[i] + '\n';
        }
    }
    text += "replay: " + replay_command(name, options, seed, {});
    if (is_smaller) {
        text += "\nsmall:  " + replay_command(name, options, seed, smallest);
    }
    throw failure(text);
}

[[noreturn]] void report_second_way(std::string_view name, std::uint64_t seed) {
    throw failure(fmt::format(
        "{}: two runs of seed {} differ: the scenario depends on more than its seed", name, seed
    ));
}

check_report replay(std::string_view name, const environment& from, const runner& runs) {
    const auto seed = *from.only_seed;
    const auto result = runs.run(seed, from.keep, runner::detail_level::readable);
    for (const auto& line : result.lines) {
        fmt::print(stderr, "{}\n", line);
    }
    if (result.failed) {
        throw failure(fmt::format("{}: seed {} fails: {}", name, seed, *result.failed));
    }
    return {1, result.simulated, duration::zero(), result.hash};
}

/// A seed that no earlier run has had, nor any of the seeds after it: the microseconds since 1970
/// go on faster than seeds are run.
std::uint64_t fresh_seed() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count()
    );
}

/// `2000`, `5001+2000`, `fresh+2000`, or with a time instead of a count: `fresh+4s`.
void apply_seeds(const std::string& text, check_options& options) {
    const auto plus = text.find('+');
    if (plus != text.npos) {
        const auto first = text.substr(0, plus);
        options.first_seed = first == "fresh" ? fresh_seed() : to_number("EDDY_SIM_SEEDS", first);
    }
    const auto size = plus == text.npos ? text : text.substr(plus + 1);
    if (size.ends_with('s')) {
        const auto seconds = to_number("EDDY_SIM_SEEDS", size.substr(0, size.size() - 1));
        options.time_box = std::chrono::seconds(seconds);
        options.seeds = std::numeric_limits<std::uint64_t>::max();
    } else {
        options.seeds = to_number("EDDY_SIM_SEEDS", size);
    }
}

std::vector<std::uint64_t> regressions_of(std::string_view name, const check_options& options) {
    std::vector<std::uint64_t> seeds(options.regressions.begin(), options.regressions.end());
    if (options.regression_file.empty()) {
        return seeds;
    }
    std::ifstream file{std::string(options.regression_file)};
    if (!file) {
        throw failure(fmt::format("cannot read the seeds in {}", options.regression_file));
    }
    for (std::string line; std::getline(file, line);) {
        const auto space = line.find(' ');
        if (!line.starts_with('#') && space != line.npos && line.substr(space + 1) == name) {
            seeds.push_back(to_number("a line of the seeds", line.substr(0, space)));
        }
    }
    return seeds;
}

/// The processor time of this program, which other programs do not make longer.
duration processor_time() {
    constexpr std::int64_t second = 1'000'000'000;
    return duration(static_cast<std::int64_t>(std::clock()) * (second / CLOCKS_PER_SEC));
}

void write_ledger(
    const std::string& file,
    std::string_view name,
    const check_options& options,
    std::uint64_t seeds,
    const check_report& report
) {
    using namespace std::chrono_literals;
    std::ofstream(file, std::ios::app) << fmt::format(
        "{}\t{}\t{}\t{}\t{}\n",
        name,
        options.first_seed,
        seeds,
        report.simulated / 1s,
        report.processor / 1ms
    );
}

} // namespace

check_report check(
    std::string_view name, const check_options& given, const std::function<void(world&)>& scenario
) {
    const environment from = read_environment();
    if (from.only_check && *from.only_check != name) {
        return {};
    }
    check_options options = given;
    const runner runs(options, scenario);
    if (from.only_seed) {
        return replay(name, from, runs);
    }
    if (from.seeds) {
        apply_seeds(*from.seeds, options);
    }
    const detail::quiet_log quiet;
    const duration begin = processor_time();
    check_report report;
    const auto run_seed = [&](std::uint64_t seed) {
        auto result = runs.run(seed);
        if (result.failed) {
            report_failure(name, options, runs, seed, std::move(result));
        }
        if (report.runs == 0 && runs.run(seed).hash != result.hash) {
            report_second_way(name, seed);
        }
        ++report.runs;
        report.simulated += result.simulated;
        report.hash = report.hash * 31 + result.hash;
    };
    for (const auto seed : regressions_of(name, options)) {
        run_seed(seed);
    }
    std::uint64_t seeds = 0;
    const bool is_boxed = options.time_box != duration::zero();
    while (seeds < options.seeds && !(is_boxed && processor_time() - begin > options.time_box)) {
        run_seed(options.first_seed + seeds++);
    }
    report.processor = processor_time() - begin;
    if (from.ledger) {
        write_ledger(*from.ledger, name, options, seeds, report);
    }
    return report;
}

} // namespace eddy::sim
