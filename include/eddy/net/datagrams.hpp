// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/byte_view.hpp>
#include <eddy/core/deadline.hpp>
#include <eddy/core/owner.hpp>
#include <eddy/net/datagram_port.hpp>
#include <eddy/net/datagram_stats.hpp>
#include <eddy/net/socket_options.hpp>

#include <cstdint>
#include <span>

namespace eddy {

class datagrams;

namespace detail {

class datagrams_state;

/// For those of Eddy who need to know more of a socket.
datagrams_state& state_of(const datagrams& socket) noexcept;

/// What `datagrams::receive` returns.
class EDDY_EXPORT receive_awaiter final : public waiter {
public:
    receive_awaiter(datagrams_state& from, deadline limit) noexcept
        : state_(&from), limit_(limit) {}
    ~receive_awaiter();

    [[nodiscard]] bool await_ready();
    result<std::span<const datagram>> await_resume() noexcept;

private:
    friend class datagrams_state;

    bool start() override;
    void on_stop() noexcept override;

    datagrams_state* state_;
    deadline limit_;
    error_code failure_;
    bool is_done_ = false;
};

/// What `datagrams::send` and `reply` return.
class EDDY_EXPORT send_awaiter final : public waiter {
public:
    send_awaiter(
        datagrams_state& to, const address& peer, const address& source, byte_view message
    );

    [[nodiscard]] bool await_ready();
    result<void> await_resume() noexcept { return failure_; }

private:
    friend class datagrams_state;

    bool start() override;
    void on_stop() noexcept override;

    datagrams_state* state_;
    const address* peer_;
    const address* source_;
    byte_view message_;
    error_code failure_;
    bool is_done_ = false;
};

} // namespace detail

/// A datagram socket, as a handler sees it: batches in, replies gathered and sent in batches.
///
/// What is sent goes out in one call of the transport when the coroutine has come to wait, as with
/// a `session`. Destruction sends what the transport takes at once, and closes.
///
/// @par Errors of every operation
/// - `errc::timed_out` - the deadline passed.
/// - `errc::cancelled` - the task was stopped.
/// - `errc::draining`  - the server ends and nothing has arrived that was not received.
/// - `errc::closed`    - after `close`.
/// - otherwise the system's error.
///
/// A refused reply and ICMP noise are counted and not reported: datagrams promise nothing.
///
/// @par Thread safety
/// On its loop only. One receive at a time (a second one throws `std::logic_error`); any number of
/// sends.
class EDDY_EXPORT datagrams {
public:
    /// Takes over a port, from a `std::unique_ptr`, on the current loop.
    explicit datagrams(detail::owner<datagram_port> port);
    datagrams(datagrams&&) noexcept;
    datagrams& operator=(datagrams&&) noexcept;
    ~datagrams();

    /// Opens a socket on the current loop: `udp://0.0.0.0:0`, `icmp://0.0.0.0`, `unixgram:/path`.
    ///
    /// @par Errors
    /// - `errc::not_supported` - `at` is an endpoint of streams.
    /// - `std::errc::invalid_argument` - its host is a name; see `resolve`.
    /// - otherwise the system's error: `std::errc::operation_not_permitted` for ICMP without
    ///   CAP_NET_RAW (raw(7)), `std::errc::address_in_use` …
    static result<datagrams> open(const endpoint& at, const socket_options& options);
    static result<datagrams> open(const endpoint& at);

    /// Receives what has arrived: `result<std::span<const datagram>>`, 1 to 32 datagrams, lent
    /// until the next `receive`. Datagrams longer than `socket_options::max_datagram` are dropped
    /// and counted.
    ///
    /// @par Errors
    /// As for the class; never for a single datagram.
    ///
    /// @par Cancellation
    /// Cancel-safe: no datagram is lost.
    [[nodiscard]] detail::receive_awaiter receive(deadline limit = deadline::never());

    /// Sends one datagram: `result<void>`. The message is copied; the arguments must stay until the
    /// await ends. Suspends when 64 are queued, until the socket has taken them.
    ///
    /// @par Errors
    /// - `errc::too_long`  - the message does not fit into a datagram (65,507 bytes, RFC 768).
    /// - `errc::closed`    - after `close`.
    /// - `errc::cancelled` - the task was stopped while it waited.
    ///
    /// @par Cancellation
    /// The datagram stays queued: only the wait for room ends.
    [[nodiscard]] detail::send_awaiter send(const address& to, byte_view message);

    /// Answers `received` from the address that it came to, which matters on a host with several.
    /// Otherwise as `send`.
    [[nodiscard]] detail::send_awaiter reply(const datagram& received, byte_view message);

    /// Sends what the transport takes at once, and closes. Operations that wait give
    /// `errc::closed`.
    void close() noexcept;
    /// Asks for the end, as the server does: a receive that waits gives `errc::draining`.
    void request_drain();
    /// True once the server asked for the end.
    [[nodiscard]] bool is_draining() const noexcept;
    /// Where the socket is bound, with the port that the system chose.
    [[nodiscard]] endpoint local() const;
    [[nodiscard]] datagram_stats stats() const noexcept;
    /// The system's number of the socket; -1 where there is none.
    [[nodiscard]] native_handle native() const noexcept;

private:
    friend detail::datagrams_state& detail::state_of(const datagrams&) noexcept;

    detail::owner<detail::datagrams_state> state_;
};

} // namespace eddy
