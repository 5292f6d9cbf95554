// SPDX-License-Identifier: BSL-1.0

// Echo on Boost.Asio coroutines, as its examples write it.
//   echo     read_some and async_write
//   line     async_read_until into a buffer, and async_write, for each line
//   message  async_read of one 64-byte message, and async_write, for each message
//   udp      async_receive_from and async_send_to, for each datagram

#include <boost/asio.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> echo(tcp::socket peer) {
    std::array<char, 64 * 1024> buffer;
    for (;;) {
        auto [failure, length] = co_await peer.async_read_some(asio::buffer(buffer), as_result);
        if (failure) {
            co_return;
        }
        auto [write_failure, written] =
            co_await asio::async_write(peer, asio::buffer(buffer, length), as_result);
        if (write_failure) {
            co_return;
        }
    }
}

asio::awaitable<void> echo_lines(tcp::socket peer) {
    std::string buffer;
    for (;;) {
        auto [failure, length] = co_await asio::async_read_until(
            peer, asio::dynamic_buffer(buffer, 64 * 1024), '\n', as_result
        );
        if (failure) {
            co_return;
        }
        auto [write_failure, written] =
            co_await asio::async_write(peer, asio::buffer(buffer, length), as_result);
        if (write_failure) {
            co_return;
        }
        buffer.erase(0, length);
    }
}

asio::awaitable<void> echo_messages(tcp::socket peer) {
    std::array<char, 64> message;
    for (;;) {
        auto [failure, length] = co_await asio::async_read(peer, asio::buffer(message), as_result);
        if (failure) {
            co_return;
        }
        auto [write_failure, written] =
            co_await asio::async_write(peer, asio::buffer(message), as_result);
        if (write_failure) {
            co_return;
        }
    }
}

asio::awaitable<void>
accept(tcp::acceptor acceptor, asio::awaitable<void> (*handler)(tcp::socket)) {
    for (;;) {
        auto [failure, peer] = co_await acceptor.async_accept(as_result);
        if (!failure) {
            peer.set_option(tcp::no_delay(true));
            asio::co_spawn(acceptor.get_executor(), handler(std::move(peer)), asio::detached);
        }
    }
}

asio::awaitable<void> echo_datagrams(udp::socket socket) {
    std::array<char, 64 * 1024> buffer;
    udp::endpoint peer;
    for (;;) {
        auto [failure, length] =
            co_await socket.async_receive_from(asio::buffer(buffer), peer, as_result);
        if (!failure) {
            co_await socket.async_send_to(asio::buffer(buffer, length), peer, as_result);
        }
    }
}

void announce(unsigned port) {
    std::printf("port %u\n", port);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "echo";
    asio::io_context context{1};
    const auto loopback = asio::ip::address_v4::loopback();
    if (mode == "udp") {
        udp::socket socket{context, {loopback, 0}};
        announce(socket.local_endpoint().port());
        asio::co_spawn(context, echo_datagrams(std::move(socket)), asio::detached);
    } else {
        tcp::acceptor acceptor{context, {loopback, 0}};
        announce(acceptor.local_endpoint().port());
        const auto handler = mode == "line" ? echo_lines : mode == "message" ? echo_messages : echo;
        asio::co_spawn(context, accept(std::move(acceptor), handler), asio::detached);
    }
    context.run();
}
