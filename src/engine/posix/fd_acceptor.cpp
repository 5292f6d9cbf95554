// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/fd_acceptor.hpp"

#include <eddy/core/loop.hpp>

#include "engine/posix/readiness_engine.hpp"

#include <memory>

namespace eddy::detail {

fd_acceptor::fd_acceptor(watched_fd_ptr listener, posix::unix_path_guard path)
    : path_(std::move(path)), listener_(std::move(listener)),
      kind_(posix::transport_of(listener_->fd())) {}

bool fd_acceptor::start_accept(accept_op& op) {
    if (take(op)) {
        return true;
    }
    waiting_ = &op;
    listener_->wait(watched_fd::readable, *this);
    return false;
}

bool fd_acceptor::take(accept_op& op) const {
    auto fd = posix::accept(listener_->fd());
    op.error = fd ? error_code() : fd.error();
    if (fd) {
        auto& driver = static_cast<readiness_engine&>(listener_->owner().driver());
        op.accepted = driver.make_stream(std::move(*fd), kind_);
    }
    return op.error != std::errc::operation_would_block &&
           op.error != std::errc::resource_unavailable_try_again;
}

void fd_acceptor::on_ready() noexcept {
    accept_op& op = *std::exchange(waiting_, nullptr);
    if (take(op)) {
        op.complete(op);
    } else {
        waiting_ = &op;
        listener_->wait(watched_fd::readable, *this);
    }
}

void fd_acceptor::cancel_accept() noexcept {
    waiting_ = nullptr;
    listener_->forget(watched_fd::readable);
}

endpoint fd_acceptor::local() const {
    return {kind_, posix::local_address(listener_->fd())};
}

bool single_acceptor::start_accept(accept_op& op) {
    op.accepted = std::move(only_);
    op.error = op.accepted ? error_code() : make_error_code(errc::closed);
    return true;
}

} // namespace eddy::detail
