// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

namespace eddy::platform {

/// A piece of work for another thread.
class pool_job {
public:
    virtual ~pool_job() = default;
    virtual void run() noexcept = 0;
};

/// Runs `job` on one of the process's few threads for blocking work, which start as they are
/// needed.
///
/// Nobody ever waits for these threads: a resolver that hangs must not hang the end of the process.
/// Throws `std::system_error` when there is no thread and none can be made.
void run_on_pool(std::unique_ptr<pool_job> job);

} // namespace eddy::platform
