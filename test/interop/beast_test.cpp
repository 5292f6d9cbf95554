// SPDX-License-Identifier: BSL-1.0
#include <eddy/asio.hpp>
#include <eddy/core/event.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server.hpp>

#include "support/catch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using eddy::asio_stream;
using eddy::task;
using eddy::use_task;
using web_socket = beast::websocket::stream<asio_stream>;

/// A code of Beast's as a task sees it.
template <class Enum>
eddy::error_code code_of(Enum value) {
    return make_error_code(value);
}

/// A server with one handler, on the loop of its client: one that Eddy runs, or one on the
/// `io_context` of an application, which calls handlers outside of the loop.
template <class Handler>
void meet(Handler handler, task<> (*client)(eddy::session&)) {
    const bool is_embedded = GENERATE(false, true);
    asio::io_context context;
    const auto loop = is_embedded ? eddy::make_loop(context) : std::make_unique<eddy::loop>();
    eddy::server server(*loop, {});
    server.serve("tcp://127.0.0.1:0", handler);
    server.start();

    auto talk = [](eddy::server& met, task<> (*ask)(eddy::session&)) -> task<> {
        auto peer = co_await eddy::connect(met.endpoints().front());
        REQUIRE(peer);
        co_await ask(*peer);
        co_await peer->close();
        met.request_drain();
        co_await met.stopped();
    };
    if (is_embedded) {
        auto told = eddy::as_awaitable(*loop, talk(server, client));
        asio::co_spawn(context, std::move(told), [&context](const std::exception_ptr& failure) {
            context.stop();
            if (failure) {
                std::rethrow_exception(failure);
            }
        });
        context.run();
    } else {
        loop->run(talk(server, client));
    }
    CHECK(server.report().is_clean());
}

task<> echo_messages(eddy::session& peer) {
    web_socket socket{asio_stream(peer)};
    const auto accepted = co_await socket.async_accept(use_task);
    CHECK(accepted);
    for (;;) {
        beast::flat_buffer message;
        const auto got = co_await socket.async_read(message, use_task);
        if (!got) {
            CHECK(got.error() == code_of(beast::websocket::error::closed));
            co_return;
        }
        socket.text(socket.got_text());
        const auto sent = co_await socket.async_write(message.data(), use_task);
        CHECK(sent);
    }
}

task<> exchange_messages(eddy::session& peer) {
    web_socket socket{asio_stream(peer)};
    const auto shaken = co_await socket.async_handshake("localhost", "/", use_task);
    REQUIRE(shaken);
    for (const std::size_t size : {std::size_t(0), std::size_t(1), std::size_t(70'000)}) {
        const std::string message(size, 'w');
        const auto sent = co_await socket.async_write(asio::buffer(message), use_task);
        CHECK(sent);
        beast::flat_buffer answer;
        const auto got = co_await socket.async_read(answer, use_task);
        CHECK(got);
        CHECK(beast::buffers_to_string(answer.data()) == message);
    }
    const auto closed = co_await socket.async_close(beast::websocket::close_code::normal, use_task);
    CHECK(closed);
}

TEST_CASE("asio_stream: Beast's WebSocket over sessions, echoes and closes", "[interop][beast]") {
    meet(echo_messages, exchange_messages);
}

task<> answer_request(eddy::session& peer) {
    asio_stream stream(peer);
    beast::flat_buffer buffer;
    for (;;) {
        beast::http::request<beast::http::string_body> asked;
        const auto got = co_await beast::http::async_read(stream, buffer, asked, use_task);
        if (!got) {
            CHECK(got.error() == code_of(beast::http::error::end_of_stream));
            co_return;
        }
        beast::http::response<beast::http::string_body> reply(beast::http::status::ok, 11);
        reply.body() = "you sent " + asked.body();
        reply.prepare_payload();
        const auto sent = co_await beast::http::async_write(stream, reply, use_task);
        CHECK(sent);
    }
}

task<> send_requests(eddy::session& peer) {
    asio_stream stream(peer);
    beast::flat_buffer buffer;
    for (const std::size_t size : {std::size_t(3), std::size_t(100'000)}) {
        beast::http::request<beast::http::string_body> asked(beast::http::verb::post, "/", 11);
        asked.body() = std::string(size, 'b');
        asked.prepare_payload();
        const auto sent = co_await beast::http::async_write(stream, asked, use_task);
        CHECK(sent);
        beast::http::response<beast::http::string_body> reply;
        const auto got = co_await beast::http::async_read(stream, buffer, reply, use_task);
        REQUIRE(got);
        CHECK(reply.body() == "you sent " + asked.body());
    }
}

TEST_CASE("asio_stream: Beast's HTTP over sessions, answers requests", "[interop][beast]") {
    meet(answer_request, send_requests);
}

task<> answer_lines(eddy::session& peer) {
    asio_stream stream(peer);
    std::string text;
    for (;;) {
        const auto size =
            co_await asio::async_read_until(stream, asio::dynamic_buffer(text), '\n', use_task);
        if (!size) {
            CHECK(size.error() == eddy::errc::end_of_stream);
            co_return;
        }
        const std::array<asio::const_buffer, 5> parts = {
            asio::buffer("<", 1),
            {},
            asio::buffer(text, *size - 1),
            asio::buffer(">", 1),
            asio::buffer("\n", 1)
        };
        const auto sent = co_await asio::async_write(stream, parts, use_task);
        CHECK(sent);
        text.erase(0, *size);
    }
}

TEST_CASE("asio_stream: Asio's composed operations, move every byte", "[interop][asio_stream]") {
    meet(answer_lines, [](eddy::session& peer) -> task<> {
        co_await peer.write("one\ntwo\n");
        for (const char* expected : {"<one>", "<two>"}) {
            const auto line = co_await peer.read_line();
            REQUIRE(line);
            CHECK(*line == expected);
        }
    });
}

TEST_CASE("asio_stream: a cancelled read, takes nothing", "[interop][asio_stream]") {
    meet(
        [](eddy::session& peer) -> task<> {
            asio_stream stream(peer);
            std::array<char, 8> buffer{};
            asio::cancellation_signal signal;
            eddy::error_code end;
            eddy::event ended;
            // In a handler: where the application runs the context, the loop has not begun the read
            // when it is cancelled.
            asio::post(stream.get_executor(), [&] {
                stream.async_read_some(
                    asio::buffer(buffer),
                    asio::bind_cancellation_slot(
                        signal.slot(),
                        [&](const boost::system::error_code& code, std::size_t) {
                            end = code;
                            ended.set();
                        }
                    )
                );
                signal.emit(asio::cancellation_type::total);
            });
            co_await ended.wait();
            CHECK(end == std::errc::operation_canceled);

            co_await peer.write("now\n");
            const auto line = co_await peer.read_line();
            CHECK(line);
        },
        [](eddy::session& peer) -> task<> {
            const auto now = co_await peer.read_line();
            CHECK(now);
            co_await peer.write("later\n");
        }
    );
}

TEST_CASE("asio_stream: destroyed while it reads, calls no handler", "[interop][asio_stream]") {
    meet(
        [](eddy::session& peer) -> task<> {
            bool was_called = false;
            std::array<char, 8> buffer{};
            {
                asio_stream stream(peer);
                stream.async_read_some(
                    asio::buffer(buffer),
                    [&](const boost::system::error_code&, std::size_t) { was_called = true; }
                );
            }
            co_await peer.write("now\n");
            const auto line = co_await peer.read_line();
            CHECK(line);
            CHECK_FALSE(was_called);
        },
        [](eddy::session& peer) -> task<> {
            const auto now = co_await peer.read_line();
            CHECK(now);
            co_await peer.write("later\n");
        }
    );
}

} // namespace
