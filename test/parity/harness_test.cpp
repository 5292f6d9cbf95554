// SPDX-License-Identifier: BSL-1.0
// The harness itself: would it tell a difference?
#include "parity/scenario.hpp"

namespace {

using eddy::task;
using parity::actor;
using parity::scene;

std::string greet(parity::stage& where, const std::string& greeting) {
    return parity::tell(
        where,
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer);
        },
        [&](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, greeting);
        }
    );
}

TEST_CASE("harness: there are real sockets and a simulator, and both tell the story", "[parity]") {
    const auto stages = parity::all_stages(scene::tcp);
    REQUIRE(stages.size() >= 2);
    CHECK(stages.front()->name() == "asio");
    CHECK(stages.back()->name() == "sim with two hosts");
    const std::string story = "server: accept: done\n"
                              "server: read line: \"hello\"\n"
                              "client: connect: done\n"
                              "client: write \"hello\n\": done\n";
    CHECK(greet(*stages.front(), "hello\n") == story);
    CHECK(greet(*stages.back(), "hello\n") == story);
}

TEST_CASE("harness: one stage behaves differently, the difference is named", "[parity]") {
    const auto stages = parity::all_stages(scene::tcp);
    const auto expected = greet(*stages.front(), "hello\n");
    const auto planted = greet(*stages.back(), "hell");
    CHECK(
        parity::first_difference(expected, planted) ==
        "line 2: expected \"server: read line: \"hello\"\", "
        "found \"server: read line: ended in the middle of a message\""
    );
}

TEST_CASE("harness: one stage behaves differently, the test fails", "[parity][!shouldfail]") {
    parity::play(
        {scene::tcp},
        "server: accept: done",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            const auto where = client.shared().where->name();
            co_await client.write(peer, where.starts_with("sim") ? "other\n" : "same\n");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("harness: all stages are wrong alike, the test fails", "[parity][!shouldfail]") {
    parity::play(
        {scene::tcp},
        "server: read line: \"expected\"",
        [](actor& server) -> task<> {
            auto peer = co_await server.accept();
            co_await server.read_line(peer);
        },
        [](actor& client) -> task<> {
            auto peer = co_await client.connect();
            co_await client.write(peer, "something else\n");
            co_await client.read_to_end(peer);
        }
    );
}

TEST_CASE("harness: one story is shorter, the difference is named", "[parity]") {
    CHECK(parity::first_difference("a\nb\n", "a\nb\n").empty());
    CHECK(parity::first_difference("a\nb\n", "a\n") == "line 2: expected \"b\", found \"\"");
    CHECK(parity::first_difference("a\n", "a\nb\n") == "line 2: expected \"\", found \"b\"");
}

TEST_CASE("harness: long texts, one byte that differs shows", "[parity]") {
    auto text = parity::pattern(100'000);
    const auto whole = parity::quoted(text);
    ++text[50'000];
    CHECK(parity::quoted(text) != whole);
    CHECK(parity::quoted("short") == "\"short\"");
}

} // namespace
