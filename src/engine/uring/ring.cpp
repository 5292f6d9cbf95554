// SPDX-License-Identifier: BSL-1.0
#include "engine/uring/ring.hpp"

#include <cerrno>
#include <chrono>
#include <poll.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>

namespace eddy::detail {
namespace {

/// Requests between two submissions; more make one submission more.
constexpr unsigned submission_entries = 256;
/// Completions of one wait: some from each session that has much to say. More are kept by the
/// kernel, at a price.
constexpr unsigned completion_entries = 2048;

/// Before the kernel is asked again when it had no memory for a wait, in milliseconds.
constexpr int retry_pause = 1;

/// A lack that lasts must not make the loop spin.
void pause_after(int outcome) noexcept {
    if (outcome < 0 && outcome != -EINTR && outcome != -ETIME) {
        (void)::poll(nullptr, 0, retry_pause);
    }
}

const char* remedy_for(int failure) noexcept {
    switch (failure) {
    case EPERM:
    case EACCES:
        return "; io_uring is forbidden here (sysctl kernel.io_uring_disabled, or a sandbox): "
               "allow "
               "it, or use engine \"epoll\"";
    case ENOSYS:
    case EINVAL:
        return "; it needs Linux 6.1 or newer with io_uring: use engine \"epoll\"";
    case ENOMEM:
        return "; the memory that may be locked is used up: raise LimitMEMLOCK (ulimit -l), or use "
               "engine \"epoll\"";
    default:
        return "";
    }
}

} // namespace

ring::ring() {
    ::io_uring_params setup{};
    setup.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                  IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE;
    setup.cq_entries = completion_entries;
    const int failure = -::io_uring_queue_init_params(submission_entries, &ring_, &setup);
    if (failure != 0) {
        const error_code code(failure, std::system_category());
        throw error(code, "engine \"uring\": " + code.message() + remedy_for(failure));
    }
}

ring::~ring() {
    ::io_uring_queue_exit(&ring_);
}

::pid_t ring::this_thread() noexcept {
    static thread_local const ::pid_t number = ::gettid();
    return number;
}

bool ring::bind() noexcept {
    // As io_uring_enable_rings, which the library of liburing 2.3 lacks.
    const auto enable = [this] {
        return ::syscall(
            __NR_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0
        );
    };
    if (thread_ == 0 && enable() == 0) {
        thread_ = this_thread();
    }
    return is_mine();
}

::io_uring_sqe* ring::prepare() noexcept {
    ::io_uring_sqe* request = ::io_uring_get_sqe(&ring_);
    if (request) {
        *request = {};
    }
    return request;
}

bool ring::take_back(std::uint64_t user_data) noexcept {
    const unsigned end = ring_.sq.sqe_tail;
    for (unsigned i = end - ::io_uring_sq_ready(&ring_); i != end; ++i) {
        ::io_uring_sqe& request = ring_.sq.sqes[i & *ring_.sq.kring_mask];
        if (request.user_data == user_data) {
            request = {};
            ::io_uring_prep_nop(&request);
            return true;
        }
    }
    return false;
}

void ring::submit() noexcept {
    ::io_uring_submit(&ring_);
}

void ring::wait(duration longest) noexcept {
    if (longest <= duration::zero()) {
        ::io_uring_submit_and_get_events(&ring_);
    } else if (longest == duration::max()) {
        pause_after(::io_uring_submit_and_wait(&ring_, 1));
    } else {
        const auto whole = std::chrono::floor<std::chrono::seconds>(longest);
        ::__kernel_timespec limit{whole.count(), (longest - whole).count()};
        ::io_uring_cqe* first = nullptr;
        pause_after(::io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr));
    }
}

bool ring::refill() noexcept {
    return (kernel_flags() & IORING_SQ_CQ_OVERFLOW) != 0 && is_mine() &&
           ::io_uring_get_events(&ring_) >= 0 && ::io_uring_cq_ready(&ring_) != 0;
}

error_code ring::announce(int bell) noexcept {
    const int outcome = ::io_uring_register_eventfd(&ring_, bell);
    return outcome < 0 ? error_code(-outcome, std::system_category()) : error_code();
}

bool ring::has_news() const noexcept {
    return ::io_uring_cq_ready(&ring_) != 0 ||
           (kernel_flags() & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

} // namespace eddy::detail
