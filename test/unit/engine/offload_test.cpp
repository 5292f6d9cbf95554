// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/engine.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/offload.hpp>

#include "support/catch.hpp"
#include "support/engines.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

using namespace std::chrono_literals;

namespace eddy {
namespace {

constexpr auto patience = 30s; // only a failure takes it

/// Two threads meet here, at one point of a job each.
struct meeting {
    std::promise<void> begun;
    std::promise<void> may_end;
    std::promise<std::thread::id> dropped;
};

/// Tells on which thread it is destroyed.
class drop_teller {
public:
    explicit drop_teller(meeting& at) noexcept : at_(&at) {}
    drop_teller(const drop_teller&) = delete;
    drop_teller& operator=(const drop_teller&) = delete;
    ~drop_teller() { at_->dropped.set_value(std::this_thread::get_id()); }

private:
    meeting* at_;
};

TEST_CASE("engine: a job that ends after its loop is gone, is dropped where it ran") {
    const std::string name = GENERATE(from_range(test::real_engines()));
    INFO("engine " << name);
    meeting point;
    bool went_on = false;
    const auto child = [&]() -> task<> {
        auto call = offload([teller = std::make_unique<drop_teller>(point), &point] {
            point.begun.set_value();
            point.may_end.get_future().wait();
        });
        co_await call;
        went_on = true;
    };
    {
        loop here(make_engine(name));
        const auto body = [](meeting& at) -> task<> {
            at.begun.get_future().wait(); // on the loop, which has nothing else to do
            co_return;
        };
        spawn_on(here, child());
        here.run(body(point));
    }
    auto dropped = point.dropped.get_future();
    CHECK(dropped.wait_for(0s) == std::future_status::timeout); // the job still runs

    point.may_end.set_value();

    REQUIRE(dropped.wait_for(patience) == std::future_status::ready);
    CHECK(dropped.get() != std::this_thread::get_id());
    CHECK_FALSE(went_on);
}

TEST_CASE("engine: what a dropped function posts in turn, is dropped with it") {
    const std::string name = GENERATE(from_range(test::real_engines()));
    INFO("engine " << name);
    struct poster {
        explicit poster(loop& where, int& count) noexcept : to(&where), dropped(&count) {}
        poster(poster&& other) noexcept
            : to(std::exchange(other.to, nullptr)), dropped(other.dropped) {}
        poster& operator=(poster&&) = delete;
        ~poster() {
            if (to && ++*dropped < 3) {
                to->post([next = poster(*to, *dropped)] {});
            }
        }
        loop* to;
        int* dropped;
    };
    int dropped = 0;
    {
        loop here(make_engine(name));
        here.post([first = poster(here, dropped)] {});
    }
    CHECK(dropped == 3);
}

} // namespace
} // namespace eddy
