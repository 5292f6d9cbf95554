// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/datagrams.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"
#include "support/scripted_port.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

using namespace std::chrono_literals;

namespace eddy {
namespace {

const address peer(address::ipv4_bytes{192, 0, 2, 1}, 5000);

class fixture {
public:
    using body = std::function<task<>(datagrams&, test::port_script&)>;

    void run(const body& test) {
        const auto main = [](fixture& self, const body& inner) -> task<> {
            datagrams socket(std::make_unique<test::scripted_port>(self.script));
            co_await inner(socket, self.script);
        };
        loop->run(main(*this, test));
    }

    test::manual_loop loop;
    test::port_script script;
};

std::string text_of(const datagram& from) {
    return {reinterpret_cast<const char*>(from.data.data()), from.data.size()};
}

task<> later(duration when, std::function<void()> what) {
    co_await sleep(when);
    what();
}

TEST_CASE("datagrams: several have arrived, one receive gives the batch", "[net][datagrams]") {
    fixture f;
    for (const auto* each : {"a", "", "ccc"}) {
        f.script.feed(each, peer);
    }

    f.run([](datagrams& socket, test::port_script&) -> task<> {
        const auto batch = co_await socket.receive();
        REQUIRE(batch);
        REQUIRE(batch->size() == 3);
        CHECK(text_of((*batch)[0]) == "a");
        CHECK((*batch)[1].data.empty());
        CHECK(text_of((*batch)[2]) == "ccc");
        CHECK((*batch)[2].peer == peer);
    });
}

TEST_CASE("datagrams: replies, leave in one send from the address asked", "[net][datagrams]") {
    fixture f;
    for (int i = 0; i != 20; ++i) {
        f.script.feed(std::to_string(i), peer);
    }

    f.run([](datagrams& socket, test::port_script& script) -> task<> {
        const auto batch = co_await socket.receive();
        for (const auto& each : *batch) {
            co_await socket.reply(each, each.data);
        }
        CHECK(script.sends == 0);
        co_await yield();
        CHECK(script.sends == 1);
        REQUIRE(script.sent.size() == 20);
        CHECK(script.sent[7].data == "7");
        CHECK(script.sent[7].peer == peer);
        CHECK(script.sent[7].local == address(address::ipv4_bytes{127, 0, 0, 9}, 7007));
        CHECK(socket.stats().sent == 20);
    });
}

TEST_CASE("datagrams: a truncated one, is counted and never seen", "[net][datagrams]") {
    fixture f;
    f.script.feed("cut", peer, true);
    f.script.feed("whole", peer);
    f.script.feed("cut", peer, true);

    f.run([](datagrams& socket, test::port_script& script) -> task<> {
        const auto batch = co_await socket.receive();
        REQUIRE(batch->size() == 1);
        CHECK(text_of(batch->front()) == "whole");
        scope others;
        others.spawn(later(1s, [&] { script.feed("only a cut one", peer, true); }));
        others.spawn(later(2s, [&] { script.feed("next", peer); }));
        const auto next = co_await socket.receive();
        CHECK(text_of(next->front()) == "next");
        CHECK(socket.stats().truncated == 3);
        CHECK(socket.stats().received == 2);
    });
}

TEST_CASE(
    "datagrams: ICMP noise while waiting, is counted and the receive goes on", "[net][datagrams]"
) {
    fixture f;

    f.run([](datagrams& socket, test::port_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] {
            script.fail_receive(make_error_code(std::errc::connection_refused));
        }));
        others.spawn(later(2s, [&] { script.feed("x", peer); }));
        const auto batch = co_await socket.receive();
        CHECK(text_of(batch->front()) == "x");
        CHECK(socket.stats().receive_errors == 1);
    });
}

TEST_CASE(
    "datagrams: one is refused by the system, it is lost and the others go", "[net][datagrams]"
) {
    fixture f;
    f.script.refused = {"bad"};

    f.run([](datagrams& socket, test::port_script& script) -> task<> {
        for (const auto* each : {"bad", "one", "bad", "bad", "two"}) {
            const auto queued = co_await socket.send(peer, each);
            CHECK(queued);
        }
        co_await yield();
        REQUIRE(script.sent.size() == 2);
        CHECK(script.sent[1].data == "two");
        CHECK(socket.stats().send_errors == 3);
    });
}

TEST_CASE("datagrams: longer than a datagram, refused at once", "[net][datagrams]") {
    fixture f;

    f.run([](datagrams& socket, test::port_script& script) -> task<> {
        const auto whole = co_await socket.send(peer, std::string(65'507, 'x'));
        const auto over = co_await socket.send(peer, std::string(65'508, 'x'));
        co_await yield();
        CHECK(whole);
        CHECK(over.error() == errc::too_long);
        CHECK(script.sent.size() == 1);
    });
}

TEST_CASE("datagrams: the system takes none, senders wait and none is lost", "[net][datagrams]") {
    fixture f;
    f.script.room = 0;

    f.run([](datagrams& socket, test::port_script& script) -> task<> {
        int sent = 0;
        const auto sender = [](datagrams& on, int& count) -> task<> {
            for (; count != 200; ++count) {
                co_await on.send(peer, std::to_string(count));
            }
        };
        scope others;
        others.spawn(sender(socket, sent));
        co_await sleep(1s);
        CHECK(sent < 100);
        script.take(1'000);
        co_await others.join();
        co_await yield();
        REQUIRE(script.sent.size() == 200);
        CHECK(script.sent[199].data == "199");
    });
}

TEST_CASE(
    "datagrams: deadline, stop and destruction of a waiting receive, lose nothing",
    "[net][datagrams]"
) {
    fixture f;

    f.run([](datagrams& socket, test::port_script& script) -> task<> {
        const auto timed = co_await socket.receive(within(3s));
        CHECK(timed.error() == errc::timed_out);

        std::optional<error_code> seen;
        const auto reader = [](datagrams& on, std::optional<error_code>& out) -> task<> {
            out = (co_await on.receive(within(9s))).error();
        };
        scope stopped;
        stopped.spawn(reader(socket, seen));
        stopped.request_stop();
        co_await stopped.join();
        CHECK(*seen == errc::cancelled);
        {
            scope doomed;
            doomed.spawn(reader(socket, seen));
        }
        script.feed("kept", peer);
        const auto batch = co_await socket.receive(within(1s));
        REQUIRE(batch);
        CHECK(text_of(batch->front()) == "kept");
    });
}

TEST_CASE("datagrams: drained, what has arrived is served and then draining", "[net][datagrams]") {
    fixture f;

    f.run([](datagrams& socket, test::port_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] { socket.request_drain(); }));
        const auto waiting = co_await socket.receive();
        CHECK(waiting.error() == errc::draining);
        script.feed("late", peer);
        const auto late = co_await socket.receive();
        CHECK(text_of(late->front()) == "late");
        const auto end = co_await socket.receive();
        CHECK(end.error() == errc::draining);
    });
}

TEST_CASE("datagrams: closed under a receive, gives closed", "[net][datagrams]") {
    fixture f;

    f.run([](datagrams& socket, test::port_script& script) -> task<> {
        scope others;
        others.spawn(later(1s, [&] { socket.close(); }));
        const auto got = co_await socket.receive();
        CHECK(got.error() == errc::closed);
        const auto sent = co_await socket.send(peer, "x");
        CHECK(sent.error() == errc::closed);
        CHECK(script.port == nullptr);
    });
}

error_code system_error(std::errc code) {
    return make_error_code(code);
}

TEST_CASE("datagrams: a shortage that lasts, is tried again after pauses", "[net][datagrams]") {
    fixture f;
    for (int i = 0; i != 3; ++i) {
        f.script.fail_receive(system_error(std::errc::not_enough_memory));
    }
    f.script.feed("after it", peer);

    f.run([](datagrams& socket, test::port_script&) -> task<> {
        const auto began = loop_clock::now();
        const auto batch = co_await socket.receive();
        REQUIRE(batch);
        CHECK(text_of(batch->front()) == "after it");
        CHECK(loop_clock::now() - began == 150ms);
        CHECK(socket.stats().receive_errors == 3);
    });
}

TEST_CASE("datagrams: noise without end, leaves the loop to others", "[net][datagrams]") {
    fixture f;
    for (int i = 0; i != 40; ++i) {
        f.script.fail_receive(system_error(std::errc::connection_refused));
    }
    f.script.feed("after it", peer);

    f.run([](datagrams& socket, test::port_script&) -> task<> {
        const auto began = loop_clock::now();
        const auto batch = co_await socket.receive();
        REQUIRE(batch);
        CHECK(loop_clock::now() - began == 24 * 50ms);
    });
}

TEST_CASE("datagrams: drained during a shortage, ends at once", "[net][datagrams]") {
    fixture f;
    for (int i = 0; i != 3; ++i) {
        f.script.fail_receive(system_error(std::errc::no_buffer_space));
    }

    f.run([](datagrams& socket, test::port_script&) -> task<> {
        scope side;
        side.spawn(later(10ms, [&socket] { socket.request_drain(); }));
        const auto began = loop_clock::now();
        const auto batch = co_await socket.receive();
        CHECK(batch.error() == errc::draining);
        CHECK(loop_clock::now() - began == 10ms);
        co_await side.join();
    });
}

TEST_CASE(
    "datagrams: a socket that can receive no more, says why and stays so", "[net][datagrams]"
) {
    const auto code = GENERATE(
        std::errc::bad_file_descriptor,
        std::errc::not_a_socket,
        std::errc::invalid_argument,
        std::errc::bad_address
    );
    fixture f;
    f.script.fail_receive(system_error(code));
    f.script.feed("too late", peer);

    f.run([code](datagrams& socket, test::port_script&) -> task<> {
        const auto first = co_await socket.receive();
        CHECK(first.error() == code);
        const auto second = co_await socket.receive();
        CHECK(second.error() == code);
    });
}

} // namespace
} // namespace eddy
