// SPDX-License-Identifier: BSL-1.0
// TCP connections at the seam of every engine: many at once, their ends, and loops that change
// threads.
#include "engine/posix/socket.hpp"
#include "support/connections.hpp"
#include "support/engines.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <sys/resource.h>
#include <thread>

namespace eddy {
namespace {

using test::accept_probe;
using test::connect;
using test::crowd;
using test::loop_of_each_engine;
using test::read_now;
using test::read_probe;
using test::run_until;
using test::settle;
using test::write_probe;

TEST_CASE("connection: a crowd that waits before the loop has run is read from") {
    const auto here = loop_of_each_engine();
    crowd all(*here);
    all.read();
    settle(*here);
    for (const auto& each : all.ends) {
        each.put("x");
    }
    run_until(*here, [&all] {
        return std::all_of(all.reads.begin(), all.reads.end(), [](const auto& each) {
            return each->text() == "x";
        });
    });
    for (const auto& each : all.reads) {
        CHECK(each->text() == "x");
    }
}

TEST_CASE("connection: what came behind a crowd of requests is in its order") {
    const auto here = loop_of_each_engine();
    auto ends = connect(*here, 2);
    crowd others(*here);
    std::array<read_probe, 2> given_up;
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE_FALSE(ends[i].ours->start_read(given_up[i]));
    }
    settle(*here);
    for (const auto& each : ends) {
        each.ours->cancel_read();
        each.put("first ");
    }
    others.read(); // the ring is entered for them
    ends[0].put("second");
    std::string text = read_now(*ends[0].ours);
    CHECK(text + read_now(*ends[0].ours) == "first second");

    ends[1].ours.reset();
    CHECK(ends[1].heard() == "reset"); // it had bytes that nobody has read
}

TEST_CASE("connection: closed with bytes unread the peer is reset, with none it sees the end") {
    const auto here = loop_of_each_engine();
    auto ends = connect(*here, 2);
    for (auto& each : ends) {
        read_probe given_up;
        REQUIRE_FALSE(each.ours->start_read(given_up));
        settle(*here);
        each.ours->cancel_read();
    }
    ends[0].put("unread");
    settle(*here);
    ends[0].ours.reset();
    ends[1].ours.reset();

    CHECK(ends[0].heard() == "reset");
    CHECK(ends[1].heard() == "end");
}

TEST_CASE("connection: destroyed while it is read, the peer hears of it at once") {
    const auto here = loop_of_each_engine();
    auto ends = connect(*here, 2);
    std::array<read_probe, 2> reads;
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE_FALSE(ends[i].ours->start_read(reads[i]));
    }
    settle(*here);
    ends[1].ours->abort();
    for (auto& each : ends) {
        each.ours.reset();
    }

    CHECK(ends[0].heard() == "end");
    CHECK(ends[1].heard() == "reset");
    CHECK(reads[0].completions + reads[1].completions == 0);
}

TEST_CASE("connection: a listener destroyed while it waits refuses at once") {
    const auto here = loop_of_each_engine();
    auto listener = here->driver().listen(endpoint("tcp://127.0.0.1:0"), {});
    REQUIRE(listener);
    const auto at = *(*listener)->local().numeric();
    accept_probe waiting;
    REQUIRE_FALSE((*listener)->start_accept(waiting));
    settle(*here);

    listener->reset();

    auto late = posix::open_socket(endpoint::transport::tcp, at);
    REQUIRE(late);
    static_cast<void>(posix::connect(late->get(), at));
    CHECK(posix::connect_outcome(late->get()) == std::errc::connection_refused);
}

TEST_CASE("connection: a slow peer holds up the writer, who goes on when there is room") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 1);
    std::size_t sent = 0;
    const std::string much(1 << 20, 'x');
    while (const std::size_t taken = test::write_now(*ends[0].ours, much)) {
        sent += taken;
    }
    write_probe more("more");
    REQUIRE_FALSE(ends[0].ours->start_write(more));
    settle(*here);
    CHECK(more.completions == 0);
    std::size_t heard = 0;
    while (heard < sent) {
        heard += ends[0].heard().size();
        settle(*here);
    }
    CHECK(more.completions == 1);
    CHECK(more.bytes == 0); // a hint to start again
    CHECK(test::write_now(*ends[0].ours, "more") == 4);
}

TEST_CASE("connection: goes on when its loop runs on another thread than before") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 3);
    std::array<read_probe, 3> reads;
    for (std::size_t i = 0; i < 3; ++i) {
        REQUIRE_FALSE(ends[i].ours->start_read(reads[i]));
    }
    settle(*here);
    ends[0].put("before");
    std::thread([&] { settle(*here); }).join();
    CHECK(reads[0].text() == "before");
    ends[1].put("between");
    std::thread([&] { settle(*here); }).join();
    CHECK(reads[1].text() == "between");
    ends[2].put("after");
    settle(*here);
    CHECK(reads[2].text() == "after");
}

/// No descriptor can be opened for the life of the object.
class no_descriptors {
public:
    no_descriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const ::rlimit none{0, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    no_descriptors(const no_descriptors&) = delete;
    no_descriptors& operator=(const no_descriptors&) = delete;
    ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    ::rlimit before_{};
};

TEST_CASE("connection: outlives a thread on which its loop could not run") {
    const auto here = loop_of_each_engine();
    auto ends = connect(*here, 2);
    std::array<read_probe, 2> reads;
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE_FALSE(ends[i].ours->start_read(reads[i]));
    }
    settle(*here);
    std::thread([&] {
        try {
            const no_descriptors
                shortage; // over in the handler: UBSan opens a pipe to judge a type
            settle(*here);
        } catch (const error& failure) { // not every engine opens something
            CHECK(failure.code() == std::errc::too_many_files_open);
        }
    }).join();

    ends[0].ours.reset();
    CHECK(ends[0].heard() == "end");
    ends[1].put("after");
    settle(*here);
    CHECK(reads[1].text() == "after");
}

} // namespace
} // namespace eddy
