// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/stream.hpp>

#include "engine/posix/byte_io.hpp"
#include "engine/posix/watched_fd.hpp"
#include "platform/unique_fd.hpp"

namespace eddy::detail {

/// A stream on one descriptor, or on two (standard input and output).
class fd_stream final : public stream {
public:
    /// Watched from `attach` on.
    fd_stream(platform::unique_fd both, watched_fd::kind what) noexcept;
    fd_stream(platform::unique_fd input, platform::unique_fd output) noexcept;
    /// A connection that its loop has made.
    explicit fd_stream(watched_fd_ptr socket) noexcept;
    ~fd_stream() override;

    error_code attach(loop& owner) override;
    bool start_read(read_op& op) override;
    bool start_write(write_op& op) override;
    void cancel_read() noexcept override;
    void cancel_write() noexcept override;
    void shutdown_send() noexcept override;
    void abort() noexcept override;
    [[nodiscard]] address local() const override;
    [[nodiscard]] address peer() const override;
    [[nodiscard]] native_handle native() const noexcept override { return input_fd_; }
    [[nodiscard]] bool can_splice() const noexcept override;

private:
    struct read_side final : readiness_sink {
        explicit read_side(fd_stream& whole) noexcept : self(&whole) {}
        void on_ready() noexcept override { self->readable(); }
        fd_stream* self;
    };
    struct write_side final : readiness_sink {
        explicit write_side(fd_stream& whole) noexcept : self(&whole) {}
        void on_ready() noexcept override { self->writable(); }
        fd_stream* self;
    };

    [[nodiscard]] bool is_socket() const noexcept { return kind_ != watched_fd::kind::plain; }
    bool receive(read_op& op);
    [[gnu::noinline]] bool receive_into_pipe(read_op& op);
    [[gnu::noinline]] posix::moved read_plain(std::span<std::byte> into) const noexcept;
    bool take(write_op& op) const;
    [[gnu::noinline]] bool take_otherwise(write_op& op) const;
    void readable() noexcept;
    void writable() noexcept;

    platform::unique_fd unwatched_input_;
    platform::unique_fd unwatched_output_; // none for a socket
    watched_fd_ptr input_;
    watched_fd_ptr output_; // the same object for a socket
    read_op* read_ = nullptr;
    write_op* write_ = nullptr;
    read_side read_side_{*this};
    write_side write_side_{*this};
    int input_fd_;
    int output_fd_;
    watched_fd::kind kind_;
    // Whether a receive is likely to find bytes. Asking the reactor first saves a call that would
    // give EAGAIN; receiving first saves the wait. The last receive tells which.
    bool likely_readable_ = true;
};

} // namespace eddy::detail
