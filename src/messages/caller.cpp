// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/messages/caller.hpp>

namespace eddy::detail {

answer_awaiter::limit_timer::limit_timer(answer_awaiter& waiting) noexcept
    : timer([](timer& due) noexcept {
          static_cast<limit_timer&>(due).self->finish(errc::timed_out);
      }),
      self(&waiting) {}

bool answer_awaiter::start() {
    is_suspended_ = true;
    if (!limit_.is_never()) {
        owner().arm(timer_, limit_.at());
    }
    return true;
}

void answer_awaiter::on_stop() noexcept {
    finish(errc::cancelled);
}

void answer_awaiter::finish(error_code how) noexcept {
    entry.unlink();
    timer_.disarm();
    how_ = how;
    is_finished_ = true;
    if (is_suspended_) {
        wake();
    }
}

} // namespace eddy::detail
