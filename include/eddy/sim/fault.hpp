// SPDX-License-Identifier: BSL-1.0
#pragma once

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
    timer, ///< Fires ten seconds late, as nothing else can go wrong with it.
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

/// Runs `scenario` in one fresh world after the other, with the first, second, third … operation
/// `what` failing with `error`, until it runs through without the fault having fired. The method of
/// SQLite and curl.
///
/// @param what      The kind of operation.
/// @param error     How it fails; without meaning for timers.
/// @param options   Of every world.
/// @param scenario  Must hold in spite of one failure.
/// @return How many operations failed, one a run.
///
/// @par Errors
/// Throws `failure` that names the operation, its number and the error when the scenario throws, or
/// when it had still not run out of operations to fail after 10,000 runs.
///
/// @par Example
/// @snippet examples/05_chat/chat_test.cpp fault
EDDY_EXPORT std::uint64_t for_each_fault(
    operation what,
    error_code error,
    const world_options& options,
    const std::function<void(world&)>& scenario
);

} // namespace eddy::sim
