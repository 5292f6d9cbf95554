// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/log.hpp>

#include "core/log_line.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

namespace log = eddy::log;
using namespace std::string_view_literals;

/// 2026-11-23T12:00:00.123Z, and a bit, which is cut off.
std::chrono::system_clock::time_point noon() {
    using namespace std::chrono;
    return sys_days(year(2026) / 11 / 23) + 12h + 123ms + 999us;
}

std::string text(std::string_view message, log::fields values = {}) {
    return log::make_line(log::format::text, noon(), log::level::info, message, values);
}

std::string json(std::string_view message, log::fields values = {}) {
    return log::make_line(log::format::json, noon(), log::level::info, message, values);
}

/// Catches the log of its life, and puts everything back.
class caught_log {
public:
    caught_log() { log::set_sink(&catch_line, this); }

    caught_log(const caught_log&) = delete;
    caught_log& operator=(const caught_log&) = delete;

    ~caught_log() {
        log::set_sink(nullptr, nullptr);
        log::set_level(log::level::info);
        log::set_format(log::format::text);
    }

    struct line {
        log::level severity;
        std::string text;
    };

    std::vector<line> lines;

private:
    static void catch_line(log::level severity, std::string_view text, void* context) {
        static_cast<caught_log*>(context)->lines.push_back({severity, std::string(text)});
    }
};

TEST_CASE("log: text line, has time, level, message and fields", "[core][log]") {
    CHECK(text("session closed") == "2026-11-23T12:00:00.123Z INFO session closed");
    CHECK(
        text("session closed", {{"peer", "192.0.2.1:4711"}, {"bytes", 42}}) ==
        "2026-11-23T12:00:00.123Z INFO session closed peer=192.0.2.1:4711 bytes=42"
    );
    CHECK(
        log::make_line(log::format::text, {}, log::level::debug, "m", {}) ==
        "1970-01-01T00:00:00.000Z DEBUG m"
    );
    CHECK(
        log::make_line(log::format::text, {}, log::level::warning, "m", {}) ==
        "1970-01-01T00:00:00.000Z WARNING m"
    );
    CHECK(
        log::make_line(log::format::text, {}, log::level::error, "m", {}) ==
        "1970-01-01T00:00:00.000Z ERROR m"
    );
}

TEST_CASE("log: JSON line, has time, level, message and fields", "[core][log]") {
    CHECK(json("ready") == R"({"ts":"2026-11-23T12:00:00.123Z","level":"info","msg":"ready"})");
    CHECK(
        json("closed", {{"peer", "[::1]:7"}, {"bytes", -42}}) ==
        R"({"ts":"2026-11-23T12:00:00.123Z","level":"info","msg":"closed","peer":"[::1]:7","bytes":-42})"
    );
    CHECK(
        log::make_line(log::format::json, {}, log::level::warning, "m", {}) ==
        R"({"ts":"1970-01-01T00:00:00.000Z","level":"warning","msg":"m"})"
    );
}

TEST_CASE("log: numbers, are written as what they are", "[core][log]") {
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
    constexpr auto highest = std::numeric_limits<std::uint64_t>::max();

    CHECK(text("", {{"n", lowest}}).ends_with(" n=-9223372036854775808"));
    CHECK(text("", {{"n", highest}}).ends_with(" n=18446744073709551615"));
    CHECK(text("", {{"n", static_cast<std::int8_t>(-1)}}).ends_with(" n=-1"));
    CHECK(text("", {{"n", true}}).ends_with(" n=true"));
    CHECK(json("", {{"n", highest}}).ends_with(",\"n\":18446744073709551615}"));
}

TEST_CASE("log: value in text, is quoted when it has to be", "[core][log]") {
    struct row {
        std::string_view value;
        std::string_view expected;
    };

    const auto& [value, expected] = GENERATE(
        row{"tcp://[::]:7007", "v=tcp://[::]:7007"},
        row{"", "v=\"\""},
        row{"two words", "v=\"two words\""},
        row{"a=b", "v=\"a=b\""},
        row{"say \"hi\"", "v=\"say \\\"hi\\\"\""},
        row{"C:\\", "v=\"C:\\\\\""},
        row{"line\nforged INFO line", "v=\"line\\nforged INFO line\""},
        row{"\x1b[31m", "v=\"\\x1b[31m\""},
        row{"\xff\0"sv, "v=\"\\xff\\x00\""},
        row{"gr\u00fcn", "v=\"gr\u00fcn\""}
    );

    CHECK(text("m", {{"v", value}}) == "2026-11-23T12:00:00.123Z INFO m " + std::string(expected));
}

TEST_CASE("log: hostile message, stays one line", "[core][log]") {
    CHECK(text("a\nb\x1b\xff").ends_with(" INFO a\\nb\\x1b\\xff"));
    CHECK(text("escaped before: \\n").ends_with(" INFO escaped before: \\n"));
    CHECK(json("a\nb\"\x1b\xff").ends_with(R"("msg":"a\nb\"\u001b\\xff"})"));
    CHECK(json("m", {{"k\"ey", "\\"}}).ends_with(R"(,"k\"ey":"\\"})"));
}

TEST_CASE("log: sink, receives the lines of the level and above", "[core][log]") {
    caught_log caught;

    log::debug("one");
    log::info("two", {{"n", 2}});
    log::error("three");
    log::set_level(log::level::debug);
    log::debug("four");
    log::set_level(log::level::off);
    log::error("five");
    log::write(log::level::off, "six");

    REQUIRE(caught.lines.size() == 3);
    CHECK(caught.lines[0].severity == log::level::info);
    CHECK(caught.lines[0].text.ends_with(" INFO two n=2"));
    CHECK(caught.lines[1].text.ends_with(" ERROR three"));
    CHECK(caught.lines[2].text.ends_with(" DEBUG four"));
}

TEST_CASE("log: level, tells what is enabled", "[core][log]") {
    const caught_log restores;

    CHECK(log::is_enabled(log::level::info));
    CHECK_FALSE(log::is_enabled(log::level::debug));
    log::set_level(log::level::error);
    CHECK_FALSE(log::is_enabled(log::level::warning));
    CHECK(log::is_enabled(log::level::error));
    log::set_level(log::level::off);
    CHECK_FALSE(log::is_enabled(log::level::error));
    CHECK_FALSE(log::is_enabled(log::level::off));
}

TEST_CASE("log: format, is chosen for the lines that follow", "[core][log]") {
    caught_log caught;

    log::set_format(log::format::json);
    log::warning("w", {{"k", "v"}});
    log::set_format(log::format::text);
    log::warning("w", {{"k", "v"}});

    REQUIRE(caught.lines.size() == 2);
    CHECK(caught.lines[0].text.ends_with(R"(,"level":"warning","msg":"w","k":"v"})"));
    CHECK(caught.lines[1].text.ends_with(" WARNING w k=v"));
}

TEST_CASE("log: sink throws, the line counts as dropped", "[core][log]") {
    const caught_log restores;
    log::set_sink([](log::level, std::string_view, void*) { throw 1; }, nullptr);
    const auto before = log::dropped();

    log::info("lost");

    CHECK(log::dropped() == before + 1);
}

TEST_CASE("log: many threads, give the sink one line at a time", "[core][log][thread]") {
    caught_log caught;
    constexpr int lines_each = 500;

    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back([] {
            for (int i = 0; i < lines_each; ++i) {
                log::info("line", {{"i", i}});
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }

    CHECK(caught.lines.size() == 4 * lines_each);
}

TEST_CASE("log: without a sink, writes to standard error", "[core][log]") {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const int before = ::dup(STDERR_FILENO);
    ::dup2(pipe_ends[1], STDERR_FILENO);

    log::info("ready", {{"endpoint", "tcp://[::]:7007"}});
    log::flush();

    ::dup2(before, STDERR_FILENO);
    ::close(before);
    ::close(pipe_ends[1]);
    std::string written(1024, '\0');
    const auto size = ::read(pipe_ends[0], written.data(), written.size());
    ::close(pipe_ends[0]);
    REQUIRE(size > 0);
    written.resize(static_cast<std::size_t>(size));
    CHECK(written.find("Z INFO ready endpoint=tcp://[::]:7007\n") != std::string::npos);
}

} // namespace
