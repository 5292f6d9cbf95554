// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/await_trace.hpp>
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <string>
#include <vector>

namespace eddy {
namespace {

/// Gives the context of the task that awaits it.
class context_probe {
public:
    context_probe() noexcept = default;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> asking) noexcept {
        context_ = asking.promise().context;
        return false;
    }
    const detail::task_context* await_resume() const noexcept { return context_; }

private:
    const detail::task_context* context_ = nullptr;
};

using lines = std::vector<unsigned>;

lines lines_of(const detail::task_context& task) {
    lines found;
    for (const auto& location : detail::await_trace(task)) {
        CHECK(std::string(location.file_name()).find("await_trace_test.cpp") != std::string::npos);
        found.push_back(location.line());
    }
    return found;
}

struct observed {
    const detail::task_context* context = nullptr;
    lines expected;
    event go;
};

task<> leaf(observed& seen) {
    seen.expected.push_back(__LINE__ + 1);
    co_await seen.go.wait();
    const auto last = static_cast<unsigned>(__LINE__ + 1);
    co_await yield();
    seen.expected.back() = last;
}

task<int> middle(observed& seen) {
    seen.expected.push_back(__LINE__ + 1);
    co_await leaf(seen);
    co_return 1;
}

task<> root(observed& seen) {
    seen.context = co_await context_probe();
    seen.expected = {__LINE__ + 1};
    const int sum = 1 + co_await middle(seen);
    CHECK(sum == 2);
    seen.expected = {__LINE__ + 1};
    co_await sleep_until(time_point::max());
}

TEST_CASE(
    "await_trace: nested tasks wait, names the line of each co_await", "[core][await_trace]"
) {
    test::manual_loop loop;
    observed seen;
    const auto body = [&]() -> task<> {
        scope tasks;
        tasks.spawn(root(seen));
        CHECK(lines_of(*seen.context) == seen.expected);
        CHECK(seen.expected.size() == 3);

        seen.go.set();
        co_await yield();
        co_await yield();
        CHECK(lines_of(*seen.context) == seen.expected);
        CHECK(seen.expected.size() == 1);
    };

    loop->run(body());
}

} // namespace
} // namespace eddy
