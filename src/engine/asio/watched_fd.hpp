// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/error.hpp>

#include "platform/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <array>
#include <optional>

namespace eddy {

class loop;

namespace detail {

/// Told once that a descriptor may have become ready.
class readiness_sink {
public:
    virtual void on_ready() noexcept = 0;

protected:
    ~readiness_sink() = default;
};

/// A descriptor in Asio's reactor, with at most one wait for each direction.
///
/// Shared between its owner and the waits that Asio still holds: a wait that nobody is interested
/// in any more is left to run out, or is taken over by the next one, which makes `forget` free and
/// immediate.
class watched_fd : public boost::intrusive_ref_counter<watched_fd, boost::thread_unsafe_counter> {
public:
    enum direction : unsigned { readable, writable };

    explicit watched_fd(platform::unique_fd fd) noexcept : fd_(std::move(fd)) {}

    /// Registers with the reactor. Fails where the system has no room for it (ENOSPC, ENOMEM).
    error_code attach(boost::asio::io_context& context, loop& owner);

    [[nodiscard]] bool is_attached() const noexcept { return descriptor_.has_value(); }
    [[nodiscard]] int fd() const noexcept { return descriptor_ ? native_ : fd_.get(); }
    [[nodiscard]] loop& owner() const noexcept { return *owner_; }

    /// Calls `sink.on_ready()` when the descriptor is ready, or broken. Takes the place of an
    /// earlier sink.
    void wait(direction side, readiness_sink& sink);
    void forget(direction side) noexcept { sides_[side].sink = nullptr; }
    void close() noexcept;

private:
    struct side_state {
        readiness_sink* sink = nullptr;
        bool is_pending = false;
    };

    void fired(direction side) noexcept;

    platform::unique_fd fd_; // until attach
    int native_ = -1;
    loop* owner_ = nullptr;
    std::optional<boost::asio::posix::stream_descriptor> descriptor_;
    std::array<side_state, 2> sides_;
};

using watched_fd_ptr = boost::intrusive_ptr<watched_fd>;

} // namespace detail
} // namespace eddy
