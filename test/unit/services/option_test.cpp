// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/option.hpp>

#include "support/catch.hpp"

#include <array>
#include <string>

using namespace std::chrono_literals;
using eddy::services::did_you_mean;
using eddy::services::option;
using eddy::services::option_error;
using eddy::services::option_value;
using eddy::services::to_toml;

namespace {

option truth() {
    return {.name = "log", .standard = true, .effect = "Logs."};
}

option number() {
    return {
        .name = "max", .standard = std::int64_t(255), .effect = "Size.", .lowest = 1, .highest = 300
    };
}

option word() {
    return {
        .name = "framing",
        .standard = std::string("read"),
        .effect = "Cuts.",
        .choices = {"read", "line"}
    };
}

option time() {
    return {
        .name = "linger",
        .standard = eddy::duration(2s),
        .effect = "Waits.",
        .lowest = 100,
        .highest = 60'000
    };
}

struct refusal_row {
    option (*make)();
    option_value given;
    std::string message;
};

std::string refusal_of(const option& described, const option_value& given) {
    try {
        static_cast<void>(described.checked(given));
    } catch (const option_error& fault) {
        return fault.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("option: value that fits, is given back", "[services][option]") {
    CHECK(truth().checked(false) == option_value(false));
    CHECK(number().checked(std::int64_t(300)) == option_value(std::int64_t(300)));
    CHECK(word().checked(std::string("line")) == option_value(std::string("line")));
    CHECK(time().checked(eddy::duration(3s)) == option_value(eddy::duration(3s)));
}

TEST_CASE("option: duration as text, is read with its unit", "[services][option]") {
    const auto& [text, expected] = GENERATE(
        std::pair<std::string, eddy::duration>{"100ms", 100ms},
        std::pair<std::string, eddy::duration>{"15s", 15s},
        std::pair<std::string, eddy::duration>{"1m", 1min}
    );

    CHECK(time().checked(text) == option_value(expected));
}

TEST_CASE("option: value that does not fit, names option, cause and remedy", "[services][option]") {
    const std::string duration_form =
        "write a number with its unit, as in \"500ms\", \"15s\", \"2m\" or \"1h\"";
    const auto row = GENERATE_COPY(
        refusal_row{&truth, std::int64_t(1), "log: it is a whole number; write true or false"},
        refusal_row{&truth, std::string("on"), "log: it is a text; write true or false"},
        refusal_row{
            &number, std::int64_t(0), "max: 0 is out of range; write a whole number from 1 to 300"
        },
        refusal_row{
            &number,
            std::int64_t(301),
            "max: 301 is out of range; write a whole number from 1 to 300"
        },
        refusal_row{&number, true, "max: it is true or false; write a whole number from 1 to 300"},
        refusal_row{
            &word, std::string("lines"), "framing: there is no \"lines\"; did you mean \"line\"?"
        },
        refusal_row{
            &word, std::string("x"), "framing: there is no \"x\"; write \"read\" or \"line\""
        },
        refusal_row{&word, true, "framing: it is true or false; write \"read\" or \"line\""},
        refusal_row{&time, std::string("15"), "linger: \"15\" has no unit; write \"15s\""},
        refusal_row{
            &time, std::string("soon"), "linger: \"soon\" is not a duration; " + duration_form
        },
        refusal_row{&time, std::string(""), "linger: \"\" is not a duration; " + duration_form},
        refusal_row{
            &time, std::string("1.5s"), "linger: \"1.5s\" has an unknown unit; " + duration_form
        },
        refusal_row{
            &time, std::string("5 s"), "linger: \"5 s\" has an unknown unit; " + duration_form
        },
        refusal_row{
            &time,
            std::string("99999999999999999999s"),
            "linger: \"99999999999999999999s\" is too long; " + duration_form
        },
        refusal_row{
            &time,
            std::string("9000000000000h"),
            "linger: \"9000000000000h\" is too long; " + duration_form
        },
        refusal_row{&time, std::string("2m"), "linger: \"2m\" is too long; write at most \"1m\""},
        refusal_row{
            &time, std::string("99ms"), "linger: \"99ms\" is too short; write at least \"100ms\""
        },
        refusal_row{
            &time, std::string("-5s"), "linger: \"-5s\" is too short; write at least \"100ms\""
        },
        refusal_row{&time, std::int64_t(15), "linger: it is a whole number; " + duration_form}
    );

    CHECK(refusal_of(row.make(), row.given) == row.message);
}

TEST_CASE(
    "option: text of a command line, becomes a value of the option's type", "[services][option]"
) {
    CHECK(truth().parsed("false") == option_value(false));
    CHECK(number().parsed("12") == option_value(std::int64_t(12)));
    CHECK(word().parsed("line") == option_value(std::string("line")));
    CHECK(time().parsed("15s") == option_value(eddy::duration(15s)));
    CHECK_THROWS_WITH(
        number().parsed("12x"),
        "max: \"12x\" is not a whole number; write a whole number from 1 to 300"
    );
    CHECK_THROWS_WITH(truth().parsed("on"), "log: it is a text; write true or false");
}

TEST_CASE("option: value as TOML, escapes what TOML forbids", "[services][option]") {
    CHECK(to_toml(true) == "true");
    CHECK(to_toml(std::int64_t(-3)) == "-3");
    CHECK(to_toml(std::string("a\"b\\c\n\x01")) == R"("a\"b\\c\n\u0001")");
    CHECK(to_toml(eddy::duration(0s)) == "\"0s\"");
    CHECK(to_toml(eddy::duration(90s)) == "\"90s\"");
    CHECK(to_toml(eddy::duration(2h)) == "\"2h\"");
    CHECK(to_toml(eddy::duration(1500ms)) == "\"1500ms\"");
}

TEST_CASE("option: unknown word, suggests a near one or lists all", "[services][option]") {
    constexpr auto known = std::to_array<std::string_view>({"echo", "time", "discard"});

    CHECK(did_you_mean("ehco", known) == "did you mean \"echo\"?");
    CHECK(did_you_mean("gopher", known) == "write \"echo\", \"time\" or \"discard\"");
    CHECK(did_you_mean("x", {}) == "remove it");
}
