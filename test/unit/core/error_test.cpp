// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>

#include "support/catch.hpp"

#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <set>
#include <string>
#include <system_error>

namespace {

using eddy::errc;
using eddy::error_code;

constexpr auto every_code = std::to_array<errc>({
    errc::end_of_stream,
    errc::reset,
    errc::timed_out,
    errc::cancelled,
    errc::draining,
    errc::closed,
    errc::truncated,
    errc::too_long,
    errc::would_block,
    errc::no_such_host,
    errc::not_supported,
    errc::malformed,
});

TEST_CASE("errc: every code, has a message of its own", "[core][error]") {
    std::set<std::string> messages;

    for (const errc code : every_code) {
        const error_code made = code;
        CHECK(made);
        CHECK(made.category().name() == std::string("eddy"));
        messages.insert(made.message());
    }

    CHECK(messages.size() == every_code.size());
    CHECK(messages.count("unknown error") == 0);
}

TEST_CASE("errc: a number without a code, is an unknown error", "[core][error]") {
    CHECK(error_code(4711, eddy::error_category()).message() == "unknown error");
    CHECK(error_code(0, eddy::error_category()).message() == "unknown error");
    CHECK_FALSE(error_code(0, eddy::error_category()));
}

TEST_CASE("errc: code with a portable meaning, equals that condition", "[core][error]") {
    struct row {
        errc code;
        std::errc condition;
    };

    const auto& [code, condition] = GENERATE(
        row{errc::reset, std::errc::connection_reset},
        row{errc::timed_out, std::errc::timed_out},
        row{errc::cancelled, std::errc::operation_canceled},
        row{errc::too_long, std::errc::message_size},
        row{errc::would_block, std::errc::operation_would_block},
        row{errc::would_block, std::errc::resource_unavailable_try_again},
        row{errc::not_supported, std::errc::not_supported},
        row{errc::malformed, std::errc::bad_message}
    );
    const error_code made = code;

    CHECK(made == condition);
    CHECK(made == error_code(code));
}

TEST_CASE("errc: a code, means the same to Boost.System and back", "[core][error]") {
    const error_code made = errc::timed_out;

    const boost::system::error_code converted = made;
    CHECK(converted == boost::system::errc::timed_out);
    CHECK(error_code(converted) == errc::timed_out);

    const error_code refused =
        boost::system::errc::make_error_code(boost::system::errc::connection_refused);
    CHECK(refused == std::errc::connection_refused);
}

TEST_CASE("errc: code of Eddy's own, equals no condition", "[core][error]") {
    const errc code = GENERATE(
        errc::end_of_stream, errc::draining, errc::closed, errc::truncated, errc::no_such_host
    );

    CHECK(error_code(code).default_error_condition().category() == eddy::error_category());
}

TEST_CASE("error: thrown, carries text and code", "[core][error]") {
    try {
        throw eddy::error(errc::not_supported, "engine \"x\": unknown; use \"asio\"");
    } catch (const std::runtime_error& caught) {
        CHECK(std::string(caught.what()) == "engine \"x\": unknown; use \"asio\"");
        CHECK(dynamic_cast<const eddy::error&>(caught).code() == errc::not_supported);
    }
}

TEST_CASE("cancelled: thrown, is an exception with a text", "[core][error]") {
    CHECK_THROWS_WITH(throw eddy::cancelled(), "the task was stopped");
}

} // namespace
