// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/stop_token.hpp>

#include "support/catch.hpp"

#include <memory>
#include <vector>

namespace eddy {
namespace {

struct recorder : stop_callback {
    recorder(std::vector<int>& called, int number)
        : stop_callback([](stop_callback& self) noexcept { static_cast<recorder&>(self).on_stop(); }
          ),
          calls(&called), id(number) {}

    void on_stop() noexcept {
        calls->push_back(id);
        if (victim) {
            victim->unlink();
        }
    }

    std::vector<int>* calls;
    int id;
    recorder* victim = nullptr;
};

TEST_CASE("stop_token: default, is never stopped", "[core][stop_token]") {
    std::vector<int> calls;
    recorder callback(calls, 1);
    const stop_token token;

    token.subscribe(callback);

    CHECK_FALSE(token.stop_requested());
    CHECK_FALSE(callback.is_linked());
}

TEST_CASE("stop_source: stop requested, calls each callback once in order", "[core][stop_token]") {
    stop_source source;
    const stop_token token(source);
    std::vector<int> calls;
    recorder one(calls, 1);
    recorder two(calls, 2);
    token.subscribe(one);
    source.subscribe(two);

    source.request_stop();
    source.request_stop();

    CHECK(token.stop_requested());
    CHECK(calls == std::vector{1, 2});
}

TEST_CASE("stop_source: callback destroyed before, is not called", "[core][stop_token]") {
    stop_source source;
    std::vector<int> calls;
    auto gone = std::make_unique<recorder>(calls, 1);
    source.subscribe(*gone);

    gone.reset();
    source.request_stop();

    CHECK(calls.empty());
}

TEST_CASE(
    "stop_source: callback unlinks another or itself, the rest is called", "[core][stop_token]"
) {
    stop_source source;
    std::vector<int> calls;
    recorder one(calls, 1);
    recorder two(calls, 2);
    recorder three(calls, 3);
    for (auto* callback : {&one, &two, &three}) {
        source.subscribe(*callback);
    }

    SECTION("the next") {
        one.victim = &two;
        source.request_stop();
        CHECK(calls == std::vector{1, 3});
    }
    SECTION("itself") {
        one.victim = &one;
        source.request_stop();
        CHECK(calls == std::vector{1, 2, 3});
    }
}

TEST_CASE("stop_source: subscribed after the stop, is not called", "[core][stop_token]") {
    stop_source source;
    std::vector<int> calls;
    recorder late(calls, 1);

    source.request_stop();
    source.subscribe(late);
    source.request_stop();

    CHECK(calls.empty());
}

} // namespace
} // namespace eddy
