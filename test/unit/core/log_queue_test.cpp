// SPDX-License-Identifier: BSL-1.0
#include "core/log_queue.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using eddy::log::log_queue;
using namespace std::chrono_literals;

/// Longer than a test may take: never waited for in full.
constexpr auto long_time = 60s;

constexpr std::string_view notice_prefix = "dropped ";

std::string notice(std::uint64_t count) {
    return std::string(notice_prefix) + std::to_string(count);
}

class pipe_pair {
public:
    pipe_pair() { REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0); }

    pipe_pair(const pipe_pair&) = delete;
    pipe_pair& operator=(const pipe_pair&) = delete;

    ~pipe_pair() {
        close_reader();
        close_writer();
    }

    [[nodiscard]] int reader() const { return ends_[0]; }

    [[nodiscard]] int writer() const { return ends_[1]; }

    void close_reader() { close(ends_[0]); }

    void close_writer() { close(ends_[1]); }

    std::string read_line() {
        std::size_t end = 0;
        while ((end = unread_.find('\n')) == std::string::npos) {
            char bytes[65536];
            const auto count = ::read(ends_[0], bytes, sizeof bytes);
            REQUIRE(count > 0);
            unread_.append(bytes, static_cast<std::size_t>(count));
        }
        std::string line = unread_.substr(0, end);
        unread_.erase(0, end + 1);
        return line;
    }

private:
    static void close(int& end) {
        if (end >= 0) {
            ::close(std::exchange(end, -1));
        }
    }

    int ends_[2];
    std::string unread_;
};

TEST_CASE("log_queue: lines, arrive in order and whole", "[core][log_queue]") {
    pipe_pair pipe;
    log_queue queue(pipe.writer(), &notice);
    const std::string longer_than_a_piece(10'000, 'x');

    queue.push("one");
    queue.push(longer_than_a_piece);
    queue.push("");
    queue.push("four");

    CHECK(queue.flush(long_time));
    CHECK(pipe.read_line() == "one");
    CHECK(pipe.read_line() == longer_than_a_piece);
    CHECK(pipe.read_line().empty());
    CHECK(pipe.read_line() == "four");
    CHECK(queue.dropped() == 0);
}

TEST_CASE("log_queue: nothing was written, flush returns at once", "[core][log_queue]") {
    const pipe_pair pipe;
    log_queue queue(pipe.writer(), &notice);

    CHECK(queue.flush(0s));
}

TEST_CASE("log_queue: many threads, every line arrives whole", "[core][log_queue][thread]") {
    pipe_pair pipe;
    log_queue queue(pipe.writer(), &notice);
    constexpr std::size_t threads = 4;
    constexpr std::size_t lines_each = 1'000;

    std::vector<std::thread> writers;
    for (std::size_t number = 0; number < threads; ++number) {
        writers.emplace_back([&queue, number] {
            const std::string line(50 + number, static_cast<char>('a' + number));
            for (std::size_t i = 0; i < lines_each; ++i) {
                queue.push(line);
            }
        });
    }
    std::vector<std::size_t> counts(threads);
    for (std::size_t i = 0; i < threads * lines_each; ++i) {
        const std::string line = pipe.read_line();
        REQUIRE_FALSE(line.empty());
        const auto number = static_cast<std::size_t>(line.front() - 'a');
        REQUIRE(number < threads);
        REQUIRE(line == std::string(50 + number, static_cast<char>('a' + number)));
        ++counts[number];
    }
    for (std::thread& each : writers) {
        each.join();
    }

    CHECK(counts == std::vector<std::size_t>(threads, lines_each));
}

TEST_CASE("log_queue: nobody reads, callers go on and lines are counted", "[core][log_queue]") {
    pipe_pair pipe;
    log_queue queue(pipe.writer(), &notice);
    constexpr std::uint64_t sent = 4'000;
    const std::string line(1'000, 'x'); // four times what the queue holds

    for (std::uint64_t i = 0; i < sent; ++i) {
        queue.push(line);
    }
    CHECK_FALSE(queue.flush(1ms));
    CHECK(queue.dropped() > 0);

    // The reader wakes up: what was kept comes, and how much is missing.
    std::uint64_t received = 0;
    std::uint64_t reported = 0;
    while (received + reported < sent) {
        const std::string next = pipe.read_line();
        if (next.starts_with(notice_prefix)) {
            reported += std::stoull(next.substr(notice_prefix.size()));
        } else {
            REQUIRE(next == line);
            ++received;
        }
    }
    CHECK(received + reported == sent);
    CHECK(reported == queue.dropped());
    CHECK(queue.flush(long_time));
}

TEST_CASE("log_queue: line longer than the queue, is dropped", "[core][log_queue]") {
    pipe_pair pipe;
    log_queue queue(pipe.writer(), &notice);

    queue.push(std::string(log_queue::capacity, 'x'));
    CHECK(queue.dropped() == 1);
    queue.push("next");

    CHECK(pipe.read_line() == "next");
    CHECK(pipe.read_line() == "dropped 1");
}

TEST_CASE("log_queue: disk is full, lines are counted and later reported", "[core][log_queue]") {
    const int output = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(output >= 0);
    pipe_pair pipe;
    log_queue queue(output, &notice);

    queue.push("one");
    queue.push("two");
    CHECK(queue.flush(long_time));
    CHECK(queue.dropped() == 2);
    ::dup2(pipe.writer(), output);
    queue.push("three");

    CHECK(pipe.read_line() == "three");
    CHECK(pipe.read_line() == "dropped 2");
    CHECK(queue.flush(long_time));
    ::close(output);
}

TEST_CASE("log_queue: reader is gone, no signal and no spinning", "[core][log_queue]") {
    pipe_pair gone;
    pipe_pair back;
    log_queue queue(gone.writer(), &notice);
    gone.close_reader();

    queue.push("one"); // SIGPIPE would end this process
    CHECK(queue.flush(long_time));
    CHECK(queue.dropped() == 1);
    ::dup2(back.writer(), gone.writer());
    queue.push("two");

    CHECK(back.read_line() == "two");
    CHECK(back.read_line() == "dropped 1");
    CHECK(queue.flush(long_time));
}

TEST_CASE("log_queue: descriptor is closed, lines are counted", "[core][log_queue]") {
    pipe_pair pipe;
    log_queue queue(pipe.writer(), &notice);
    pipe.close_writer();

    queue.push("one");
    queue.push("two");

    CHECK(queue.flush(long_time));
    CHECK(queue.dropped() == 2);
}

TEST_CASE("log_queue: output fails inside a line, the next begins its own", "[core][log_queue]") {
    pipe_pair gone;
    pipe_pair back;
    log_queue queue(gone.writer(), &notice);
    const std::string longer_than_a_pipe(200'000, 'x');

    queue.push(longer_than_a_pipe);
    std::string start(1'000, '\0');
    REQUIRE(::read(gone.reader(), start.data(), start.size()) == 1'000);
    gone.close_reader();
    CHECK(queue.flush(long_time));
    CHECK(queue.dropped() == 1);
    ::dup2(back.writer(), gone.writer());
    queue.push("two");

    CHECK(back.read_line().empty()); // ends the line that was cut
    CHECK(back.read_line() == "two");
    CHECK(back.read_line() == "dropped 1");
    CHECK(queue.flush(long_time));
}

} // namespace
