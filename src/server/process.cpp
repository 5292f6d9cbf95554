// SPDX-License-Identifier: BSL-1.0
#include <eddy/server/process.hpp>

#include "platform/descriptors.hpp"
#include "platform/standard_fds.hpp"

namespace eddy {

void prepare_process() noexcept {
    platform::open_standard_fds();
    platform::ignore_write_signals();
    platform::raise_descriptor_limit();
}

} // namespace eddy
