// SPDX-License-Identifier: BSL-1.0
// Services made by serve_messages in simulated networks, under the rules of every handler.
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/messages.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/catch.hpp>
#include <eddy/sim/conform.hpp>

#include "support/catch.hpp"

#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using eddy::byte_view;
using eddy::task;
namespace sim = eddy::sim;
namespace wire = eddy::wire;

std::string reversed(const byte_view& message) {
    const auto text = message.text();
    return {text.rbegin(), text.rend()};
}

/// The first of several messages takes the longest.
task<std::string> reversed_later(const byte_view& message) {
    co_await eddy::sleep(std::chrono::milliseconds(100 / (message.size() + 1)));
    co_return reversed(message);
}

/// What is said to a codec that makes `coded(message)` of a message.
template <class Coded>
sim::conversation reversals(Coded coded) {
    sim::conversation talk;
    for (const std::string& message : {"a"s, "hello"s, "three "s, std::string(300, 'x') + "y"}) {
        talk.send(coded(message)).expect(coded({message.rbegin(), message.rend()}));
    }
    return talk;
}

/// By a plain function, by a coroutine, and by several of these at once.
template <class Codec>
void check_conforms(const Codec& codec, const sim::conversation& talk) {
    CHECK(sim::conform(eddy::serve_messages(codec, reversed), talk).runs > 100);
    CHECK(sim::conform(eddy::serve_messages(codec, reversed_later), talk).runs > 100);
    const auto at_once = eddy::serve_messages(codec, reversed_later, {.concurrency = 3});
    CHECK(sim::conform(at_once, talk).runs > 100);
}

TEST_CASE("serve_messages: length-prefixed messages, conforms", "[sim][messages]") {
    auto talk = reversals([](const std::string& message) {
        return std::string{
                   static_cast<char>(message.size() / 256), static_cast<char>(message.size() % 256)
               } +
               message;
    });
    talk.refuse("\0\0"s).refuse("\xFF\xFF"s);

    check_conforms(
        wire::length_prefixed({.length = wire::prefix::u16, .min = 1, .max = 1000}), talk
    );
}

/// Bodies as text, their chunks joined.
struct text_of_chunks : wire::chunked {
    using message = std::string;
    using chunked::chunked;
    wire::decoded<std::string> decode(std::span<const std::byte> arrived) noexcept {
        const auto found = chunked::decode(arrived);
        if (!found) {
            return found.no_message();
        }
        std::string text(found->size(), '\0');
        found->copy_to(std::as_writable_bytes(std::span(text)));
        return {std::move(text), found.size()};
    }
};

TEST_CASE("serve_messages: chunked bodies, conforms", "[sim][messages]") {
    auto talk = sim::conversation();
    talk.send("3\r\nabc\r\n2;x\r\nde\r\n0\r\nA: b\r\n\r\n").expect("5\r\nedcba\r\n0\r\n\r\n");
    talk.send("0\r\n\r\n").expect("0\r\n\r\n");
    talk.refuse("5\n").refuse("ffffffffffffffff\r\n").refuse("1\r\nab");

    check_conforms(text_of_chunks(wire::chunked_options{.max = 1000}), talk);
}

/// Numbered messages: the first byte is the number.
struct numbered : wire::length_prefixed {
    numbered() : length_prefixed({.length = wire::prefix::u16, .min = 1, .max = 1000}) {}
    [[nodiscard]] std::uint64_t id_of(byte_view text) const noexcept {
        return static_cast<unsigned char>(text.text().front());
    }
};

task<std::string> same_later(const byte_view& message) {
    co_await eddy::sleep(std::chrono::milliseconds(message.size()));
    co_return std::string(message.text());
}

task<> serve_numbered() {
    eddy::server server(eddy::loop::current(), {});
    server.serve("tcp://[::]:7", eddy::serve_messages(numbered(), same_later, {.concurrency = 8}));
    server.start();
    co_await server.stopped();
}

task<> ask(eddy::caller<numbered>& calls, std::string question) {
    const auto answer = co_await calls.call(question);
    sim::expect(answer.has_value(), "an answer comes");
    sim::expect((*answer)->text() == question, "the answer is that of the question");
}

task<> ask_all() {
    auto peer = co_await eddy::connect("tcp://service:7", {.timeout = 10min});
    sim::expect(peer.has_value(), "the client connects");
    eddy::caller<numbered> calls(*peer);
    eddy::scope asking;
    for (unsigned i = 0; i != 50; ++i) {
        asking.spawn(ask(calls, std::string(1 + i % 7, static_cast<char>(calls.next_id()))));
    }
    co_await asking.join();
    sim::expect(calls.unmatched() == 0, "every answer has a question");
}

TEST_CASE("caller: a hostile network, every question has its answer", "[sim][messages]") {
    sim::check_options options;
    options.seeds = 10;
    options.world.profile = sim::profile::hostile();

    sim::check_in_catch(options, [](sim::world& world) {
        world.add_host("service").spawn_daemon(serve_numbered());
        world.add_host("client").spawn(ask_all());
        world.run();
    });
}

} // namespace
