// SPDX-License-Identifier: BSL-1.0
#include "server/last_word.hpp"

#include "server/server_state.hpp"

namespace eddy::detail {

void last_word::run() {
    // First: what ends from now on sends it again.
    is_on_its_way_.exchange(false, std::memory_order_acq_rel);
    if (!anchor_.expired()) {
        whole_->hear_of_end();
    }
}

} // namespace eddy::detail
