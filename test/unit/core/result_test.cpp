// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/result.hpp>

#include "support/catch.hpp"

#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace {

using eddy::errc;
using eddy::result;

result<std::string> give(bool good) {
    if (!good) {
        return errc::reset;
    }
    return std::string("text");
}

TEST_CASE("result: a value, is there and has no error", "[core][result]") {
    result<std::string> given = give(true);

    CHECK(given.has_value());
    CHECK(static_cast<bool>(given));
    CHECK_FALSE(given.error());
    CHECK(*given == "text");
    CHECK(given->size() == 4);
    CHECK(given.value() == "text");
    CHECK(std::as_const(given).value() == "text");
    CHECK(std::as_const(given)->size() == 4);
}

TEST_CASE("result: an error, is there and has no value", "[core][result]") {
    const result<std::string> given = give(false);

    CHECK_FALSE(given.has_value());
    CHECK_FALSE(static_cast<bool>(given));
    CHECK(given.error() == errc::reset);
}

TEST_CASE("result: value() of an error, throws its code", "[core][result]") {
    try {
        (void)give(false).value();
        FAIL("nothing was thrown");
    } catch (const std::system_error& caught) {
        CHECK(caught.code() == errc::reset);
    }
    CHECK_THROWS_AS(result<void>(errc::reset).value(), std::system_error);
}

TEST_CASE("result: a value that only moves, can be moved out", "[core][result]") {
    result<std::unique_ptr<int>> given(std::make_unique<int>(7));
    const std::unique_ptr<int> taken = *std::move(given);
    CHECK(*taken == 7);

    const auto again = result<std::unique_ptr<int>>(std::make_unique<int>(8)).value();
    CHECK(*again == 8);
}

TEST_CASE("result<void>: success and error, tell themselves apart", "[core][result]") {
    const result<void> success;
    const result<void> failure = errc::timed_out;

    CHECK(success.has_value());
    CHECK_NOTHROW(success.value());
    CHECK_FALSE(success.error());
    CHECK_FALSE(static_cast<bool>(failure));
    CHECK(failure.error() == errc::timed_out);
}

} // namespace
