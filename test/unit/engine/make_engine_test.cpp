// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/engine.hpp>
#include <eddy/core/error.hpp>

#include "support/catch.hpp"
#include "support/engines.hpp"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

namespace eddy {
namespace {

/// The environment variable has this value for the life of the object.
class environment {
public:
    explicit environment(const char* value) {
        if (const char* old = std::getenv(name)) {
            before_ = old;
        }
        ::setenv(name, value, 1);
    }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;
    ~environment() { before_ ? ::setenv(name, before_->c_str(), 1) : ::unsetenv(name); }

private:
    static constexpr const char* name = "EDDY_ENGINE";
    std::optional<std::string> before_;
};

TEST_CASE("make_engine: by name") {
    const std::string name = GENERATE(from_range(test::real_engines()));
    CHECK(make_engine(name)->name() == name);
}

TEST_CASE("make_engine: auto takes the best, or what the environment names") {
    {
        const environment unset("");
        CHECK(make_engine()->name() == (test::has_engine("uring") ? "uring" : "epoll"));
    }
    {
        const environment same("auto");
        CHECK(make_engine()->name() == (test::has_engine("uring") ? "uring" : "epoll"));
    }
    const environment set("asio");
    CHECK(make_engine()->name() == "asio");
    CHECK(make_engine("epoll")->name() == "epoll");
}

TEST_CASE("make_engine: an unknown name is refused with the choice") {
    CHECK_THROWS_WITH(
        make_engine("kqueue"), Catch::Contains("engine \"kqueue\"") && Catch::Contains("use auto")
    );
    const environment set("fast");
    CHECK_THROWS_WITH(make_engine(), Catch::Contains("EDDY_ENGINE=\"fast\""));
}

TEST_CASE("engine: random seeds, each another one", "[engine]") {
    const auto first = make_engine();
    const auto second = make_engine();

    const std::uint64_t seeds[] = {
        first->random_seed(), first->random_seed(), second->random_seed()
    };

    CHECK(seeds[0] != seeds[1]);
    CHECK(seeds[0] != seeds[2]);
    CHECK(seeds[1] != seeds[2]);
}

} // namespace
} // namespace eddy
