// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/core/loop_activity.hpp>
#include <eddy/core/sleep.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <atomic>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace eddy::detail {
namespace {

TEST_CASE("loop_activity: a new loop, rests", "[core][loop_activity]") {
    CHECK(loop_activity().look().step == 0);
}

TEST_CASE("loop_activity: steps, each with its own number", "[core][loop_activity]") {
    loop_activity tested;
    const char* name = "echo";

    const auto here = std::source_location::current();
    tested.begin({name, 3}, here);
    const auto first = tested.look();
    CHECK(first.step != 0);
    CHECK(first.owner.listener == name);
    CHECK(first.owner.session == 3);
    CHECK(first.where.line() == here.line());

    tested.begin({}, {});
    const auto second = tested.look();
    CHECK(second.step != 0);
    CHECK(second.step != first.step);
    CHECK(second.owner.listener == nullptr);
    CHECK(second.where.line() == 0);

    tested.rest();
    CHECK(tested.look().step == 0);
    tested.begin({}, {});
    CHECK(tested.look().step != second.step);
    CHECK(tested.look().step != 0);
}

TEST_CASE("loop_activity: restored, as it was", "[core][loop_activity]") {
    loop_activity tested;
    const auto resting = tested.save();
    tested.begin({"inner", 1}, {});
    tested.restore(resting);
    CHECK(tested.look().step == 0);

    tested.begin({"outer", 2}, {});
    const auto outer = tested.save();
    tested.begin({"inner", 1}, {});
    tested.restore(outer);
    CHECK(std::string(tested.look().owner.listener) == "outer");
    CHECK(tested.look().step != 0);
    const auto untouched = tested.look().step;
    tested.restore(tested.save());
    CHECK(tested.look().step == untouched);
}

TEST_CASE("loop_activity: read while it changes, never half of two steps", "[core][thread]") {
    loop_activity tested;
    std::atomic<bool> is_over{false};
    std::thread reader([&] {
        while (!is_over) {
            const auto seen = tested.look();
            if (seen.step != 0 && (seen.step != seen.owner.session)) {
                is_over = true;
            }
        }
        is_over = true;
    });
    // Steps are numbered from 1, so each can say which one it is.
    for (std::uint64_t step = 1; step != 200'000 && !is_over; ++step) {
        tested.begin({"any", step}, {});
    }
    CHECK_FALSE(is_over.exchange(true));
    reader.join();
}

TEST_CASE("loop_activity: a task, seen with where it waited and whose it is", "[core][loop]") {
    test::manual_loop loop;
    loop_activity::view first;
    loop_activity::view second;
    unsigned line = 0;
    auto body = [](auto& own, auto& one, auto& two, auto& waited_at) -> task<> {
        one = own.look();
        waited_at = std::source_location::current().line() + 1;
        co_await sleep(1s);
        two = own.look();
    };

    loop->run(body(loop->activity(), first, second, line));

    CHECK(first.step != 0);
    CHECK(second.step != 0);
    CHECK(second.step != first.step);
    CHECK(second.where.line() == line);
    CHECK(std::string(second.where.file_name()).find("loop_activity_test") != std::string::npos);
    CHECK(loop->activity().look().step == 0);
}

} // namespace
} // namespace eddy::detail
