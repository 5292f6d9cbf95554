// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/promise.hpp>

namespace eddy::detail {

bool promise_base::start_child(
    promise_base& child,
    std::coroutine_handle<> child_handle,
    promise_base& parent,
    std::coroutine_handle<> parent_handle
) {
    child.continuation = parent_handle;
    child.parent = &parent;
    child.context = parent.context;
    parent.child = &child;

    child.starting = true;
    child_handle.resume();
    child.starting = false;
    return !child.done;
}

void promise_base::finish(promise_base& self) noexcept {
    self.done = true;
    if (self.starting) {
        return; // start_child is below us on the stack and goes on with the parent
    }
    // Either call may destroy `self`.
    if (self.continuation) {
        self.continuation.resume();
    } else {
        self.context->finished();
    }
}

} // namespace eddy::detail
