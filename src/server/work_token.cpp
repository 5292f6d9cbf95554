// SPDX-License-Identifier: BSL-1.0
#include "server/work_token.hpp"

#include "server/server_state.hpp"

namespace eddy::detail {

work_token::work_token(server_state& counted, admission_slot slot) noexcept
    : slot_(std::move(slot)), state_(&counted) {
    counted.work_began();
}

work_token::~work_token() {
    slot_.release(); // before those who wait for it are told
    if (state_) {
        state_->work_ended();
    }
}

} // namespace eddy::detail
