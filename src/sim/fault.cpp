// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/promise.hpp>
#include <eddy/sim/fault.hpp>
#include <eddy/sim/world.hpp>

#include "sim/allocation.hpp"
#include "sim/quiet_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>

namespace eddy::sim {
namespace {

constexpr auto names = std::to_array<std::string_view>(
    {"listen",
     "bind",
     "accept",
     "attach",
     "connect",
     "resolve",
     "read",
     "write",
     "send",
     "receive",
     "timer",
     "allocate"}
);

constexpr std::uint64_t most_runs = 10'000;

} // namespace

std::string_view name_of(operation what) noexcept {
    return names[static_cast<std::size_t>(what)];
}

error_code system_error(int error_number) noexcept {
    return {error_number, std::system_category()};
}

error_code fault_plan::strike(operation what, const host& where) {
    error_code struck;
    for (entry& each : planted_) {
        const fault& planted = each.planted;
        const bool is_here = (!planted.where || planted.where == &where) &&
                             (planted.on.empty() || planted.on == where.name());
        if (planted.what != what || !is_here || where.owner().elapsed() < planted.since) {
            continue;
        }
        ++each.seen;
        if (each.seen >= planted.nth && each.seen - planted.nth < planted.times) {
            ++each.fired;
            struck = planted.error ? planted.error : system_error(ENOMEM);
            where.owner().record(
                {occurrence::fault,
                 where.id(),
                 each.seen,
                 static_cast<std::uint64_t>(struck.value())},
                name_of(what)
            );
        }
    }
    return struck;
}

bool fault_plan::all_fired() const noexcept {
    return std::all_of(planted_.begin(), planted_.end(), [](const entry& each) {
        return each.fired != 0;
    });
}

std::uint64_t for_each_fault(
    const fault& first, const world_options& options, const std::function<void(world&)>& scenario
) {
    if (first.what == operation::allocate && !detail::can_fail_allocations()) {
        throw failure(
            "no allocation can fail in this program: include <eddy/sim/failing_new.hpp> in one of "
            "its source files"
        );
    }
    const detail::quiet_log quiet;
    fault planted = first;
    for (std::uint64_t runs = 0; runs < most_runs; ++runs, ++planted.nth) {
        // Frames that an earlier run has left behind would not be allocated in this one.
        eddy::detail::empty_frame_cache();
        world fresh(options);
        fresh.fail(planted);
        try {
            scenario(fresh);
        } catch (const std::exception& failed) {
            throw failure(fmt::format(
                "with {} number {} failing{}: {}",
                name_of(planted.what),
                planted.nth,
                planted.error ? " with \"" + planted.error.message() + '"' : "",
                failed.what()
            ));
        }
        if (!fresh.faults().all_fired()) {
            return runs;
        }
    }
    throw failure(fmt::format(
        "{} runs did not exhaust the operations \"{}\" that can fail",
        most_runs,
        name_of(planted.what)
    ));
}

std::uint64_t for_each_fault(
    operation what,
    error_code error,
    const world_options& options,
    const std::function<void(world&)>& scenario
) {
    return for_each_fault({.what = what, .error = error}, options, scenario);
}

} // namespace eddy::sim
