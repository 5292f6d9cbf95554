// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/fault.hpp>
#include <eddy/sim/world.hpp>

#include "sim/quiet_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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
     "timer"}
);

constexpr std::uint64_t most_runs = 10'000;

} // namespace

std::string_view name_of(operation what) noexcept {
    return names[static_cast<std::size_t>(what)];
}

error_code system_error(int error_number) noexcept {
    return {error_number, boost::system::system_category()};
}

error_code fault_plan::strike(operation what, const host& where) {
    error_code struck;
    for (entry& each : planted_) {
        const fault& planted = each.planted;
        if (planted.what != what || (planted.where && planted.where != &where)) {
            continue;
        }
        ++each.seen;
        if (each.seen >= planted.nth && each.seen - planted.nth < planted.times) {
            ++each.fired;
            struck = planted.error;
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
    operation what,
    error_code error,
    const world_options& options,
    const std::function<void(world&)>& scenario
) {
    const detail::quiet_log quiet;
    for (std::uint64_t nth = 1; nth <= most_runs; ++nth) {
        world fresh(options);
        fresh.fail({what, nth, error});
        try {
            scenario(fresh);
        } catch (const std::exception& failed) {
            throw failure(fmt::format(
                "with {} number {} failing with \"{}\": {}",
                name_of(what),
                nth,
                error.message(),
                failed.what()
            ));
        }
        if (!fresh.faults().all_fired()) {
            return nth - 1;
        }
    }
    throw failure(fmt::format(
        "{} runs did not exhaust the operations \"{}\" that can fail", most_runs, name_of(what)
    ));
}

} // namespace eddy::sim
