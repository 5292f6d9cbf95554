// SPDX-License-Identifier: BSL-1.0
// Messages over real sockets of the loopback interface.
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/messages.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

wire::length_prefixed codec() {
    return wire::length_prefixed({.max = 1024 * 1024});
}

byte_view same(const byte_view& message) {
    return message;
}

task<byte_view> same_later(const byte_view& message) {
    co_await yield();
    co_return message;
}

task<> send_all(framed<wire::length_prefixed>& messages, unsigned count, std::string text) {
    for (unsigned i = 0; i != count; ++i) {
        co_await messages.write(text);
    }
    messages.peer().shutdown_send();
}

/// Sends and reads at once; gives how many messages came back as they were sent.
task<unsigned> count_echoes(endpoint where, unsigned count, std::string text) {
    auto peer = co_await connect(where);
    framed messages(*peer, codec());
    scope sending;
    sending.spawn(send_all(messages, count, text));
    unsigned came_back = 0;
    while (const auto message = co_await messages.read(within(10s))) {
        came_back += message->text() == text ? 1U : 0U;
    }
    co_await sending.join();
    co_return came_back;
}

TEST_CASE("serve_messages: small and large messages, come back whole", "[integration][messages]") {
    const std::size_t concurrency = GENERATE(0U, 1U, 4U); // zero: a plain function
    const std::size_t size = GENERATE(0U, 10U, 5'000U, 300'000U);
    const unsigned count = size < 1'000 ? 2'000 : 20;
    server tested;
    tested.serve(
        "tcp://127.0.0.1:0",
        concurrency == 0
            ? handler(serve_messages(codec(), same))
            : handler(serve_messages(codec(), same_later, {.concurrency = concurrency}))
    );
    tested.start();

    loop here;
    const auto came_back =
        here.run(count_echoes(tested.endpoints().front(), count, std::string(size, 'x')));

    CHECK(came_back == count);
    CHECK(tested.drain(5s).is_clean());
}

task<std::string> what_is_said(endpoint where, std::string sent) {
    auto peer = co_await connect(where);
    co_await peer->write(sent);
    const auto said = co_await peer->read(within(5s));
    co_return said ? "something" : said.error().message();
}

TEST_CASE(
    "serve_messages: a length above the maximum, ends the session", "[integration][messages]"
) {
    server tested;
    tested.serve("tcp://127.0.0.1:0", serve_messages(codec(), same));
    tested.start();

    loop here;
    const auto said = here.run(what_is_said(tested.endpoints().front(), "\xFF\xFF\xFF\xFF"));

    CHECK(said == "end of stream");
    CHECK(tested.drain(5s).is_clean());
}

} // namespace
} // namespace eddy
