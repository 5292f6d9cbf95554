// SPDX-License-Identifier: BSL-1.0
#include <eddy/asio.hpp>
#include <eddy/core/sleep.hpp>

#include "support/catch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using eddy::errc;
using eddy::task;
using eddy::use_task;

/// Ends a task that waits, from outside of it.
class stopped_task {
public:
    explicit stopped_task(task<> work) { inner_.spawn(std::move(work)); }

    task<> stop() {
        inner_.request_stop();
        co_await inner_.join();
    }
    void destroy() { inner_.destroy_all(); }

private:
    eddy::scope inner_;
};

asio::steady_timer timer_of(std::chrono::nanoseconds after) {
    return asio::steady_timer(eddy::context_of(eddy::loop::current()), after);
}

TEST_CASE("use_task: a timer, ends the wait on the loop", "[interop][use_task]") {
    eddy::loop loop;

    loop.run([](eddy::loop& own) -> task<> {
        auto timer = timer_of(1ms);
        const eddy::result<void> waited = co_await timer.async_wait(use_task);
        CHECK(waited);
        CHECK(own.is_current());
    }(loop));
}

/// [lookup]
task<std::size_t> count_addresses(std::string host) {
    asio::ip::tcp::resolver resolver(eddy::context_of(eddy::loop::current()));
    const auto found = co_await resolver.async_resolve(host, "7007", eddy::use_task);
    co_return found ? found->size() : 0; // found.error() tells why there is none
}
/// [lookup]

TEST_CASE("use_task: a lookup, gives its value", "[interop][use_task]") {
    eddy::loop loop;

    CHECK(loop.run(count_addresses("127.0.0.1")) == 1);
}

TEST_CASE("use_task: the end of a stream, reads as Eddy's", "[interop][use_task]") {
    eddy::loop loop;

    loop.run([]() -> task<> {
        auto& context = eddy::context_of(eddy::loop::current());
        asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
        asio::ip::tcp::socket client(context);
        const auto connected = co_await client.async_connect(acceptor.local_endpoint(), use_task);
        REQUIRE(connected);
        auto served = co_await acceptor.async_accept(use_task);
        REQUIRE(served);

        served->close();
        std::array<char, 8> buffer{};
        const auto got = co_await client.async_read_some(asio::buffer(buffer), use_task);
        CHECK(got.error() == errc::end_of_stream);
    }());
}

TEST_CASE("use_task: a stop, cancels the operation", "[interop][use_task]") {
    eddy::loop loop;

    loop.run([]() -> task<> {
        eddy::error_code seen;
        auto wait = [](eddy::error_code& end) -> task<> {
            auto timer = timer_of(1h);
            const auto waited = co_await timer.async_wait(use_task);
            end = waited.error();
        };
        stopped_task waiting(wait(seen));
        co_await waiting.stop();
        CHECK(seen == errc::cancelled);
    }());
}

TEST_CASE("use_task: a timer's own cancel, is no stop", "[interop][use_task]") {
    eddy::loop loop;

    loop.run([]() -> task<> {
        auto timer = timer_of(1h);
        eddy::scope other;
        auto cancel = [](asio::steady_timer& cancelled) -> task<> {
            cancelled.cancel();
            co_return;
        };
        eddy::loop::current().post([&] { other.spawn(cancel(timer)); });
        const auto waited = co_await timer.async_wait(use_task);
        CHECK(waited.error() == std::errc::operation_canceled);
        CHECK(waited.error() != errc::cancelled);
        co_await other.join();
    }());
}

TEST_CASE(
    "use_task: a task that is destroyed while it waits, is not resumed", "[interop][use_task]"
) {
    eddy::loop loop;

    loop.run([]() -> task<> {
        bool went_on = false;
        auto wait = [](asio::steady_timer& timer, bool& after) -> task<> {
            const auto waited = co_await timer.async_wait(use_task);
            static_cast<void>(waited);
            after = true;
        };
        auto timer = timer_of(1h);
        stopped_task waiting(wait(timer, went_on));
        waiting.destroy();

        // Its handler runs before this one.
        const auto posted = timer_of(0ns);
        auto last = timer_of(0ns);
        const auto waited = co_await last.async_wait(use_task);
        CHECK(waited);
        CHECK_FALSE(went_on);
    }());
}

TEST_CASE("use_task: an operation on another thread, ends on the loop", "[interop][use_task]") {
    eddy::loop loop;
    asio::thread_pool pool(1);

    loop.run([](eddy::loop& own, asio::thread_pool& other) -> task<> {
        co_await asio::post(other, use_task);
        CHECK(own.is_current());
    }(loop, pool));
    pool.join();
}

TEST_CASE(
    "use_task: an exception of asio::awaitable, is thrown into the task", "[interop][use_task]"
) {
    eddy::loop loop;

    loop.run([]() -> task<> {
        auto& context = eddy::context_of(eddy::loop::current());
        auto half = [](int value) -> asio::awaitable<int> {
            if (value % 2 != 0) {
                throw std::domain_error("odd");
            }
            co_return value / 2;
        };
        const int three = co_await asio::co_spawn(context, half(6), use_task);
        CHECK(three == 3);

        bool caught = false;
        try {
            const int never = co_await asio::co_spawn(context, half(7), use_task);
            CHECK(never == 0);
        } catch (const std::domain_error&) {
            caught = true;
        }
        CHECK(caught);
    }());
}

task<std::string> greet(std::string name) {
    co_await eddy::sleep(1ms);
    co_return "hello " + name;
}

/// [greet]
asio::awaitable<void> greet_from_asio(eddy::loop& where, std::string& outcome) {
    outcome = co_await eddy::as_awaitable(where, greet("Asio"));
    // … on the executor of this coroutine, as before
}
/// [greet]

TEST_CASE("as_awaitable: a task, gives its value to asio::awaitable", "[interop][as_awaitable]") {
    asio::io_context context;
    const auto loop = eddy::make_loop(context);
    std::string outcome;

    asio::co_spawn(context, greet_from_asio(*loop, outcome), asio::detached);
    context.run();

    CHECK(outcome == "hello Asio");
}

TEST_CASE(
    "as_awaitable: a task that throws, throws into asio::awaitable", "[interop][as_awaitable]"
) {
    asio::io_context context;
    const auto loop = eddy::make_loop(context);
    std::string outcome;

    auto fail = []() -> task<> {
        co_await eddy::sleep(0ms);
        throw std::domain_error("no");
    };
    auto ask = [&]() -> asio::awaitable<void> {
        try {
            co_await eddy::as_awaitable(*loop, fail());
        } catch (const std::domain_error& failure) {
            outcome = failure.what();
        }
    };
    asio::co_spawn(context, ask(), asio::detached);
    context.run();

    CHECK(outcome == "no");
}

TEST_CASE("as_awaitable: a cancellation, stops the task", "[interop][as_awaitable]") {
    asio::io_context context;
    const auto loop = eddy::make_loop(context);
    bool task_stopped = false;
    std::exception_ptr end;

    auto wait = [&]() -> task<> {
        try {
            co_await eddy::sleep(1h);
        } catch (const eddy::cancelled&) {
            task_stopped = true;
            throw;
        }
    };
    auto ask = [&]() -> asio::awaitable<void> { co_await eddy::as_awaitable(*loop, wait()); };
    asio::cancellation_signal signal;
    asio::co_spawn(
        context,
        ask(),
        asio::bind_cancellation_slot(
            signal.slot(), [&](std::exception_ptr failure) { end = failure; }
        )
    );
    loop->post([&] { asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); }); }
    );
    context.run();

    CHECK(task_stopped);
    REQUIRE(end);
    CHECK_THROWS_AS(std::rethrow_exception(end), boost::system::system_error);
}

TEST_CASE("as_awaitable: from another thread, goes on there", "[interop][as_awaitable]") {
    eddy::loop loop;
    std::thread runner([&] { loop.run(); });
    asio::io_context context;
    int outcome = 0;
    bool is_here = false;

    auto work = [](eddy::loop& own) -> task<int> {
        CHECK(own.is_current());
        co_return 42;
    };
    auto ask = [&]() -> asio::awaitable<void> {
        outcome = co_await eddy::as_awaitable(loop, work(loop));
        is_here = context.get_executor().running_in_this_thread();
    };
    asio::co_spawn(context, ask(), asio::detached);
    context.run();
    loop.stop();
    runner.join();

    CHECK(outcome == 42);
    CHECK(is_here);
}

} // namespace
