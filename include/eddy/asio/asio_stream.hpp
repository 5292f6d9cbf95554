// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/asio/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/net/session.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace eddy {

namespace detail {

/// How a transfer of an `asio_stream` ended, in Asio's words.
struct transfer {
    boost::system::error_code code;
    std::size_t bytes = 0;
};

[[nodiscard]] EDDY_EXPORT boost::system::error_code to_asio(error_code code) noexcept;
EDDY_EXPORT task<> read_once(session& peer, std::span<std::byte> into, transfer& outcome);
/// Parts are what one gathered write takes.
using write_parts = std::array<byte_view, 3>;
EDDY_EXPORT task<> write_once(session& peer, write_parts parts, transfer& outcome);

/// Forgets a cancellation handler that refers to a coroutine before that is gone.
template <class Slot>
class slot_guard {
public:
    explicit slot_guard(Slot slot) noexcept : slot_(slot) {}
    slot_guard(const slot_guard&) = delete;
    slot_guard& operator=(const slot_guard&) = delete;
    ~slot_guard() {
        if (slot_.is_connected()) {
            slot_.clear();
        }
    }

private:
    Slot slot_;
};

} // namespace detail

/// A session as Asio's AsyncReadStream and AsyncWriteStream, for Beast, `asio::async_read` and
/// everything else that is written on those. Reads and writes go through the session's inbox and
/// outbox, so its deadlines, limits and counters hold.
///
///     boost::beast::websocket::stream<eddy::asio_stream> socket{eddy::asio_stream(peer)};
///
/// Refers to the session, which must outlive it. Destruction ends what waits; its handlers are not
/// called.
///
/// @par Errors
/// `asio::error::eof` at the end of the stream, `operation_aborted` for what was cancelled or
/// closed on this side or stopped by a drain, `connection_reset`, `timed_out`; otherwise the
/// system's.
///
/// @par Cancellation
/// By the handler's cancellation slot, of any type. A cancelled read takes no byte.
///
/// @par Thread safety
/// On the thread of the session's loop, in handlers of its `io_context` too. One read at a time;
/// any number of writes.
class EDDY_EXPORT asio_stream {
public:
    using executor_type = boost::asio::io_context::executor_type;

    /// On the session's loop, which must have an `io_context` (`context_of`).
    explicit asio_stream(session& peer)
        : peer_(&peer), loop_(&loop::current()), executor_(context_of(*loop_).get_executor()),
          running_(std::make_shared<scope>()) {}

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }
    [[nodiscard]] session& peer() const noexcept { return *peer_; }

    /// Reads what has arrived into the first of `buffers` that has room: `void(error_code,
    /// std::size_t)`.
    template <class MutableBuffers, class Token>
    auto async_read_some(const MutableBuffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto handler, std::span<std::byte> into) {
                auto stoppable = stopped_by(handler);
                begin(read(*peer_, into, executor_, std::move(handler), std::move(stoppable)));
            },
            token,
            first_of(buffers)
        );
    }

    /// Writes the first three of `buffers`, as a session does: it waits while the peer is slow, not
    /// for the bytes to go out.
    template <class ConstBuffers, class Token>
    auto async_write_some(const ConstBuffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto handler, const detail::write_parts& parts) {
                auto stoppable = stopped_by(handler);
                begin(write(*peer_, parts, executor_, std::move(handler), std::move(stoppable)));
            },
            token,
            parts_of(buffers)
        );
    }

    // What Beast asks of a stream that it does not know.

    friend void beast_close_socket(asio_stream& stream) { stream.peer_->abort(); }
    friend void
    teardown(boost::beast::role_type, asio_stream& stream, boost::system::error_code& code) {
        stream.peer_->shutdown_send();
        code = {};
    }
    template <class Handler>
    friend void async_teardown(boost::beast::role_type, asio_stream& stream, Handler&& handler) {
        // Who owns the session closes it, and waits for the peer.
        stream.peer_->shutdown_send();
        complete(stream.executor_, std::forward<Handler>(handler), boost::system::error_code());
    }

private:
    template <class Buffers>
    static std::span<std::byte> first_of(const Buffers& buffers) {
        const auto end = boost::asio::buffer_sequence_end(buffers);
        for (auto each = boost::asio::buffer_sequence_begin(buffers); each != end; ++each) {
            const boost::asio::mutable_buffer buffer(*each);
            if (buffer.size() != 0) {
                return {static_cast<std::byte*>(buffer.data()), buffer.size()};
            }
        }
        return {};
    }

    template <class Buffers>
    static detail::write_parts parts_of(const Buffers& buffers) {
        detail::write_parts parts;
        std::size_t count = 0;
        const auto end = boost::asio::buffer_sequence_end(buffers);
        for (auto each = boost::asio::buffer_sequence_begin(buffers);
             each != end && count != parts.size();
             ++each) {
            const boost::asio::const_buffer buffer(*each);
            if (buffer.size() != 0) {
                parts[count++] =
                    std::span(static_cast<const std::byte*>(buffer.data()), buffer.size());
            }
        }
        return parts;
    }

    template <class Handler, class... Args>
    static void complete(const executor_type& fallback, Handler&& handler, Args... args) {
        const auto where = boost::asio::get_associated_executor(handler, fallback);
        boost::asio::post(where, boost::asio::append(std::forward<Handler>(handler), args...));
    }

    /// Composed operations go on in handlers of the `io_context`. Where the application runs that,
    /// they are called outside of the loop, and the loop has to begin what they ask for.
    void begin(task<> transfer) {
        if (loop_->is_current()) {
            running_->spawn(std::move(transfer));
            return;
        }
        loop_->post([running = std::weak_ptr(running_), begun = std::move(transfer)]() mutable {
            if (const auto still = running.lock()) {
                still->spawn(std::move(begun));
            }
        });
    }

    /// What a transfer runs in: the handler's cancellation slot stops it alone, also before it has
    /// begun.
    template <class Handler>
    static std::shared_ptr<scope> stopped_by(const Handler& handler) {
        auto only = std::make_shared<scope>();
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([only](boost::asio::cancellation_type) { only->request_stop(); });
        }
        return only;
    }

    template <class Handler>
    static task<> read(
        session& peer,
        std::span<std::byte> into,
        executor_type executor,
        Handler handler,
        std::shared_ptr<scope> only
    ) {
        detail::transfer outcome;
        co_await run(*only, detail::read_once(peer, into, outcome), handler);
        complete(executor, std::move(handler), outcome.code, outcome.bytes);
    }

    template <class Handler>
    static task<> write(
        session& peer,
        detail::write_parts parts,
        executor_type executor,
        Handler handler,
        std::shared_ptr<scope> only
    ) {
        detail::transfer outcome;
        co_await run(*only, detail::write_once(peer, parts, outcome), handler);
        complete(executor, std::move(handler), outcome.code, outcome.bytes);
    }

    template <class Handler>
    static task<> run(scope& only, task<> work, const Handler& handler) {
        const detail::slot_guard guard(boost::asio::get_associated_cancellation_slot(handler));
        only.spawn(std::move(work));
        co_await only.join();
    }

    session* peer_;
    loop* loop_;
    executor_type executor_;
    std::shared_ptr<scope> running_;
};

} // namespace eddy
