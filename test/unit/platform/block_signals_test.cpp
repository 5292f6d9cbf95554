// SPDX-License-Identifier: BSL-1.0
#include "platform/block_signals.hpp"

#include "platform/start_thread.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <vector>

namespace eddy::platform {
namespace {

const std::vector<int> faults{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};

/// Which signals the calling thread has blocked, in order.
std::vector<int> blocked() {
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    std::vector<int> found;
    for (int signal = 1; signal < NSIG; ++signal) {
        if (::sigismember(&mask, signal) == 1) {
            found.push_back(signal);
        }
    }
    return found;
}

bool contains(const std::vector<int>& signals, int signal) {
    return std::find(signals.begin(), signals.end(), signal) != signals.end();
}

TEST_CASE("block_signals: signals of the process, blocked until its end", "[platform]") {
    const auto before = blocked();
    {
        const block_signals guard;

        const auto now = blocked();
        for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD, SIGALRM}) {
            CAPTURE(signal);
            CHECK(contains(now, signal));
        }
    }

    CHECK(blocked() == before);
}

TEST_CASE("block_signals: faults of the thread itself, are not blocked", "[platform]") {
    const block_signals guard;

    const auto now = blocked();

    for (const int fault : faults) {
        CAPTURE(fault);
        CHECK_FALSE(contains(now, fault));
    }
}

TEST_CASE("block_signals: a fault that was blocked already, stays so", "[platform]") {
    sigset_t trap;
    sigset_t before;
    ::sigemptyset(&trap);
    ::sigaddset(&trap, SIGTRAP);
    ::pthread_sigmask(SIG_BLOCK, &trap, &before);
    {
        const block_signals guard;

        CHECK(contains(blocked(), SIGTRAP));
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("start_thread: the thread, can be told of its faults alone", "[platform]") {
    std::vector<int> in_thread;

    start_thread("test", [&] { in_thread = blocked(); }).join();

    CHECK(contains(in_thread, SIGTERM));
    CHECK(contains(in_thread, SIGPIPE));
    for (const int fault : faults) {
        CAPTURE(fault);
        CHECK_FALSE(contains(in_thread, fault));
    }
}

} // namespace
} // namespace eddy::platform
