// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagram_port.hpp>

#include "engine/posix/datagram_io.hpp"
#include "engine/posix/socket.hpp"
#include "engine/posix/watched_fd.hpp"

namespace eddy::detail {

class fd_datagram_port final : public datagram_port {
public:
    fd_datagram_port(
        watched_fd_ptr socket, endpoint where, std::size_t max_datagram, posix::unix_path_guard path
    );
    ~fd_datagram_port() override { socket_->close(); }

    bool start_receive(receive_op& op) override;
    bool start_send(send_op& op) override;
    void cancel_receive() noexcept override;
    void cancel_send() noexcept override;
    [[nodiscard]] std::uint64_t overflows() const noexcept override { return io_.overflows(); }
    [[nodiscard]] endpoint local() const override { return where_; }
    [[nodiscard]] error_code share_port() noexcept override {
        return posix::share_port(socket_->fd());
    }
    [[nodiscard]] native_handle native() const noexcept override { return socket_->fd(); }

private:
    struct receive_side final : readiness_sink {
        explicit receive_side(fd_datagram_port& whole) noexcept : self(&whole) {}
        void on_ready() noexcept override { self->readable(); }
        fd_datagram_port* self;
    };
    struct send_side final : readiness_sink {
        explicit send_side(fd_datagram_port& whole) noexcept : self(&whole) {}
        void on_ready() noexcept override { self->writable(); }
        fd_datagram_port* self;
    };

    bool receive(receive_op& op);
    void readable() noexcept;
    void writable() noexcept;

    posix::unix_path_guard path_; // removed after the socket is closed
    watched_fd_ptr socket_;
    endpoint where_;
    posix::datagram_io io_;
    receive_op* receive_ = nullptr;
    send_op* send_ = nullptr;
    receive_side receive_side_{*this};
    send_side send_side_{*this};
    bool likely_readable_ = false; // as in asio_stream
};

} // namespace eddy::detail
