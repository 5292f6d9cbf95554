// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/owner.hpp>
#include <eddy/core/task.hpp>
#include <eddy/net/session_awaiters.hpp>
#include <eddy/net/session_deadlines.hpp>
#include <eddy/net/stream.hpp>

#include <cstdint>
#include <utility>

namespace eddy {

/// What a session may hold, in bytes (`low` is not above `high`, nor that above `hard`), and how
/// long it may take.
struct session_limits {
    std::size_t low = 32 * 1024;  ///< A suspended write goes on when the outbox is down to this.
    std::size_t high = 64 * 1024; ///< A write suspends while the outbox holds more than this.
    /// A `post` that would take the outbox above this ends the session. The parts of a `write` that
    /// are sent from where they are do not count: its caller holds them, and waits.
    std::size_t hard = 1024 * 1024;
    session_deadlines deadlines = {}; ///< All off, but for the sessions of a server.
};

/// What a session has done so far.
struct session_stats {
    std::uint64_t bytes_received = 0; ///< Taken from the transport, read or not.
    std::uint64_t bytes_sent = 0;     ///< Taken by the transport.
    /// Calls of the transport, each for everything that was in the outbox.
    std::uint64_t sends = 0;
    /// Writes that came after this side's own `shutdown_send`, `close` or `abort`, and were
    /// refused: a mistake of the program, not of the peer.
    std::uint64_t writes_after_close = 0;
};

struct proxy_header;

namespace detail {
class served_session;
class shard;
} // namespace detail

/// A reason not to receive, from `session::pause_reading`. Goes with its destruction, or when
/// `reading_pause()` is assigned to it; it must not outlive the session, and is used on its loop.
class EDDY_EXPORT reading_pause {
public:
    reading_pause() noexcept = default; ///< None.
    reading_pause(reading_pause&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    reading_pause& operator=(reading_pause&& other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~reading_pause();

    explicit operator bool() const noexcept { return state_ != nullptr; }

private:
    friend class session;
    explicit reading_pause(detail::session_state& paused) noexcept;

    detail::session_state* state_ = nullptr;
};

/// An exchange that has to be done before the protocol begins, from `session::begin_handshake`: a
/// login, a choice of version. Ends with its destruction, or when `handshake()` is assigned to it;
/// it must not outlive the session, and is used on its loop.
class EDDY_EXPORT handshake {
public:
    handshake() noexcept = default; ///< None.
    handshake(handshake&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    handshake& operator=(handshake&& other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~handshake();

    explicit operator bool() const noexcept { return state_ != nullptr; }

private:
    friend class session;
    explicit handshake(detail::session_state& opened) noexcept;

    detail::session_state* state_ = nullptr;
};

/// One connection, as a handler sees it: an inbox, an outbox and the stream under them, on both
/// sides of the wire.
///
/// Life cycle: open → (`shutdown_send`) → `close` or `abort`. A server closes the session of a
/// handler that returns. Destruction of an open session sends what the transport takes at once and
/// closes without waiting, with a reset when that was not all; `close()` waits.
///
/// **Reading** lends bytes: they stay valid until the next read. An idle session holds no buffer.
/// **Writing** puts a whole message into the outbox, from any task of the loop; the outbox goes out
/// in one call of the transport when the coroutine has come to wait, together with those of up to
/// 15 others that were ready with it; and when it passes the high watermark.
///
/// @par Errors of every operation
/// - `errc::end_of_stream` - the peer will send no more.
/// - `errc::reset`     - the connection broke. A failed write marks the session dead and the next
///   read says so too, so that the result of a write may be ignored.
/// - `errc::timed_out` - the deadline passed; nothing was consumed and the session stays usable.
/// - `errc::cancelled` - the task was stopped.
/// - `errc::draining`  - of reads: the server drains and no message has begun.
/// - `errc::closed`    - after `close` or `abort`; of writes, also after `shutdown_send`; after one
///   of the `session_deadlines` has ended the session (`ended_by` tells which).
/// - otherwise the system's error.
///
/// @par Cancellation
/// Cancel-safe: a read that is cancelled, or whose coroutine is destroyed, consumes nothing; such a
/// write leaves the whole message in the outbox or nothing of it.
///
/// @par Thread safety
/// On its loop only. One read at a time (a second one throws `std::logic_error`); any number of
/// writes.
///
/// @par Example
/// @snippet examples/01_shout/main.cpp handler
class EDDY_EXPORT session {
public:
    using bytes = std::span<const std::byte>;

    /// Takes over a transport, from a `std::unique_ptr`, on the current loop. Throws `eddy::error`
    /// when the loop cannot take it.
    explicit session(
        detail::owner<stream> transport, const session_limits& limits = session_limits()
    );
    session(session&& other) noexcept;
    session& operator=(session&& other) noexcept;
    ~session();

    /// Reads what has arrived: `result<bytes>`, at least one byte, lent until the next read.
    [[nodiscard]] detail::read_bytes_awaiter read(deadline limit = deadline::never()) {
        return {*state_, {detail::read_request::until::any, SIZE_MAX}, limit};
    }

    /// Reads into `into` what has arrived: `result<std::size_t>`, 1 to `into.size()` bytes. An
    /// empty span gives 0 at once.
    ///
    /// @param into  Filled when the await ends; it must stay until then.
    [[nodiscard]] detail::read_into_awaiter
    read_some(std::span<std::byte> into, deadline limit = deadline::never());

    /// Reads exactly `size` bytes: `result<bytes>`, lent until the next read. They are gathered in
    /// memory, so bound what a peer may ask for.
    ///
    /// @par Errors
    /// `errc::truncated` when the stream ends in between; what came stays in the inbox, for `read`.
    [[nodiscard]] detail::read_bytes_awaiter
    read_exactly(std::size_t size, deadline limit = deadline::never());
    /// The same into `into`, which must stay until the await ends: `result<std::size_t>`, its size.
    [[nodiscard]] detail::read_into_awaiter
    read_exactly(std::span<std::byte> into, deadline limit = deadline::never());

    /// Reads up to `delimiter`: `result<std::string_view>`, without it, lent until the next read.
    ///
    /// @param delimiter  One byte or more, which must outlive the await; none throws
    ///                   `std::invalid_argument`.
    /// @param max        Most bytes before the delimiter, 8 KiB unless given.
    ///
    /// @par Errors
    /// - `errc::too_long`  - more than `max` bytes without the delimiter; they stay in the inbox.
    /// - `errc::truncated` - the stream ends without it; what came stays in the inbox, for `read`.
    [[nodiscard]] detail::read_text_awaiter read_until(
        std::string_view delimiter,
        std::size_t max = default_line_max,
        deadline limit = deadline::never()
    );

    /// Reads a line: `result<std::string_view>`, without its newline and without a carriage return
    /// before that, which counts for `max`. Otherwise as `read_until`.
    [[nodiscard]] detail::read_text_awaiter
    read_line(std::size_t max = default_line_max, deadline limit = deadline::never());

    /// Reads to the end of the stream: `result<bytes>`, perhaps none, lent until the next read.
    ///
    /// @param max  Most bytes, 1 MiB unless given.
    ///
    /// @par Errors
    /// `errc::too_long` when there are more than `max`; they stay in the inbox.
    [[nodiscard]] detail::read_bytes_awaiter
    read_all(std::size_t max = default_all_max, deadline limit = deadline::never());

    /// Reads the message that `finder`, which must outlive the await, finds: `result<bytes>`, all
    /// of it, lent until the next read. See `framed` for reading messages by a codec.
    ///
    /// @par Errors
    /// - what `finder` refuses the bytes with; they stay in the inbox.
    /// - `errc::truncated` when the stream ends in between; what came stays in the inbox.
    [[nodiscard]] detail::read_bytes_awaiter
    read_message(message_finder& finder, deadline limit = deadline::never());

    /// Writes a message of one to three parts: `result<void>`. Suspends while the outbox is above
    /// its high watermark.
    ///
    /// Parts of 4 KiB and more go out without a copy and the write waits until they are taken, so
    /// they have to stay until the await ends; a temporary in the same expression does. Success
    /// means that the message is on its way, not that the peer has it.
    [[nodiscard]] detail::write_of<1> write(byte_view message) {
        return detail::write_of<1>(*state_, message);
    }
    [[nodiscard]] detail::write_of<2> write(byte_view a, byte_view b);
    [[nodiscard]] detail::write_of<3> write(byte_view a, byte_view b, byte_view c);

    /// Puts a message into the outbox, always as a copy, without waiting.
    ///
    /// @par Errors
    /// `errc::would_block` when it would take the outbox above its high watermark; none of it is
    /// written then.
    result<void> try_write(byte_view message);

    /// Puts a message into the outbox, always as a copy, without waiting: for what goes to many
    /// sessions and must not wait for the slowest. A message is taken or the session ends, so that
    /// nobody misses one in the middle of a stream and the result may be ignored.
    ///
    /// @par Errors
    /// - `errc::closed`   - also when there is no room for it below `session_limits::hard`: the
    ///   peer is too slow, and the session ends with `close_reason::slow_reader`, by a reset.
    /// - `errc::too_long` - the message alone is more than that; the session goes on without it.
    result<void> post(byte_view message);

    /// Receives nothing until the pause is gone, and every other one of this session with it: for
    /// relays, whose other side cannot take more, and for whatever else has to hold a peer back.
    /// Reads find what is in the inbox, and wait for the rest with their own limits; the deadlines
    /// of reading stand still. Neither a reset nor the end of the stream is seen meanwhile. `close`
    /// reads all the same.
    [[nodiscard]] reading_pause pause_reading() noexcept;

    /// From now on until the end of what this gives, `session_deadlines::handshake` runs, beside
    /// the others: who does not get through it in time is ended, however busy. One at a time; a
    /// second one throws `std::logic_error`.
    ///
    /// @par Example
    /// @snippet test/unit/net/session_handshake_test.cpp handshake
    [[nodiscard]] handshake begin_handshake();

    /// Waits until the transport has taken everything that was written: `result<void>`.
    ///
    /// @par Errors
    /// `errc::timed_out` when it has not; the bytes stay in the outbox and are still sent.
    [[nodiscard]] detail::flush_awaiter flush(deadline limit = deadline::never());

    /// Sends what is in the outbox, then end of stream, without waiting; reading goes on. Writes
    /// after it give `errc::closed`.
    void shutdown_send();

    /// Sends what is in the outbox, as long as the peer takes some of it in each `linger` (or, when
    /// that deadline is on, `write_stall`), then end of stream, waits up to `linger` for the peer
    /// to do the same, and closes; with a reset when there is a rest. What the peer still sends is
    /// read and thrown away: closing over unread bytes would be a reset too (RFC 1122, 4.2.2.13),
    /// which can destroy what the peer has not read yet. Never fails.
    ///
    /// @par Cancellation
    /// Closes at once.
    task<> close(duration linger = default_linger);

    /// Drops everything and closes with a reset. Operations that wait give `errc::closed`.
    void abort() noexcept;

    /// True when the session is fit for another conversation: open, asked to end by nobody, read
    /// and paused by nobody, and neither bytes, the end of the stream nor a reset has come unread.
    /// Asks the transport what is there now, without waiting. Ends the loan of the last read.
    [[nodiscard]] bool is_quiet();

    /// True until `close` or `abort`; also for a session whose peer is gone.
    [[nodiscard]] bool is_open() const noexcept;

    /// True once the server asked for the end: finish the message at hand, then return.
    [[nodiscard]] bool is_draining() const noexcept;
    /// Waits until then; goes on at once when it is so. For tasks that do not read.
    ///
    /// @par Cancellation
    /// Throws `eddy::cancelled` when the task is stopped before.
    [[nodiscard]] detail::drain_awaiter on_drain() noexcept;
    /// Asks for the end, as the server does: a read that waits for a new message gives
    /// `errc::draining`, as does every later one when nothing has arrived.
    void request_drain();

    /// Which of its deadlines has ended the session, if one has.
    [[nodiscard]] close_reason ended_by() const noexcept;

    /// The number of this session, from 1, for logs: no other one of the same server, or of the
    /// same loop, has it. The same seed gives the same numbers in a simulation.
    [[nodiscard]] std::uint64_t id() const noexcept;
    /// Where the other side is; `none` when that is not known, or the session is closed.
    [[nodiscard]] address peer() const;
    /// Where this side is.
    [[nodiscard]] address local() const;
    /// Whom this session is with: the client that a trusted proxy has named, or else `peer()`. Also
    /// after the close, for a named one.
    [[nodiscard]] address client() const;
    /// What a trusted proxy has told (`listen_options::proxy`); null when there is none. Stays as
    /// long as the session.
    [[nodiscard]] const proxy_header* proxied() const noexcept;
    [[nodiscard]] const session_stats& stats() const noexcept;
    /// Bytes that are written and not taken by the transport yet.
    [[nodiscard]] std::size_t outbox_size() const noexcept;
    /// True while the inbox holds a block of memory.
    [[nodiscard]] bool holds_buffer() const noexcept;
    /// Bytes of memory that inbox and outbox hold, in whole blocks of 17 KiB and more.
    [[nodiscard]] std::size_t held_memory() const noexcept;
    /// The system's number of the socket, which stays the session's; -1 where there is none.
    [[nodiscard]] native_handle native() const noexcept;

    static constexpr std::size_t default_line_max = 8 * 1024;           ///< Bytes, of `read_line`.
    static constexpr std::size_t default_all_max = 1024 * 1024;         ///< Bytes, of `read_all`.
    static constexpr duration default_linger = std::chrono::seconds(2); ///< Of `close`.

private:
    friend class detail::shard;          // ends those that hold too much
    friend class detail::served_session; // has limits for them to share
    friend detail::session_state& detail::state_of(const session&) noexcept;

    /// With limits that outlive the session.
    session(detail::owner<stream> transport, const session_limits* shared);
    /// A pause because there is too little memory: a message that has begun must come to its end in
    /// time nevertheless, so that nobody keeps for ever what others need.
    [[nodiscard]] reading_pause hold_reading() noexcept;

    detail::owner<detail::session_state> state_;
};

} // namespace eddy
