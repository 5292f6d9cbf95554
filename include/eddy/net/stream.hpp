// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/block.hpp>
#include <eddy/core/error.hpp>
#include <eddy/net/address.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace eddy {

class loop;

/// The number of a socket in the operating system; -1 where there is none (simulation, memory).
using native_handle = int;

/// Base of the operations of the engine seam. See `engine` for who owns them and when they
/// complete.
struct io_op {
    /// Called once, on the loop, when an operation that did not finish at once has finished.
    using completion = void (*)(io_op&) noexcept;
    explicit io_op(completion when_done) noexcept : complete(when_done) {}
    io_op(const io_op&) = delete;
    io_op& operator=(const io_op&) = delete;

    completion complete;
    error_code error; ///< The outcome. Cleared by the caller before each start.
};

/// A pipe of the system, for bytes that go from one transport to another and never come into this
/// process.
struct splice_target {
    native_handle pipe = -1; ///< The end that is written to.
    std::size_t room = 0;    ///< Most bytes that may be put into it.
    std::size_t bytes = 0;   ///< What was.
};

/// Where such bytes come from: a pipe, or a file.
struct splice_source {
    static constexpr auto is_pipe = ~std::uint64_t(0);

    native_handle descriptor = -1;
    std::uint64_t offset = is_pipe; ///< Of a file: its next byte. Moves on with what is sent.
    /// What is wrong with the file, where the transport is not to blame: `errc::truncated` when it
    /// has no byte at `offset`, otherwise the system's error.
    error_code failure = {};
};

/// Receives bytes: into `into`, or, when that is empty, into a block that the engine lends.
struct read_op : io_op {
    using io_op::io_op;

    std::span<std::byte> into;
    /// Receives into this instead, and lends nothing. For a stream that `can_splice`.
    splice_target* pipe = nullptr;
    bool wait = true; ///< False: finish at once, with `errc::would_block` when nothing has arrived.
    detail::block_handle lent; ///< The block that holds the bytes, when the engine lent one.
    /// At least one, unless `error` is set; `errc::end_of_stream` at the end.
    std::size_t bytes = 0;
};

/// Sends bytes. Completes when the transport has taken at least one of them, or with none as a hint
/// to start again.
struct write_op : io_op {
    using io_op::io_op;

    /// What to send, in order; not empty. The list is read inside `start_write` only; the bytes
    /// must stay until the end.
    std::span<const std::span<const std::byte>> buffers;
    /// Sends up to `source_size` bytes of this instead, which must stay until the end; a failure of
    /// the source completes the operation with no bytes and no error. For a stream that
    /// `can_splice`.
    splice_source* source = nullptr;
    std::size_t source_size = 0;
    std::size_t bytes = 0; ///< Taken by the transport; may be fewer than given.
    /// Set by a `start_write` that gives false: true when the operation completes by itself, so
    /// that it is not the peer that is waited for.
    bool is_on_its_way = false;
};

/// A byte transport: one side of a connection. The seam under `session`; handlers see the session.
///
/// At most one read and one write are outstanding. Destroying the stream closes it, and cancels
/// both.
///
/// @par Errors
/// `errc::reset` when the connection broke, `errc::end_of_stream` of reads, otherwise the system's.
///
/// @par Thread safety
/// Before `attach`: one thread at a time. Afterwards on the loop that it is attached to.
class EDDY_EXPORT stream {
public:
    virtual ~stream() = default;

    /// Ties the stream to the loop that it is used on from now on; called once, on that loop.
    virtual error_code attach(loop& owner) = 0;

    // As every operation of the seam; see `engine`.
    virtual bool start_read(read_op& op) = 0;
    virtual bool start_write(write_op& op) = 0;
    virtual void cancel_read() noexcept = 0;
    /// The operation's `bytes` tell afterwards what the transport has taken of it: nothing, where a
    /// write that waits has sent nothing.
    virtual void cancel_write() noexcept = 0;

    /// Sends end of stream after what was written; reading goes on.
    virtual void shutdown_send() noexcept = 0;
    /// Makes the close that follows a reset: what was not sent is dropped, and the peer sees an
    /// error.
    virtual void abort() noexcept = 0;

    /// Where this side is; `none` when that is not known.
    [[nodiscard]] virtual address local() const = 0;
    /// Where the other side is; `none` when that is not known.
    [[nodiscard]] virtual address peer() const = 0;
    /// The system's number of the socket; -1 where there is none.
    [[nodiscard]] virtual native_handle native() const noexcept { return -1; }
    /// True when the system can move bytes between this and a pipe or a file by itself.
    [[nodiscard]] virtual bool can_splice() const noexcept { return false; }
};

} // namespace eddy
