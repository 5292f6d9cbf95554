// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/error.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::sim {

class host;
class world;
struct world_options;

/// A step at the engine seam that can be made to fail.
enum class operation : std::uint8_t {
    listen,
    bind,
    accept,
    attach,
    connect,
    resolve,
    read,
    write,
    send,
    receive,
    timer,    ///< Fires ten seconds late, as nothing else can go wrong with it.
    allocate, ///< Of a process in its loop's turns; needs <eddy/sim/failing_new.hpp>.
};

/// The word for an operation, as in traces.
[[nodiscard]] EDDY_EXPORT std::string_view name_of(operation what) noexcept;

/// Makes the `nth` operation of a kind fail, counted from 1 and from when the fault was planted.
struct fault {
    operation what = operation::read; ///< The kind that is counted.
    std::uint64_t nth = 1;            ///< Which one fails first, from 1.
    error_code error;                 ///< How it fails; see `system_error`.
    std::uint64_t times = 1;          ///< How many in a row fail.
    const host* where = nullptr;      ///< On this host only; null: anywhere.
    /// On the host of this name only, for worlds that are yet to come.
    std::string_view on = {};
    /// Counted from this virtual time on, so that what is set up before succeeds.
    duration since = duration::zero();
};

/// `error_number` (an errno) as the error code that the operating system would give.
[[nodiscard]] EDDY_EXPORT error_code system_error(int error_number) noexcept;

/// The planted faults of a world.
class EDDY_EXPORT fault_plan {
public:
    /// Adds a fault, which counts operations from now on.
    void plant(const fault& planted) { planted_.push_back({planted, 0, 0}); }

    /// Counts one operation. Gives the error that it must fail with, or no error.
    [[nodiscard]] error_code strike(operation what, const host& where);

    /// True when every planted fault has happened at least once.
    [[nodiscard]] bool all_fired() const noexcept;

private:
    struct entry {
        fault planted;
        std::uint64_t seen;
        std::uint64_t fired;
    };

    std::vector<entry> planted_;
};

/// Runs `scenario` in one fresh world after the other, with the operation `first` failing, then the
/// one after it, and so on, until it runs through without the fault having fired. The method of
/// SQLite and curl.
///
/// A scenario that only wants to survive the lack of memory of a server:
/// @snippet test/sim/allocation_test.cpp for-each-allocation
///
/// @return How many operations failed, one a run.
///
/// @par Errors
/// Throws `failure` that names the operation, its number and the error when the scenario throws, or
/// when it had still not run out of operations to fail after 10,000 runs; and when allocations
/// shall fail in a program that does not have <eddy/sim/failing_new.hpp>.
EDDY_EXPORT std::uint64_t for_each_fault(
    const fault& first, const world_options& options, const std::function<void(world&)>& scenario
);
/// The same for operations of any host, from the first one on.
EDDY_EXPORT std::uint64_t for_each_fault(
    operation what,
    error_code error,
    const world_options& options,
    const std::function<void(world&)>& scenario
);

} // namespace eddy::sim
