// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/check.hpp>

#include "sim/quiet_log.hpp"
#include "sim/schedule.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

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
        "EDDY_SIM_CHECK='{}' EDDY_SIM_SEED={} {}{} {}",
        name,
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
    return {1, result.simulated, result.hash};
}

/// `2000` or `5001+2000`.
void apply_seeds(const std::string& text, check_options& options) {
    const auto plus = text.find('+');
    if (plus != text.npos) {
        options.first_seed = to_number("EDDY_SIM_SEEDS", text.substr(0, plus));
    }
    options.seeds = to_number("EDDY_SIM_SEEDS", plus == text.npos ? text : text.substr(plus + 1));
}

void write_ledger(
    const std::string& file,
    std::string_view name,
    const check_options& options,
    const check_report& report
) {
    constexpr std::int64_t second = 1'000'000'000;
    std::ofstream(file, std::ios::app) << fmt::format(
        "{}\t{}\t{}\t{}\n",
        name,
        options.first_seed,
        options.seeds,
        report.simulated.count() / second
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
    for (const auto seed : options.regressions) {
        run_seed(seed);
    }
    for (std::uint64_t i = 0; i < options.seeds; ++i) {
        run_seed(options.first_seed + i);
    }
    if (from.ledger) {
        write_ledger(*from.ledger, name, options, report);
    }
    return report;
}

} // namespace eddy::sim
