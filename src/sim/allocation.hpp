// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/sim/host.hpp>

#include <cstdint>

namespace eddy::sim::detail {

/// While it lives, what this thread allocates is allocated by the process of a host, and may be
/// made to fail.
class in_process {
public:
    explicit in_process(host& whose) noexcept;
    in_process(const in_process&) = delete;
    in_process& operator=(const in_process&) = delete;
    ~in_process();

private:
    host* before_;
};

/// While it lives, what this thread allocates is the simulator's own: the kernel and the network
/// have memory for ever.
class in_kernel {
public:
    in_kernel() noexcept;
    in_kernel(const in_kernel&) = delete;
    in_kernel& operator=(const in_kernel&) = delete;
    ~in_kernel();

private:
    host* before_;
};

/// Blocks of memory that `operator new` gave and that were not given back; for tests of leaks.
[[nodiscard]] std::int64_t blocks_in_use() noexcept;

/// True when the program's `operator new` is that of eddy/sim/failing_new.hpp.
[[nodiscard]] bool can_fail_allocations();

} // namespace eddy::sim::detail
