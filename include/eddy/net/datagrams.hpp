// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/deadline.hpp>
#include <eddy/net/byte_view.hpp>
#include <eddy/net/packet_port.hpp>
#include <eddy/net/socket_options.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace eddy {

struct datagram_stats {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t truncated =
        0; ///< Longer than `socket_options::max_datagram`; handlers never see them.
    std::uint64_t overflows = 0;      ///< Dropped by the system because the receive queue was full.
    std::uint64_t receive_errors = 0; ///< ICMP noise: a peer of an earlier reply is gone.
    std::uint64_t send_errors = 0;    ///< Replies that the system refused.
};

namespace detail {

class datagrams_state;

/// What `datagrams::receive` returns.
class EDDY_EXPORT receive_awaiter final : public waiter {
public:
    receive_awaiter(datagrams_state& from, deadline limit) noexcept
        : state_(&from), limit_(limit) {}
    ~receive_awaiter();

    [[nodiscard]] bool await_ready();
    result<std::span<const packet>> await_resume() noexcept;

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
/// What is sent goes out in one call of the transport when the coroutine that runs comes to wait.
///
/// @par Errors
/// `errc::timed_out`, `errc::cancelled`, `errc::draining` (the server ends), `errc::closed`,
/// otherwise the system's error. A refused reply and ICMP noise are counted and not reported:
/// datagrams promise nothing.
///
/// @par Thread safety
/// On its loop only. One receive at a time; any number of sends.
class EDDY_EXPORT datagrams {
public:
    /// Takes over a port, on the current loop.
    explicit datagrams(std::unique_ptr<packet_port> port);
    datagrams(datagrams&&) noexcept;
    datagrams& operator=(datagrams&&) noexcept;
    ~datagrams();

    /// Opens a socket on the current loop: `udp://0.0.0.0:0`, `icmp://0.0.0.0`, `unixgram:/path`.
    static result<datagrams> open(const endpoint& at, const socket_options& options);
    static result<datagrams> open(const endpoint& at);

    /// Receives what has arrived, at least one datagram; lent until the next `receive`.
    ///
    /// @par Cancellation
    /// Cancel-safe: no datagram is lost.
    [[nodiscard]] detail::receive_awaiter receive(deadline limit = deadline::never());

    /// Sends one datagram: `result<void>`. Suspends while the socket takes no more. The arguments
    /// must stay until the await ends.
    ///
    /// @par Errors
    /// `errc::too_long` when the message does not fit into a datagram (65,507 bytes).
    [[nodiscard]] detail::send_awaiter send(const address& to, byte_view message);

    /// Answers `received` from the address that it came to.
    [[nodiscard]] detail::send_awaiter reply(const packet& received, byte_view message);

    void close() noexcept;
    void request_drain();
    [[nodiscard]] bool is_draining() const noexcept;
    [[nodiscard]] endpoint local() const;
    [[nodiscard]] datagram_stats stats() const noexcept;
    [[nodiscard]] native_handle native() const noexcept;

private:
    std::unique_ptr<detail::datagrams_state> state_;
};

} // namespace eddy
