// SPDX-License-Identifier: BSL-1.0
#include "server/accept_policy.hpp"

#include "support/catch.hpp"

#include <cerrno>
#include <vector>

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

using verdict = accept_policy::verdict;

error_code system_error(int code) {
    return {code, std::system_category()};
}

TEST_CASE("accept_policy: each error of accept, has its verdict", "[server][accept_policy]") {
    struct row {
        int code;
        verdict expected;
    };
    const auto [code, expected] = GENERATE(values<row>({
        {EINTR, verdict::retry},      {EAGAIN, verdict::retry},      {ECONNABORTED, verdict::retry},
        {EPROTO, verdict::retry},     {ENETDOWN, verdict::retry},    {ENOPROTOOPT, verdict::retry},
        {EHOSTDOWN, verdict::retry},  {ENONET, verdict::retry},      {EHOSTUNREACH, verdict::retry},
        {EOPNOTSUPP, verdict::retry}, {ENETUNREACH, verdict::retry}, {ETIMEDOUT, verdict::retry},
        {EPERM, verdict::retry},      {EACCES, verdict::retry},      {EMFILE, verdict::pause},
        {ENFILE, verdict::pause},     {ENOBUFS, verdict::pause},     {ENOMEM, verdict::pause},
        {ENOSPC, verdict::pause},     {EBADF, verdict::fail},        {EINVAL, verdict::fail},
        {ENOTSOCK, verdict::fail},    {EFAULT, verdict::fail},
    }));

    CAPTURE(code);
    CHECK(accept_policy().next(system_error(code)) == expected);
}

TEST_CASE("accept_policy: success and the end of a listener", "[server][accept_policy]") {
    CHECK(accept_policy().next({}) == verdict::serve);
    CHECK(accept_policy().next(errc::closed) == verdict::end);
}

TEST_CASE(
    "accept_policy: no descriptors again and again, pauses double up to a second",
    "[server][accept_policy]"
) {
    accept_policy policy;
    std::vector<duration> pauses;

    for (int i = 0; i != 7; ++i) {
        policy.next(system_error(EMFILE));
        pauses.push_back(policy.pause());
        CHECK(policy.is_new_episode() == (i == 0));
    }

    CHECK(pauses == std::vector<duration>{50ms, 100ms, 200ms, 400ms, 800ms, 1s, 1s});
}

TEST_CASE(
    "accept_policy: a connection between, the next episode begins with a short pause",
    "[server][accept_policy]"
) {
    accept_policy policy;
    policy.next(system_error(EMFILE));
    policy.next(system_error(EMFILE));

    policy.next({});
    policy.next(system_error(EMFILE));

    CHECK(policy.pause() == 50ms);
    CHECK(policy.is_new_episode());
}

TEST_CASE(
    "accept_policy: nothing but lost connections, pauses as for want of descriptors",
    "[server][accept_policy]"
) {
    accept_policy policy;
    const auto lose = [&](unsigned count) {
        for (unsigned i = 0; i != count; ++i) {
            REQUIRE(policy.next(system_error(EPERM)) == verdict::retry);
        }
    };

    lose(accept_policy::retries_max - 1);
    CHECK(policy.next({}) == verdict::serve);
    lose(accept_policy::retries_max);
    CHECK(policy.next(system_error(ECONNABORTED)) == verdict::pause);
    CHECK(policy.pause() == 50ms);
    CHECK(policy.is_new_episode());
    CHECK(policy.next(system_error(EPERM)) == verdict::pause);
    CHECK(policy.pause() == 100ms);

    CHECK(policy.next({}) == verdict::serve);
    lose(1);
}

TEST_CASE(
    "accept_policy: a lost connection between, the episode goes on", "[server][accept_policy]"
) {
    accept_policy policy;
    policy.next(system_error(EMFILE));

    policy.next(system_error(ECONNABORTED));
    policy.next(system_error(EMFILE));

    CHECK(policy.pause() == 100ms);
}

} // namespace
} // namespace eddy::detail
