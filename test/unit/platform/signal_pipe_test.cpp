// SPDX-License-Identifier: BSL-1.0
#include "platform/signal_pipe.hpp"

#include "support/catch.hpp"

#include <csignal>
#include <memory>
#include <string>
#include <vector>

namespace eddy::platform {
namespace {

/// The signals that a pipe has told so far.
std::vector<int> heard_by(const unique_fd& end) {
    std::vector<int> numbers;
    unsigned char byte = 0;
    while (::read(end.get(), &byte, 1) == 1) {
        numbers.push_back(byte);
    }
    return numbers;
}

volatile std::sig_atomic_t told_application = 0;

TEST_CASE("signal_pipe: each signal is one byte, in order") {
    signal_pipe pipe;
    const unique_fd end = pipe.take_read_end();
    ::raise(SIGTERM);
    ::raise(SIGINT);
    CHECK(heard_by(end) == std::vector<int>{SIGTERM, SIGINT});
}

TEST_CASE("signal_pipe: every pipe hears every signal") {
    signal_pipe first;
    signal_pipe second;
    const unique_fd one = first.take_read_end();
    const unique_fd other = second.take_read_end();
    ::raise(SIGINT);
    CHECK(heard_by(one) == std::vector<int>{SIGINT});
    CHECK(heard_by(other) == std::vector<int>{SIGINT});
}

TEST_CASE("signal_pipe: the application's own handler is back afterwards") {
    told_application = 0;
    struct sigaction own{};
    own.sa_handler = [](int number) { told_application = number; };
    struct sigaction before{};
    REQUIRE(::sigaction(SIGTERM, &own, &before) == 0);
    {
        const signal_pipe pipe;
        ::raise(SIGTERM);
        CHECK(told_application == 0);
    }
    ::raise(SIGTERM);
    CHECK(told_application == SIGTERM);

    struct sigaction now{};
    ::sigaction(SIGTERM, &before, &now);
    CHECK(now.sa_handler == own.sa_handler);
}

TEST_CASE("signal_pipe: a full pipe loses what it has told often enough, and nothing blocks") {
    signal_pipe pipe;
    const unique_fd end = pipe.take_read_end();
    for (int i = 0; i < 100'000; ++i) {
        ::raise(SIGTERM);
    }
    CHECK(heard_by(end).size() >= 4096);
}

TEST_CASE("signal_pipe: too many at once are refused, and their places are used again") {
    std::vector<std::unique_ptr<signal_pipe>> all;
    const auto fill = [&all] {
        for (int i = 0; i < 64; ++i) {
            all.push_back(std::make_unique<signal_pipe>());
        }
    };
    CHECK_THROWS_AS(fill(), std::system_error);
    const std::size_t places = all.size();
    CHECK(places >= 8);
    all.clear();
    CHECK_THROWS_AS(fill(), std::system_error);
    CHECK(all.size() == places);
}

} // namespace
} // namespace eddy::platform
