// SPDX-License-Identifier: BSL-1.0
#include "support/manual_engine.hpp"

#include <eddy/core/loop.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/net/connect_op.hpp>
#include <eddy/net/datagram_port.hpp>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace eddy::test {

void manual_engine::run() {
    is_stopped_ = false;
    while (!is_stopped_) {
        if (is_woken_.exchange(false, std::memory_order_acquire) || !jobs_.empty()) {
            turn();
        } else if (armed_ != time_point::max()) {
            // A time that has passed already must not turn the clock back.
            now_ = std::max(now_, std::exchange(armed_, time_point::max()));
            turn();
        } else if (idle_ == when_idle::wait) {
            is_woken_.wait(false, std::memory_order_acquire);
        } else {
            return;
        }
    }
}

void manual_engine::wake() noexcept {
    is_woken_.store(true, std::memory_order_release);
    if (idle_ == when_idle::wait) {
        is_woken_.notify_one();
    }
}

void manual_engine::turn() {
    for (auto jobs = std::exchange(jobs_, {}); auto& job : jobs) {
        job->work();
        job->finish();
        job.reset();
    }
    ++turns_;
    owner_->begin_round();
    owner_->turn();
}

void manual_engine::start_offload(std::unique_ptr<offload_job> job) {
    if (refuses_offload_) {
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
    }
    jobs_.push_back(std::move(job));
}

result<std::unique_ptr<acceptor>>
manual_engine::listen(const endpoint& /*at*/, const socket_options& /*options*/) {
    return errc::not_supported;
}

result<std::unique_ptr<datagram_port>>
manual_engine::bind(const endpoint& /*at*/, const socket_options& /*options*/) {
    return errc::not_supported;
}

bool manual_engine::start_connect(connect_op& op) {
    op.error = errc::not_supported;
    return true;
}

void manual_engine::cancel_connect(connect_op& /*op*/) noexcept {}

bool manual_engine::start_resolve(resolve_op& op) {
    op.error = errc::not_supported;
    return true;
}

void manual_engine::cancel_resolve(resolve_op& /*op*/) noexcept {}

result<std::vector<address>>
manual_engine::resolve_now(const std::string& /*host*/, std::uint16_t /*port*/) {
    return errc::not_supported;
}

manual_loop::manual_loop(manual_engine::when_idle idle) {
    auto made = std::make_unique<manual_engine>(idle);
    engine_ = made.get();
    loop_ = std::make_unique<loop>(std::move(made));
}

manual_loop::~manual_loop() = default;

} // namespace eddy::test
