// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/acceptor.hpp>

#include "engine/posix/socket.hpp"
#include "engine/posix/watched_fd.hpp"

#include <memory>

namespace eddy::detail {

/// Accepts by readiness and accept4: several for a wake-up, close-on-exec at birth, errors
/// unfiltered.
class fd_acceptor final : public acceptor, readiness_sink {
public:
    fd_acceptor(watched_fd_ptr listener, posix::unix_path_guard path);
    ~fd_acceptor() override { listener_->close(); }

    bool start_accept(accept_op& op) override;
    void cancel_accept() noexcept override;
    [[nodiscard]] endpoint local() const override;
    [[nodiscard]] error_code share_port() noexcept override {
        return posix::share_port(listener_->fd());
    }
    [[nodiscard]] native_handle native() const noexcept override { return listener_->fd(); }

private:
    bool take(accept_op& op) const;
    void on_ready() noexcept override;

    posix::unix_path_guard path_; // removed after the listener is closed
    watched_fd_ptr listener_;
    accept_op* waiting_ = nullptr;
    endpoint::transport kind_;
};

/// Gives the one session of a descriptor that is connected already (standard streams, inetd), and
/// no other.
class single_acceptor final : public acceptor {
public:
    single_acceptor(std::unique_ptr<stream> only, endpoint where)
        : only_(std::move(only)), where_(std::move(where)) {}

    /// `errc::closed` from the second time on.
    bool start_accept(accept_op& op) override;
    void cancel_accept() noexcept override {}
    [[nodiscard]] endpoint local() const override { return where_; }

private:
    std::unique_ptr<stream> only_;
    endpoint where_;
};

} // namespace eddy::detail
