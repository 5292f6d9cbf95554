// SPDX-License-Identifier: BSL-1.0
#include "server/live_session.hpp"

#include <eddy/core/error.hpp>
#include <eddy/core/log.hpp>

#include <string_view>

namespace eddy::detail {

void live_count::note_end(
    const listener& from, const std::exception_ptr& thrown, bool is_stopped, bool was_idle
) noexcept {
    if (!thrown && !is_stopped) {
        end_well(was_idle);
        return;
    }
    if (!thrown) {
        end(&listener_counts::forced);
        return;
    }
    const auto fail = [this, &from](std::string_view reason) {
        end(&listener_counts::failed);
        log::error(
            "a handler failed; its session ends", {{"listener", from.label()}, {"reason", reason}}
        );
    };
    try {
        std::rethrow_exception(thrown);
    } catch (const cancelled&) {
        end(&listener_counts::forced);
    } catch (const std::exception& failure) {
        fail(failure.what());
    } catch (...) {
        fail("an exception that is no std::exception");
    }
}

} // namespace eddy::detail
