// SPDX-License-Identifier: BSL-1.0
#include "engine/asio/asio_bridge.hpp"

#include <eddy/core/error.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace eddy::detail {

struct asio_bridge::parts {
    parts(int poll_set, std::function<void()> to_do)
        : set(context, poll_set), timer(context), round(std::move(to_do)) {}
    ~parts() { set.release(); } // it belongs to the engine

    void watch() {
        set.async_wait(set.wait_read, [this](const boost::system::error_code& failure) {
            if (!failure) {
                // Watched again also when an exception leaves the round.
                const std::unique_ptr<parts, again> guard(this);
                round();
            }
        });
    }

    struct again {
        void operator()(parts* self) const { self->watch(); }
    };

    boost::asio::io_context context{1};
    boost::asio::posix::stream_descriptor set;
    boost::asio::steady_timer timer;
    std::function<void()> round;
};

asio_bridge::asio_bridge(int poll_set, std::function<void()> round)
    : parts_(std::make_unique<parts>(poll_set, std::move(round))) {
    parts_->watch();
}

asio_bridge::~asio_bridge() = default;

boost::asio::io_context& asio_bridge::context() noexcept {
    return parts_->context;
}

void asio_bridge::run() {
    const auto alive = boost::asio::make_work_guard(parts_->context);
    parts_->context.restart();
    parts_->context.run();
}

void asio_bridge::stop() noexcept {
    parts_->context.stop();
}

void asio_bridge::round_soon() noexcept {
    boost::asio::post(parts_->context, [this] { parts_->round(); });
}

void asio_bridge::arm(time_point at) noexcept {
    if (at == time_point::max()) {
        parts_->timer.cancel();
        return;
    }
    const std::chrono::steady_clock::time_point due(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(at.time_since_epoch())
    );
    parts_->timer.expires_at(due);
    parts_->timer.async_wait([this](const boost::system::error_code& failure) {
        if (!failure) {
            parts_->round();
        }
    });
}

} // namespace eddy::detail
