// SPDX-License-Identifier: BSL-1.0
// What every engine on real sockets must do, seen at the seam.
#include <eddy/asio.hpp>
#include <eddy/core/engine.hpp>
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/offload.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/net/session.hpp>

#include "platform/unique_fd.hpp"
#include "support/catch.hpp"
#include "support/engines.hpp"
#include "support/stream_probes.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using platform::unique_fd;
using test::accept_probe;
using test::loop_of_each_engine;
using test::read_probe;
using test::write_probe;

struct socket_pair {
    socket_pair() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        ours = unique_fd(ends[0]);
        theirs = unique_fd(ends[1]);
    }
    unique_fd ours;
    unique_fd theirs;
};

void put(const unique_fd& to, std::string_view text) {
    REQUIRE(::write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

/// The stream on a copy of `fd`, attached, as `fd:N` gives it to a listener.
std::unique_ptr<stream> adopt(loop& where, const unique_fd& fd) {
    auto from = where.driver().listen(endpoint("fd:" + std::to_string(fd.get())), {});
    REQUIRE(from);
    accept_probe accepted;
    REQUIRE((*from)->start_accept(accepted));
    REQUIRE_FALSE(accepted.error);
    REQUIRE_FALSE(accepted.accepted->attach(where));
    return std::move(accepted.accepted);
}

/// An operation to await in a test's task.
struct awaited_read : read_op {
    explicit awaited_read(std::span<std::byte> room)
        : read_op([](io_op& op) noexcept { static_cast<awaited_read&>(op).done.set(); }) {
        into = room;
    }
    event done;
};

task<std::string> read(stream& from, std::size_t room = 64) {
    std::string text(room, '\0');
    awaited_read op(std::as_writable_bytes(std::span(text)));
    if (!from.start_read(op)) {
        co_await op.done.wait();
    }
    co_return op.error ? op.error.message() : text.substr(0, op.bytes);
}

TEST_CASE("engine: the end that came together with the last bytes is read after them") {
    const auto here = loop_of_each_engine();
    const socket_pair pair;
    const auto stream = adopt(*here, pair.ours);
    const auto program = [](eddy::stream& from, const socket_pair& ends) -> task<> {
        const auto later = [](const unique_fd& to) -> task<> {
            co_await sleep(1ms); // the reader waits; both come as one event
            put(to, "last");
            ::shutdown(to.get(), SHUT_WR);
        };
        scope writers;
        writers.spawn(later(ends.theirs));
        const std::string text = co_await read(from);
        CHECK(text == "last");
        const std::string end = co_await read(from);
        co_await writers.join();
        CHECK(end == error_code(errc::end_of_stream).message());
    };
    here->run(program(*stream, pair));
}

TEST_CASE("engine: bytes that came while nobody read are found by the next read") {
    const auto here = loop_of_each_engine();
    const socket_pair pair;
    const auto stream = adopt(*here, pair.ours);
    const auto program = [](eddy::stream& from, const socket_pair& ends) -> task<> {
        put(ends.theirs, "first");
        const std::string first = co_await read(from);
        CHECK(first == "first");
        put(ends.theirs, "second");
        co_await sleep(1ms); // its report finds no reader
        const std::string second = co_await read(from);
        CHECK(second == "second");
    };
    here->run(program(*stream, pair));
}

TEST_CASE("engine: a cancelled read loses no bytes") {
    const auto here = loop_of_each_engine();
    const socket_pair pair;
    const auto stream = adopt(*here, pair.ours);
    const auto program = [](eddy::stream& from, const socket_pair& ends) -> task<> {
        read_probe given_up;
        const bool at_once = from.start_read(given_up);
        REQUIRE_FALSE(at_once);
        from.cancel_read();
        put(ends.theirs, "kept");
        co_await sleep(1ms);
        CHECK(given_up.completions == 0);
        const std::string text = co_await read(from);
        CHECK(text == "kept");
    };
    here->run(program(*stream, pair));
}

TEST_CASE("engine: a report for a closed socket reaches nobody, nor its number's next owner") {
    const auto here = loop_of_each_engine();
    const socket_pair first;
    const socket_pair second;
    auto one = adopt(*here, first.ours);
    auto other = adopt(*here, second.ours);

    // Whichever is reported first closes the other, whose report is under way by then.
    struct rival : read_op {
        rival()
            : read_op([](io_op& op) noexcept {
                  auto& self = static_cast<rival&>(op);
                  ++*self.winners;
                  if (auto lost = std::exchange(*self.loser, nullptr)) {
                      self.stale_number = lost->native();
                  }
                  *self.next_owner = unique_fd(::dup(self.idle));
              }) {
            into = room;
        }
        std::array<std::byte, 8> room{};
        std::unique_ptr<stream>* loser = nullptr;
        unique_fd* next_owner = nullptr;
        int* winners = nullptr;
        int stale_number = -1;
        int idle = -1;
    };
    const socket_pair quiet;
    unique_fd next_owner;
    int winners = 0;
    rival a;
    rival b;
    a.loser = &other;
    b.loser = &one;
    for (rival* each : {&a, &b}) {
        each->next_owner = &next_owner;
        each->winners = &winners;
        each->idle = quiet.ours.get();
    }
    REQUIRE_FALSE(one->start_read(a));
    REQUIRE_FALSE(other->start_read(b));
    put(first.theirs, "1");
    put(second.theirs, "2");
    const auto program = []() -> task<> { co_await sleep(2ms); };
    here->run(program());
    CHECK(winners == 1);
    CHECK((one == nullptr) != (other == nullptr));
}

TEST_CASE("engine: a blocking pipe is read and written without blocking the loop") {
    const auto here = loop_of_each_engine();
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const unique_fd out(ends[0]);
    const unique_fd in(ends[1]);
    const auto stream = adopt(*here, out);
    const auto program = [](eddy::stream& from, const unique_fd& to) -> task<> {
        const auto later = [](const unique_fd& where) -> task<> {
            co_await yield();
            put(where, "ab");
        };
        scope writers;
        writers.spawn(later(to));
        const std::string first = co_await read(from, 1); // one byte stays in the pipe
        CHECK(first == "a");
        const std::string second = co_await read(from, 1);
        CHECK(second == "b");
        co_await writers.join();
    };
    here->run(program(*stream, in));
}

TEST_CASE("engine: a descriptor can be adopted, given back and adopted again") {
    const auto here = loop_of_each_engine();
    const socket_pair pair;
    for (const char* word : {"one", "two", "three"}) {
        const auto stream = adopt(*here, pair.ours);
        const auto program = [](eddy::stream& from, const unique_fd& to, std::string text
                             ) -> task<> {
            put(to, text);
            const std::string heard = co_await read(from);
            CHECK(heard == text);
        };
        here->run(program(*stream, pair.theirs, word));
    }
}

TEST_CASE("engine: a writer that found the pipe full goes on when there is room") {
    const auto here = loop_of_each_engine();
    const socket_pair pair;
    const auto stream = adopt(*here, pair.ours);
    const std::string much(1 << 20, 'x');
    std::size_t written = 0;
    while (const std::size_t taken = test::write_now(*stream, much)) {
        written += taken;
    }
    write_probe more("more");
    REQUIRE_FALSE(stream->start_write(more));
    const auto program = [](const unique_fd& from, std::size_t fill) -> task<> {
        std::string room(1 << 20, '\0');
        while (fill != 0) {
            const ssize_t count = ::read(from.get(), room.data(), std::min(fill, room.size()));
            REQUIRE(count > 0);
            fill -= static_cast<std::size_t>(count);
        }
        co_await sleep(2ms);
    };
    here->run(program(pair.theirs, written));
    CHECK(more.completions == 1);
    CHECK(test::write_now(*stream, "more") == 4);
}

TEST_CASE("engine: an exception of a posted function loses no event") {
    const auto here = loop_of_each_engine();
    const socket_pair first;
    const socket_pair second;
    const auto one = adopt(*here, first.ours);
    const auto other = adopt(*here, second.ours);
    read_probe a;
    read_probe b;
    REQUIRE_FALSE(one->start_read(a));
    REQUIRE_FALSE(other->start_read(b));
    put(first.theirs, "1");
    put(second.theirs, "2");
    here->post([] { throw std::runtime_error("planted"); });
    CHECK_THROWS_AS(here->run(), std::runtime_error);
    const auto program = []() -> task<> { co_await sleep(1ms); };
    here->run(program());
    CHECK(a.text() == "1");
    CHECK(b.text() == "2");
}

TEST_CASE("engine: timers fire in order, and not before their time") {
    const auto here = loop_of_each_engine();
    const auto program = []() -> task<> {
        const auto start = loop_clock::now(); // from which sleeps count
        co_await sleep(300us);
        const auto after_short = loop_clock::now();
        CHECK(after_short - start >= 300us);
        co_await sleep(2ms);
        CHECK(loop_clock::now() - after_short >= 2ms);
    };
    const auto before = std::chrono::steady_clock::now();
    here->run(program());
    CHECK(std::chrono::steady_clock::now() - before >= 2300us);
}

TEST_CASE("engine: near and far timers fire, whichever way the next one moves") {
    const auto here = loop_of_each_engine();
    const auto program = []() -> task<> {
        const auto wait = [](duration length) -> task<> { co_await sleep(length); };
        scope far;
        far.spawn(wait(1h));
        co_await offload([] { return 0; }); // meanwhile the hour is what the loop waits for
        co_await sleep(30ms);               // sooner than that
        co_await sleep(60ms);
        far.request_stop();
        co_await far.join();
        co_await sleep(20ms);
    };
    const auto before = std::chrono::steady_clock::now();
    here->run(program());
    CHECK(std::chrono::steady_clock::now() - before >= 110ms);
}

TEST_CASE("engine: other threads wake a loop that waits") {
    const auto here = loop_of_each_engine();
    const auto program = []() -> task<> {
        int sum = 0;
        for (int i = 1; i <= 100; ++i) {
            sum += co_await offload([i] { return i; });
        }
        CHECK(sum == 5050);
    };
    here->run(program());
}

TEST_CASE("engine: signals reach the sink on the loop") {
    struct sink final : signal_sink {
        void on_signal(int number) noexcept override {
            numbers.push_back(number);
            if (numbers.size() == 2) {
                loop::current().stop();
            }
        }
        std::vector<int> numbers;
    };
    const auto here = loop_of_each_engine();
    sink heard;
    here->driver().watch_signals(&heard);
    ::raise(SIGTERM);
    ::raise(SIGINT);
    here->run();
    here->driver().watch_signals(nullptr);
    CHECK(heard.numbers == std::vector<int>{SIGTERM, SIGINT});
}

TEST_CASE("engine: Asio's objects work on the loop, and the loop's own go on") {
    const auto here = loop_of_each_engine();
    const bool asked_before = GENERATE(false, true);
    if (asked_before) {
        static_cast<void>(context_of(*here));
    }
    const socket_pair pair;
    const auto stream = adopt(*here, pair.ours);
    const auto program = [](eddy::stream& from, const unique_fd& to) -> task<> {
        auto& context = context_of(loop::current());
        event timer_fired;
        event posted;
        boost::asio::steady_timer timer(context, 1ms);
        timer.async_wait([&timer_fired](const error_code&) { timer_fired.set(); });
        co_await timer_fired.wait();

        std::thread other([&] { boost::asio::post(context, [&posted] { posted.set(); }); });
        co_await posted.wait();
        other.join();

        for (int i = 0; i < 10; ++i) {
            put(to, "ping");
            const std::string text = co_await read(from);
            CHECK(text == "ping");
            co_await sleep(100us);
            const int answer = co_await offload([] { return 42; });
            CHECK(answer == 42);
        }
    };
    here->run(program(*stream, pair.theirs));
    here->run(program(*stream, pair.theirs)); // and after a stop
}

} // namespace
} // namespace eddy
