// SPDX-License-Identifier: BSL-1.0

// What Eddy's first example does, straight on Boost.Asio: bench/compile_time compiles both.

#ifdef SELECTED_HEADERS
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#else
#include <boost/asio.hpp>
#endif

#include <cctype>
#include <csignal>
#include <string>

namespace asio = boost::asio;
using asio::ip::tcp;

static std::string to_upper(std::string text) {
    for (char& letter : text) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return text;
}

static asio::awaitable<void> shout(tcp::socket peer) {
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
    std::string buffer;
    for (;;) {
        auto [failure, length] = co_await asio::async_read_until(
            peer, asio::dynamic_buffer(buffer, 64 * 1024), '\n', as_result
        );
        if (failure) {
            co_return;
        }
        const std::string answer = to_upper(buffer.substr(0, length));
        buffer.erase(0, length);
        co_await asio::async_write(peer, asio::buffer(answer), as_result);
    }
}

static asio::awaitable<void> accept(tcp::acceptor& acceptor) {
    for (;;) {
        auto peer = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(acceptor.get_executor(), shout(std::move(peer)), asio::detached);
    }
}

int main() {
    asio::io_context context;
    tcp::acceptor acceptor{context, {tcp::v6(), 7000}};
    asio::signal_set signals{context, SIGINT, SIGTERM};
    signals.async_wait([&](auto, auto) { context.stop(); });
    asio::co_spawn(context, accept(acceptor), asio::detached);
    context.run();
}
