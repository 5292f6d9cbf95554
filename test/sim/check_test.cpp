// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/sleep.hpp>
#include <eddy/sim/catch.hpp>
#include <eddy/sim/check.hpp>

#include "sim/raw_operations.hpp"
#include "sim/schedule.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::task;
namespace sim = eddy::sim;

std::string text_of_failure(const std::function<void()>& failing) {
    try {
        failing();
    } catch (const std::exception& thrown) {
        return thrown.what();
    }
    return "";
}

/// Sets a variable of the environment for the time of a test.
class variable {
public:
    variable(const char* name, const std::string& value) : name_(name) {
        ::setenv(name, value.c_str(), 1);
    }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;
    ~variable() { ::unsetenv(name_); }

private:
    const char* name_;
};

sim::check_options hostile(std::uint64_t seeds) {
    sim::check_options options;
    options.world.profile = sim::profile::hostile();
    options.seeds = seeds;
    return options;
}

/// An echo whose client expects the whole answer in one read, as beginners do.
void naive_echo(sim::world& world) {
    auto& server = world.add_host("server");
    auto& client = world.add_host("client");
    auto serve = []() -> task<> {
        const auto listener = raw::listen("tcp://0.0.0.0:7");
        const auto accepted = co_await raw::accept(*listener);
        const auto text = co_await raw::read_exactly(*accepted.stream, 11);
        co_await raw::write(*accepted.stream, text);
        co_await raw::read(*accepted.stream);
    };
    auto talk = [](eddy::address to) -> task<> {
        const auto connected = co_await raw::connect(to);
        co_await raw::write(*connected.stream, "hello world");
        const auto heard = co_await raw::read(*connected.stream);
        sim::expect(heard.text == "hello world", "the answer comes back");
    };
    server.spawn(serve());
    client.spawn(talk(server.ipv4().with_port(7)));
    world.run();
}

TEST_CASE("check: a scenario that holds, every seed runs", "[sim][check]") {
    const auto report = sim::check("sleeps", hostile(20), [](sim::world& world) {
        auto nap = []() -> task<> { co_await eddy::sleep(1s); };
        world.add_host("host").spawn(nap());
        world.run();
    });

    CHECK(report.runs == 20);
    CHECK(report.simulated >= 20s);
}

TEST_CASE(
    "check: a planted bug, reported with seed, small schedule and replay command", "[sim][check]"
) {
    const auto text = text_of_failure([] { sim::check("naive echo", hostile(100), naive_echo); });

    INFO(text);
    CHECK(text.find("naive echo: seed ") == 0);
    CHECK(text.find("the answer comes back") != text.npos);
    CHECK(text.find("with 1 of ") != text.npos); // one short segment or read is enough
    CHECK(text.find("replay: EDDY_SIM_CHECK='naive echo' EDDY_SIM_SEED=") != text.npos);
    CHECK(text.find("small:  EDDY_SIM_CHECK='naive echo' EDDY_SIM_SEED=") != text.npos);
}

TEST_CASE(
    "check: the small schedule replayed from the environment, fails the same way", "[sim][check]"
) {
    const auto text = text_of_failure([] { sim::check("naive echo", hostile(100), naive_echo); });
    const auto value_of = [&](const std::string& name) {
        const auto begin = text.rfind(name + '=') + name.size() + 1;
        return text.substr(begin, text.find(' ', begin) - begin);
    };
    const variable seed("EDDY_SIM_SEED", value_of("EDDY_SIM_SEED"));
    const variable keep("EDDY_SIM_KEEP", value_of("EDDY_SIM_KEEP"));

    const auto again = text_of_failure([] { sim::check("naive echo", hostile(100), naive_echo); });

    CHECK(again.find("the answer comes back") != again.npos);
}

TEST_CASE("check: a scenario that depends on more than its seed, found out", "[sim][check]") {
    int runs = 0;

    const auto text = text_of_failure([&] {
        sim::check("impure", hostile(10), [&](sim::world& world) {
            world.note(std::to_string(++runs));
        });
    });

    CHECK(text.find("depends on more than its seed") != text.npos);
}

TEST_CASE("check: another check chosen by the environment, returns at once", "[sim][check]") {
    const variable other("EDDY_SIM_CHECK", "another");

    const auto report = sim::check("this one", hostile(10), naive_echo);

    CHECK(report.runs == 0);
}

TEST_CASE("check: seeds chosen by the environment", "[sim][check]") {
    const variable range("EDDY_SIM_SEEDS", "1000+3");
    std::vector<std::uint64_t> seeds;

    sim::check("seeds", hostile(10), [&](sim::world& world) {
        seeds.push_back(world.options().seed);
    });

    CHECK(seeds == std::vector<std::uint64_t>{1000, 1000, 1001, 1002}); // the first one twice
}

TEST_CASE("check: seeds for a time, as many as fit", "[sim][check]") {
    auto options = hostile(1'000'000'000);
    options.first_seed = 7;
    options.time_box = 20ms;
    std::vector<std::uint64_t> seeds;

    const auto report = sim::check("boxed", options, [&](sim::world& world) {
        seeds.push_back(world.options().seed);
    });

    CHECK(report.runs > 1);
    CHECK(report.runs < 1'000'000);
    CHECK(report.processor >= 20ms);
    CHECK(seeds.front() == 7);
}

TEST_CASE("check: fresh seeds, others each time", "[sim][check]") {
    const variable range("EDDY_SIM_SEEDS", "fresh+1");
    std::set<std::uint64_t> seeds;

    for (int i = 0; i < 2; ++i) {
        sim::check("fresh", hostile(10), [&](sim::world& world) {
            seeds.insert(world.options().seed);
            world.run_for(1h);
        });
    }

    CHECK(seeds.size() == 2);
}

TEST_CASE("check: seeds that failed once, run first", "[sim][check]") {
    const std::string file = "regression_seeds.txt";
    std::ofstream(file) << "# a comment\n17 mine, once\n18 another's\n0x13 mine, once\n";
    auto options = hostile(1);
    options.regression_file = file;
    std::vector<std::uint64_t> seeds;

    sim::check("mine, once", options, [&](sim::world& world) {
        seeds.push_back(world.options().seed);
    });

    CHECK(seeds == std::vector<std::uint64_t>{17, 17, 0x13, 1}); // the first one twice
    std::remove(file.c_str());
    CHECK_THROWS_AS(sim::check("mine, once", options, naive_echo), sim::failure);
}

TEST_CASE("check: the name of a test case, found again by the replay command", "[sim][check]") {
    CHECK(sim::detail::as_catch_argument("it's here, [now]") == R"('it'\''s here\, \[now]')");
}

TEST_CASE("schedule: as text and back", "[sim][check]") {
    const sim::detail::schedule decisions{{sim::choice::loss, 0}, {sim::choice::segment, 17}};

    CHECK(sim::detail::to_string(decisions) == "loss:0,segment:17");
    CHECK(sim::detail::parse_schedule("segment:17,loss:0") == decisions);
    CHECK(sim::detail::parse_schedule("").empty());
    CHECK_THROWS_AS(sim::detail::parse_schedule("weather:3"), sim::failure);
    CHECK_THROWS_AS(sim::detail::parse_schedule("loss:"), sim::failure);
    CHECK_THROWS_AS(sim::detail::parse_schedule("loss"), sim::failure);
}

TEST_CASE("shrink: what matters is found among many", "[sim][check]") {
    sim::detail::schedule all;
    for (std::uint64_t i = 0; i < 200; ++i) {
        all.push_back({sim::choice::latency, i});
        all.push_back({sim::choice::loss, i});
    }
    const sim::decision one{sim::choice::loss, 40};
    const sim::decision two{sim::choice::loss, 161};
    const auto fails = [&](const sim::detail::schedule& kept) {
        return std::count(kept.begin(), kept.end(), one) == 1 &&
               std::count(kept.begin(), kept.end(), two) == 1;
    };

    CHECK(sim::detail::shrink(all, 1'000, fails) == sim::detail::schedule{one, two});
    CHECK(fails(sim::detail::shrink(all, 10, fails)));
}

} // namespace
