// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/sim/world.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace eddy::sim {

/// What `check` runs.
struct check_options {
    /// The worlds; their seed comes from the check.
    world_options world;
    /// How many seeds, from which on. EDDY_SIM_SEEDS=count or =first+count in the environment wins.
    std::uint64_t seeds = 100;
    std::uint64_t first_seed = 1; ///< The others follow it one by one.
    /// Processor time after which no further seed is begun; zero: all of `seeds` are run.
    duration time_box = duration::zero();
    /// Seeds that failed once. They are run first, always.
    std::span<const std::uint64_t> regressions;
    /// A file with more of them, for any number of checks: lines of a seed, a space and the check's
    /// name. Lines that begin with # are comments.
    std::string_view regression_file;
    /// Runs that the search for a small failing schedule may take. Zero: no search.
    std::size_t shrink_runs = 400;
    /// What the command that replays a failure has after the program's name, for instance a test's
    /// name in quotes.
    std::string_view replay_arguments;
};

/// What a check that passed has run.
struct check_report {
    std::uint64_t runs = 0;                ///< One for each seed.
    duration simulated = duration::zero(); ///< Virtual time of all runs together.
    duration processor = duration::zero(); ///< Processor time that they took.
    std::uint64_t hash = 0;                ///< Of the traces of all runs.
};

/// Runs `scenario` in one fresh world for each seed.
///
/// The scenario builds its hosts, runs the world and throws when something does not hold (see
/// `expect`). Nothing it does may depend on anything but the world: the first seed is run twice and
/// must give the same trace. The log is silent meanwhile, except in a replay.
///
/// @param name      Chosen by EDDY_SIM_CHECK, so one name for one check in a program.
/// @param options   The seeds and the worlds.
/// @param scenario  Called once for each world, with a fresh one.
///
/// | environment | meaning |
/// |---|---|
/// | `EDDY_SIM_SEEDS=2000`, `=5001+2000` | so many seeds, from the given one on |
/// | `EDDY_SIM_SEEDS=fresh+2000` | so many seeds that nobody has run before |
/// | `EDDY_SIM_SEEDS=fresh+4s` | the same for so many seconds of processor time |
/// | `EDDY_SIM_CHECK=name` | runs this check only; the others return at once |
/// | `EDDY_SIM_SEED=17` | runs this seed only and prints its trace to standard error |
/// | `EDDY_SIM_KEEP=segment:3,loss:0` | makes every other random decision calm |
/// | `EDDY_SIM_LEDGER=file` | appends a line for each check that passed: name, first seed, count,
/// virtual seconds, milliseconds of processor time |
///
/// @par Errors
/// Throws `failure` for the first seed that fails. The text has the seed, what was thrown, the
/// smallest schedule that still fails, the end of its trace, and the command that replays it.
///
/// @par Thread safety
/// One at a time in a process: the log is silenced for all of it.
///
/// @par Example
/// @snippet test/package/testing/without_catch.cpp main
EDDY_EXPORT check_report check(
    std::string_view name, const check_options& options, const std::function<void(world&)>& scenario
);

} // namespace eddy::sim
