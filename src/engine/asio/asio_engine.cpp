// SPDX-License-Identifier: BSL-1.0
#include "engine/asio/asio_engine.hpp"

#include <eddy/core/loop.hpp>

#include "engine/asio/asio_watched_fd.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>

namespace eddy::detail {
namespace {

/// One thread runs each context, so Asio may leave out the wake-ups between threads; its locks
/// stay, for `post`.
constexpr int one_thread = 1;

} // namespace

asio_engine::asio_engine()
    : own_(std::make_unique<boost::asio::io_context>(one_thread)), context_(own_.get()),
      timer_(*context_) {}

asio_engine::asio_engine(boost::asio::io_context& foreign) : context_(&foreign), timer_(foreign) {}

result<watched_fd_ptr> asio_engine::watch(platform::unique_fd fd, watched_fd::kind /*what*/) {
    boost::system::error_code failure;
    boost::asio::posix::stream_descriptor descriptor(*context_);
    descriptor.assign(fd.get(), failure);
    if (failure) {
        return error_code(failure);
    }
    static_cast<void>(fd.release()); // it belongs to the descriptor now
    return watched_fd_ptr(new asio_watched_fd(std::move(descriptor), owner()));
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
    boost::asio::post(*context_, [home = home()] {
        if (home->owner) {
            home->owner->begin_round();
            home->owner->turn();
        }
    });
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
    timer_.async_wait([home = home()](const boost::system::error_code& failure) {
        if (!failure && home->owner) {
            home->owner->turn();
        }
    });
}

} // namespace eddy::detail
