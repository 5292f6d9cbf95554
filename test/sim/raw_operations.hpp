// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/net/connect_op.hpp>
#include <eddy/net/datagram_port.hpp>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Coroutines over the bare operations of the engine seam, for tests of an engine without the
/// session on top.
namespace raw {

/// Waits for one operation. `Begin` starts it and `Cancel` detaches it, both given the operation.
template <class Operation, class Begin, class Cancel>
class awaiter final : public eddy::detail::waiter, public Operation {
public:
    awaiter(Begin begin, Cancel cancel)
        : Operation([](eddy::io_op& op) noexcept {
              auto& self = static_cast<awaiter&>(op);
              self.pending_ = false;
              self.wake();
          }),
          begin_(begin), cancel_(cancel) {}
    ~awaiter() {
        if (pending_) {
            cancel_(*this);
        }
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    Operation& await_resume() noexcept { return *this; }

private:
    bool start() override {
        pending_ = !begin_(*this);
        return pending_;
    }
    void on_stop() noexcept override {
        if (pending_) {
            pending_ = false;
            cancel_(*this);
            this->error = eddy::errc::cancelled;
            wake();
        }
    }

    Begin begin_;
    Cancel cancel_;
    bool pending_ = false;
};

template <class Operation, class Begin, class Cancel>
auto wait_for(Begin begin, Cancel cancel) {
    return awaiter<Operation, Begin, Cancel>(begin, cancel);
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What one read gave: its text, or its error.
struct read_result {
    std::string text;
    eddy::error_code error;
};

inline eddy::task<read_result> read(eddy::stream& from) {
    auto wait = wait_for<eddy::read_op>(
        [&](auto& op) { return from.start_read(op); }, [&](auto&) { from.cancel_read(); }
    );
    auto& done = co_await wait;
    read_result result;
    result.error = done.error;
    if (done.bytes != 0) {
        result.text = text_of({done.lent->data, done.bytes});
    }
    co_return result;
}

/// Reads until the end of the stream or an error; `error` says which.
inline eddy::task<read_result> read_all(eddy::stream& from) {
    read_result all;
    while (!all.error) {
        auto next = co_await read(from);
        all.text += next.text;
        all.error = next.error;
    }
    co_return all;
}

/// Reads until `size` bytes have come, or less at the end.
inline eddy::task<std::string> read_exactly(eddy::stream& from, std::size_t size) {
    std::string all;
    while (all.size() < size) {
        auto next = co_await read(from);
        all += next.text;
        if (next.error) {
            break;
        }
    }
    co_return all;
}

/// Writes all of `text`, or up to the error.
inline eddy::task<eddy::error_code> write(eddy::stream& to, std::string_view text) {
    auto rest = bytes_of(text);
    while (!rest.empty()) {
        const std::array<std::span<const std::byte>, 1> buffers{rest};
        auto wait = wait_for<eddy::write_op>(
            [&](auto& op) {
                op.buffers = buffers;
                return to.start_write(op);
            },
            [&](auto&) { to.cancel_write(); }
        );
        auto& done = co_await wait;
        if (done.error) {
            co_return done.error;
        }
        rest = rest.subspan(done.bytes);
    }
    co_return eddy::error_code();
}

/// An accepted or connected stream, attached to the current loop; or the error.
struct stream_result {
    std::unique_ptr<eddy::stream> stream;
    eddy::error_code error;
};

inline stream_result attached(std::unique_ptr<eddy::stream> made, eddy::error_code error) {
    stream_result result{std::move(made), error};
    if (result.stream) {
        result.error = result.stream->attach(eddy::loop::current());
    }
    return result;
}

inline eddy::task<stream_result> accept(eddy::acceptor& from) {
    auto wait = wait_for<eddy::accept_op>(
        [&](auto& op) { return from.start_accept(op); }, [&](auto&) { from.cancel_accept(); }
    );
    auto& done = co_await wait;
    co_return attached(std::move(done.accepted), done.error);
}

inline eddy::task<stream_result> connect(
    eddy::endpoint::transport transport, eddy::address target, eddy::socket_options options = {}
) {
    auto& engine = eddy::loop::current().driver();
    auto wait = wait_for<eddy::connect_op>(
        [&](auto& op) { return engine.start_connect(op); },
        [&](auto& op) { engine.cancel_connect(op); }
    );
    wait.transport = transport;
    wait.target = target;
    wait.options = options;
    auto& done = co_await wait;
    co_return attached(std::move(done.connected), done.error);
}

inline eddy::task<stream_result> connect(eddy::address target, eddy::socket_options options = {}) {
    return connect(eddy::endpoint::transport::tcp, target, options);
}

inline std::unique_ptr<eddy::acceptor>
listen(const eddy::endpoint& at, const eddy::socket_options& options = {}) {
    return std::move(eddy::loop::current().driver().listen(at, options).value());
}

inline std::unique_ptr<eddy::datagram_port>
bind(const eddy::endpoint& at, const eddy::socket_options& options = {}) {
    return std::move(eddy::loop::current().driver().bind(at, options).value());
}

inline eddy::task<eddy::result<std::vector<eddy::address>>> resolve(std::string name) {
    auto& engine = eddy::loop::current().driver();
    auto wait = wait_for<eddy::resolve_op>(
        [&](auto& op) { return engine.start_resolve(op); },
        [&](auto& op) { engine.cancel_resolve(op); }
    );
    wait.host = name;
    wait.port = 7;
    auto& done = co_await wait;
    if (done.error) {
        co_return done.error;
    }
    co_return done.addresses;
}

/// A received datagram, copied.
struct datagram {
    std::string text;
    eddy::address peer;
    eddy::address local;
    bool is_truncated = false;
    eddy::error_code error;
};

inline eddy::task<datagram> receive(eddy::datagram_port& from) {
    std::array<eddy::datagram, 1> room;
    auto wait = wait_for<eddy::receive_op>(
        [&](auto& op) {
            op.datagrams = room;
            return from.start_receive(op);
        },
        [&](auto&) { from.cancel_receive(); }
    );
    auto& done = co_await wait;
    datagram result;
    result.error = done.error;
    if (done.received != 0) {
        result = {text_of(room[0].data), room[0].peer, room[0].local, room[0].is_truncated, {}};
    }
    co_return result;
}

inline eddy::task<eddy::error_code> send(
    eddy::datagram_port& through, std::string_view text, eddy::address to, eddy::address from = {}
) {
    eddy::datagram one;
    one.data = bytes_of(text);
    one.peer = to;
    one.local = from;
    const std::span<const eddy::datagram> datagrams(&one, 1);
    for (;;) {
        auto wait = wait_for<eddy::send_op>(
            [&](auto& op) {
                op.datagrams = datagrams;
                return through.start_send(op);
            },
            [&](auto&) { through.cancel_send(); }
        );
        auto& done = co_await wait;
        if (done.error || done.sent != 0) {
            co_return done.error;
        }
    }
}

} // namespace raw
