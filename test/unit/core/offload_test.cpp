// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/offload.hpp>
#include <eddy/core/sleep.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

namespace eddy {
namespace {

TEST_CASE("offload: function returns, gives its result", "[core][offload]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        int calls = 0;
        const std::string result = co_await offload([&calls] {
            ++calls;
            return std::string("done");
        });
        CHECK(result == "done");
        co_await offload([&calls] { ++calls; });
        CHECK(calls == 2);
        const auto box = co_await offload([] { return std::make_unique<int>(3); });
        CHECK(*box == 3);
    };

    loop->run(body());
}

TEST_CASE("offload: function that owns something, is destroyed once", "[core][offload]") {
    test::manual_loop loop;
    const auto owned = std::make_shared<int>(5);
    const auto body = [&]() -> task<> {
        auto call = offload([kept = owned, text = std::string(100, 'x')] { return *kept; });
        const int result = co_await call;
        CHECK(result == 5);
    };

    loop->run(body());

    CHECK(owned.use_count() == 1);
}

TEST_CASE("offload: function throws, the exception leaves the co_await", "[core][offload]") {
    test::manual_loop loop;
    const auto body = []() -> task<> {
        co_await offload([] { throw std::runtime_error("blocked"); });
    };

    CHECK_THROWS_WITH(loop->run(body()), "blocked");
}

TEST_CASE("offload: engine has no thread, the exception leaves the co_await", "[core][offload]") {
    test::manual_loop loop;
    loop.engine().refuse_offload();
    const auto body = []() -> task<> { co_await offload([] {}); };

    CHECK_THROWS_AS(loop->run(body()), std::system_error);
}

TEST_CASE("offload: task stopped before, throws cancelled and does not call", "[core][offload]") {
    test::manual_loop loop;
    bool is_called = false;
    bool is_cancelled = false;
    const auto child = [&]() -> task<> {
        try {
            co_await offload([&] { is_called = true; });
        } catch (const cancelled&) {
            is_cancelled = true;
        }
    };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.request_stop();
        tasks.spawn(child());
        CHECK(loop.engine().jobs() == 0);
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(is_cancelled);
    CHECK_FALSE(is_called);
}

TEST_CASE("offload: task stopped while it waits, throws cancelled at once", "[core][offload]") {
    test::manual_loop loop;
    bool is_called = false;
    bool is_cancelled = false;
    const auto child = [&]() -> task<> {
        try {
            co_await offload([&] { is_called = true; });
        } catch (const cancelled&) {
            is_cancelled = true;
        }
    };
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(child());
        CHECK(loop.engine().jobs() == 1);
        tasks.request_stop();
        co_await tasks.join();
        CHECK(is_cancelled);
        CHECK(loop.engine().jobs() == 1); // it has not waited for the job
        co_await sleep(duration(1));
    };

    loop->run(body());

    CHECK_FALSE(is_called);
}

TEST_CASE("offload: waiting task destroyed, the job ends without it", "[core][offload]") {
    test::manual_loop loop;
    const auto owned = std::make_shared<int>(1);
    const auto child = [&]() -> task<> {
        auto call = offload([kept = owned] { return *kept; });
        co_await call;
    };
    const auto body = [&]() -> task<> {
        {
            scope tasks;
            tasks.spawn(child());
        }
        CHECK(owned.use_count() == 2);
        co_await sleep(duration(1));
        CHECK(owned.use_count() == 1);
    };

    loop->run(body());
}

TEST_CASE("offload: stopped by the function itself, its result is dropped", "[core][offload]") {
    test::manual_loop loop;
    std::string ended;
    scope tasks;
    const auto child = [&]() -> task<> {
        try {
            co_await offload([&] { tasks.request_stop(); }
            ); // this engine calls on the loop's thread
            ended = "result";
        } catch (const cancelled&) {
            ended = "cancelled";
        }
    };
    const auto body = [&]() -> task<> {
        tasks.spawn(child());
        co_await tasks.join();
    };

    loop->run(body());

    CHECK(ended == "cancelled");
}

TEST_CASE("offload: loop destroyed with a job, neither is touched again", "[core][offload]") {
    const auto owned = std::make_shared<int>(1);
    const auto child = [&]() -> task<> {
        auto call = offload([kept = owned] { return *kept; });
        co_await call;
    };
    {
        test::manual_loop loop;
        const auto body = [&]() -> task<> {
            loop->tasks().spawn(child());
            co_return;
        };
        loop->stop(); // after the first turn, before the job is done
        loop->run(body());
        CHECK(loop.engine().jobs() == 1);
    }

    CHECK(owned.use_count() == 1);
}

} // namespace
} // namespace eddy
