// SPDX-License-Identifier: BSL-1.0

// A WebSocket echo: Beast speaks the protocol, Eddy serves. Deadlines, limits and the drain are
// those of every service; docs/guide/asio.md explains it.

#include <eddy/asio.hpp>
#include <eddy/server.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <cstddef>
#include <iostream>

namespace websocket = boost::beast::websocket;

namespace {

constexpr std::size_t longest_message = 64 * 1024;

/// [handler]
eddy::task<> echo_messages(eddy::session& peer) {
    websocket::stream<eddy::asio_stream> socket{eddy::asio_stream(peer)};
    socket.read_message_max(longest_message);
    const auto accepted = co_await socket.async_accept(eddy::use_task);
    if (!accepted) {
        co_return; // it speaks something else
    }
    boost::beast::flat_buffer message;
    while (const auto size = co_await socket.async_read(message, eddy::use_task)) {
        socket.text(socket.got_text());
        const auto sent = co_await socket.async_write(message.data(), eddy::use_task);
        if (!sent) {
            co_return;
        }
        message.consume(*size);
    }
}
/// [handler]

} // namespace

int main(int argc, char** argv) {
    try {
        eddy::server server;
        server.serve(argc > 1 ? argv[1] : "tcp://127.0.0.1:7013", echo_messages);
        server.on_ready([&] { std::cout << server.endpoints().front().port() << std::endl; });
        return server.run();
    } catch (const eddy::error& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
