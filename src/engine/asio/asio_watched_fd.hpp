// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/error.hpp>

#include "engine/posix/watched_fd.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>

namespace eddy::detail {

/// A descriptor in Asio's reactor.
///
/// A wait that nobody is interested in any more is left to run out, or is taken over by the next
/// one, which makes `forget` free and immediate.
class asio_watched_fd final : public watched_fd {
public:
    asio_watched_fd(boost::asio::posix::stream_descriptor descriptor, loop& owner)
        : watched_fd(descriptor.native_handle(), owner), descriptor_(std::move(descriptor)) {}

    void wait(direction side, readiness_sink& sink) override;
    void forget(direction side) noexcept override { sides_[side].sink = nullptr; }
    void close() noexcept override;

private:
    struct side_state {
        readiness_sink* sink = nullptr;
        bool is_pending = false;
    };

    void fired(direction side) noexcept;

    boost::asio::posix::stream_descriptor descriptor_;
    std::array<side_state, 2> sides_;
};

} // namespace eddy::detail
