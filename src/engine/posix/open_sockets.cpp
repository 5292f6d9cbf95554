// SPDX-License-Identifier: BSL-1.0
// How engines on real sockets open listeners, datagram sockets and connections.
#include <eddy/net/connect_op.hpp>

#include "engine/posix/fd_acceptor.hpp"
#include "engine/posix/fd_datagram_port.hpp"
#include "engine/posix/fd_stream.hpp"
#include "engine/posix/readiness_engine.hpp"
#include "engine/posix/socket.hpp"
#include "net/memory.hpp"

#include <memory>

namespace eddy::detail {
namespace {

result<address> address_of(const endpoint& at) {
    if (at.kind() == endpoint::transport::unix_stream ||
        at.kind() == endpoint::transport::unix_datagram) {
        return address::local(at.path());
    }
    return at.numeric();
}

result<platform::unique_fd>
open_datagrams(const endpoint& at, const socket_options& options, posix::unix_path_guard& path) {
    if (at.kind() == endpoint::transport::fd) {
        const bool fits = posix::kind_of(at.descriptor()) == posix::descriptor_kind::datagrams;
        return fits ? posix::duplicate(at.descriptor()) : errc::not_supported;
    }
    if (!at.is_datagram()) {
        return errc::not_supported;
    }
    const auto where = address_of(at);
    if (!where) {
        return where.error();
    }
    auto fd = posix::open_datagram_socket(at.kind(), *where, options);
    if (fd) {
        path = posix::unix_path_guard(where->path());
    }
    return fd;
}

/// A connection under way.
class connecting final : public readiness_sink {
public:
    connecting(connect_op& op, watched_fd_ptr fd, readiness_engine& engine) noexcept
        : op_(&op), fd_(std::move(fd)), engine_(&engine) {}

    void wait() { fd_->wait(watched_fd::writable, *this); }
    void cancel() noexcept {
        fd_->close();
        delete this;
    }

    void on_ready() noexcept override {
        connect_op& op = *op_;
        op.error = posix::connect_outcome(fd_->fd());
        if (op.error) {
            fd_->close();
        } else {
            op.connected = engine_->make_stream(std::move(fd_), op.transport);
        }
        op.state = nullptr;
        delete this;
        op.complete(op);
    }

private:
    connect_op* op_;
    watched_fd_ptr fd_;
    readiness_engine* engine_;
};

} // namespace

std::unique_ptr<stream>
readiness_engine::make_stream(platform::unique_fd connected, endpoint::transport /*kind*/) {
    return std::make_unique<fd_stream>(std::move(connected), watched_fd::kind::socket);
}

std::unique_ptr<stream>
readiness_engine::make_stream(watched_fd_ptr connected, endpoint::transport /*kind*/) {
    return std::make_unique<fd_stream>(std::move(connected));
}

result<std::unique_ptr<acceptor>>
readiness_engine::listen(const endpoint& at, const socket_options& options) {
    if (at.kind() == endpoint::transport::fd || at.kind() == endpoint::transport::stdio) {
        return adopt(at);
    }
    if (at.kind() == endpoint::transport::mem) {
        return listen_memory(at.path(), static_cast<std::size_t>(options.backlog));
    }
    if (at.is_datagram()) {
        return errc::not_supported;
    }
    const auto where = address_of(at);
    if (!where) {
        return where.error();
    }
    auto fd = posix::open_listener(at.kind(), *where, options);
    if (!fd) {
        return fd.error();
    }
    posix::unix_path_guard path(where->path());
    return accept_on(std::move(*fd), watched_fd::kind::socket, std::move(path));
}

result<std::unique_ptr<acceptor>> readiness_engine::accept_on(
    platform::unique_fd listener, watched_fd::kind what, posix::unix_path_guard path
) {
    auto watched = watch(std::move(listener), what);
    if (!watched) {
        return watched.error();
    }
    return std::unique_ptr<acceptor>(
        std::make_unique<fd_acceptor>(std::move(*watched), std::move(path))
    );
}

result<std::unique_ptr<acceptor>> readiness_engine::adopt(const endpoint& at) {
    if (at.kind() == endpoint::transport::stdio) {
        auto input = posix::duplicate(STDIN_FILENO);
        auto output = posix::duplicate(STDOUT_FILENO);
        if (!input || !output) {
            return input ? output.error() : input.error();
        }
        auto pair = std::make_unique<fd_stream>(std::move(*input), std::move(*output));
        return std::unique_ptr<acceptor>(std::make_unique<single_acceptor>(std::move(pair), at));
    }
    auto fd = posix::duplicate(at.descriptor());
    if (!fd) {
        return fd.error();
    }
    const auto kind = posix::kind_of(fd->get());
    if (kind == posix::descriptor_kind::listener) {
        posix::set_nonblocking(fd->get());
    }
    switch (kind) {
    case posix::descriptor_kind::listener:
        return accept_on(std::move(*fd), watched_fd::kind::inherited_socket, {});
    case posix::descriptor_kind::stream:
    case posix::descriptor_kind::not_a_socket: {
        const auto what = kind == posix::descriptor_kind::stream
                              ? watched_fd::kind::inherited_socket
                              : watched_fd::kind::plain;
        return std::unique_ptr<acceptor>(
            std::make_unique<single_acceptor>(std::make_unique<fd_stream>(std::move(*fd), what), at)
        );
    }
    default:
        return errc::not_supported;
    }
}

result<std::unique_ptr<datagram_port>>
readiness_engine::bind(const endpoint& at, const socket_options& options) {
    posix::unix_path_guard path;
    auto fd = open_datagrams(at, options, path);
    if (!fd) {
        return fd.error();
    }
    const auto kind =
        at.kind() == endpoint::transport::fd ? posix::transport_of(fd->get()) : at.kind();
    const endpoint where(kind, posix::local_address(fd->get()));
    const auto what = at.kind() == endpoint::transport::fd ? watched_fd::kind::inherited_socket
                                                           : watched_fd::kind::socket;
    auto watched = watch(std::move(*fd), what);
    if (!watched) {
        return watched.error();
    }
    return std::unique_ptr<datagram_port>(std::make_unique<fd_datagram_port>(
        std::move(*watched), where, options.max_datagram, std::move(path)
    ));
}

bool readiness_engine::start_connect(connect_op& op) {
    auto fd = posix::open_socket(op.transport, op.target);
    if (!fd) {
        op.error = fd.error();
        return true;
    }
    posix::apply_stream_options(fd->get(), op.options);
    const auto outcome = posix::connect(fd->get(), op.target);
    if (outcome != std::errc::operation_in_progress) {
        op.error = outcome;
        if (!outcome) {
            op.connected = make_stream(std::move(*fd), op.transport);
        }
        return true;
    }
    auto watched = watch(std::move(*fd), watched_fd::kind::socket);
    if (!watched) {
        op.error = watched.error();
        return true;
    }
    auto* pending = new connecting(op, std::move(*watched), *this);
    op.state = pending;
    pending->wait();
    return false;
}

void readiness_engine::cancel_connect(connect_op& op) noexcept {
    if (auto* pending = static_cast<connecting*>(std::exchange(op.state, nullptr))) {
        pending->cancel();
    }
}

} // namespace eddy::detail
