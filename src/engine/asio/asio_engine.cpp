// SPDX-License-Identifier: BSL-1.0
#include "engine/asio/asio_engine.hpp"

#include <eddy/core/loop.hpp>
#include <eddy/net/connect_op.hpp>

#include "engine/posix/resolver.hpp"
#include "platform/worker_pool.hpp"

#include <boost/asio/post.hpp>

#include <csignal>

namespace eddy::detail {
namespace {

/// One thread runs each context, so Asio may leave out the wake-ups between threads; its locks
/// stay, for `post`.
constexpr int one_thread = 1;

/// Work on its way to another thread and back.
class offloaded final : public platform::pool_job {
public:
    offloaded(std::unique_ptr<offload_job> job, std::shared_ptr<asio_engine::anchor> home) noexcept
        : job_(std::move(job)), home_(std::move(home)) {}

    void run() noexcept override {
        job_->work();
        const std::lock_guard guard(home_->mutex);
        if (home_->owner) {
            home_->owner->post([job = std::move(job_)] { job->finish(); });
        }
    }

private:
    std::unique_ptr<offload_job> job_;
    std::shared_ptr<asio_engine::anchor> home_;
};

class resolve_job final : public offload_job {
public:
    explicit resolve_job(resolve_op& waiting)
        : op(&waiting), host_(waiting.host), port_(waiting.port) {}

    void work() noexcept override {
        try {
            found_ = posix::resolve(host_, port_);
        } catch (const std::bad_alloc&) {
            found_ = make_error_code(boost::system::errc::not_enough_memory);
        }
    }

    void finish() noexcept override {
        if (op) {
            op->state = nullptr;
            op->error = found_.error();
            if (found_) {
                op->addresses = std::move(*found_);
            }
            op->complete(*op);
        }
    }

    resolve_op* op; // null once nobody waits

private:
    std::string host_;
    std::uint16_t port_;
    result<std::vector<address>> found_ = errc::no_such_host;
};

} // namespace

asio_engine::asio_engine()
    : own_(std::make_unique<boost::asio::io_context>(one_thread)), context_(own_.get()),
      timer_(*context_) {}

asio_engine::asio_engine(boost::asio::io_context& foreign) : context_(&foreign), timer_(foreign) {}

asio_engine::~asio_engine() {
    const std::lock_guard guard(anchor_->mutex);
    anchor_->owner = nullptr;
}

void asio_engine::attach(loop& owner) {
    anchor_->owner = &owner;
}

void asio_engine::run() {
    const auto alive = boost::asio::make_work_guard(*context_);
    context_->restart();
    context_->run();
}

void asio_engine::stop() noexcept {
    context_->stop();
}

void asio_engine::wake() noexcept {
    boost::asio::post(*context_, [home = anchor_] {
        if (home->owner) {
            home->owner->turn();
        }
    });
}

time_point asio_engine::now() const noexcept {
    const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
    return time_point(std::chrono::duration_cast<duration>(since_start));
}

void asio_engine::arm_timer(time_point at) noexcept {
    if (at == time_point::max()) {
        timer_.cancel();
        return;
    }
    const std::chrono::steady_clock::time_point due(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(at.time_since_epoch())
    );
    timer_.expires_at(due);
    timer_.async_wait([home = anchor_](const error_code& failure) {
        if (!failure && home->owner) {
            home->owner->turn();
        }
    });
}

void asio_engine::start_offload(std::unique_ptr<offload_job> job) {
    platform::run_on_pool(std::make_unique<offloaded>(std::move(job), anchor_));
}

void asio_engine::watch_signals(signal_sink* sink) {
    signal_sink_ = sink;
    if (!sink) {
        signals_.reset();
        return;
    }
    signals_.emplace(*context_, SIGINT, SIGTERM);
    wait_for_signal();
}

void asio_engine::wait_for_signal() {
    signals_->async_wait([this, home = anchor_](const error_code& failure, int number) {
        if (failure || !home->owner || !signal_sink_) {
            return;
        }
        wait_for_signal();
        signal_sink_->on_signal(number);
        home->owner->turn();
    });
}

bool asio_engine::start_resolve(resolve_op& op) {
    auto job = std::make_unique<resolve_job>(op);
    op.state = job.get();
    start_offload(std::move(job));
    return false;
}

void asio_engine::cancel_resolve(resolve_op& op) noexcept {
    if (auto* pending = static_cast<resolve_job*>(std::exchange(op.state, nullptr))) {
        pending->op = nullptr;
    }
}

result<std::vector<address>> asio_engine::resolve_now(const std::string& host, std::uint16_t port) {
    return posix::resolve(host, port);
}

} // namespace eddy::detail
