// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/stream.hpp>

#include "engine/asio/watched_fd.hpp"

namespace eddy::detail {

/// A stream on one descriptor, or on two (standard input and output).
class asio_stream final : public stream {
public:
    /// What the descriptor is decides how bytes go through it.
    enum class calls { socket, plain };

    asio_stream(watched_fd_ptr both, calls how);
    asio_stream(watched_fd_ptr input, watched_fd_ptr output);
    ~asio_stream() override;

    error_code attach(loop& owner) override;
    bool start_read(read_op& op) override;
    bool start_write(write_op& op) override;
    void cancel_read() noexcept override;
    void cancel_write() noexcept override;
    void shutdown_send() noexcept override;
    void abort() noexcept override;
    [[nodiscard]] address local() const override;
    [[nodiscard]] address peer() const override;
    [[nodiscard]] native_handle native() const noexcept override { return input_->fd(); }

private:
    struct read_side final : readiness_sink {
        explicit read_side(asio_stream& whole) noexcept : self(&whole) {}
        void on_ready() noexcept override { self->readable(); }
        asio_stream* self;
    };
    struct write_side final : readiness_sink {
        explicit write_side(asio_stream& whole) noexcept : self(&whole) {}
        void on_ready() noexcept override { self->writable(); }
        asio_stream* self;
    };

    bool receive(read_op& op);
    bool take(write_op& op) const;
    void readable() noexcept;
    void writable() noexcept;

    watched_fd_ptr input_;
    watched_fd_ptr output_; // the same object for a socket
    read_op* read_ = nullptr;
    write_op* write_ = nullptr;
    read_side read_side_{*this};
    write_side write_side_{*this};
    calls calls_;
    // Whether a receive is likely to find bytes. Asking the reactor first saves a call that would
    // give EAGAIN; receiving first saves the wait. The last receive tells which.
    bool likely_readable_ = true;
};

} // namespace eddy::detail
