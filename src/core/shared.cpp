// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/shared.hpp>

#include <atomic>

namespace eddy::detail {

shared_object::~shared_object() = default;

void shared_object::retain() noexcept {
    std::atomic_ref(handles_).fetch_add(1, std::memory_order_relaxed);
}

void shared_object::release() noexcept {
    // What the other handles did to the object comes before its end.
    if (std::atomic_ref(handles_).fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete this;
    }
}

} // namespace eddy::detail
