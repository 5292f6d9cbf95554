// SPDX-License-Identifier: BSL-1.0
#include "platform/sigpipe_guard.hpp"

#include "support/catch.hpp"

#include <csignal>

#if defined(__linux__)

namespace eddy::platform {
namespace {

bool is_blocked() {
    sigset_t now;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
    return ::sigismember(&now, SIGPIPE) == 1;
}

bool is_pending() {
    sigset_t now;
    ::sigpending(&now);
    return ::sigismember(&now, SIGPIPE) == 1;
}

TEST_CASE("sigpipe guard: raised under it, comes to nobody", "[platform]") {
    REQUIRE_FALSE(is_blocked());
    {
        sigpipe_guard guard;
        CHECK(is_blocked());
        ::raise(SIGPIPE); // which would end this process
        guard.raised();
        CHECK(is_pending());
    }
    CHECK_FALSE(is_blocked());
    CHECK_FALSE(is_pending());
}

TEST_CASE("sigpipe guard: blocked before, stays as it was", "[platform]") {
    sigpipe_guard outer;
    {
        sigpipe_guard inner;
        CHECK(is_blocked());
    }
    CHECK(is_blocked());
}

} // namespace
} // namespace eddy::platform

#endif
