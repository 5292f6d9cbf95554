// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/daytime.hpp>

#include "conversation.hpp"
#include "services/daytime_text.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <optional>
#include <string>

using eddy::services::daytime_format;
using eddy::services::daytime_zone;
using eddy::services::detail::daytime_text;

namespace {

std::chrono::system_clock::time_point at(std::int64_t seconds) {
    return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}

/// Sets TZ for one test.
class zone_guard {
public:
    explicit zone_guard(const char* zone) {
        if (const char* old = std::getenv("TZ")) {
            before_ = old;
        }
        ::setenv("TZ", zone, 1);
    }
    zone_guard(const zone_guard&) = delete;
    zone_guard& operator=(const zone_guard&) = delete;
    ~zone_guard() {
        if (before_) {
            ::setenv("TZ", before_->c_str(), 1);
        } else {
            ::unsetenv("TZ");
        }
    }

private:
    std::optional<std::string> before_;
};

constexpr std::int64_t november_2026 = 1'795'435'200; // 2026-11-23T12:00:00Z

} // namespace

TEST_CASE("daytime: universal time, is written in each format", "[services][daytime]") {
    const auto written = [](daytime_format format) {
        return daytime_text(at(november_2026), format, daytime_zone::utc);
    };

    CHECK(written(daytime_format::rfc867) == "Monday, November 23, 2026 12:00:00-UTC\r\n");
    CHECK(written(daytime_format::ctime) == "Mon Nov 23 12:00:00 2026\r\n");
    CHECK(written(daytime_format::iso8601) == "2026-11-23T12:00:00+00:00\r\n");
}

TEST_CASE("daytime: local time, names its zone", "[services][daytime]") {
    const zone_guard zone("NST3:30");
    const auto written = [](daytime_format format) {
        return daytime_text(at(november_2026), format, daytime_zone::local);
    };

    CHECK(written(daytime_format::rfc867) == "Monday, November 23, 2026 08:30:00-NST\r\n");
    CHECK(written(daytime_format::ctime) == "Mon Nov 23 08:30:00 2026\r\n");
    CHECK(written(daytime_format::iso8601) == "2026-11-23T08:30:00-03:30\r\n");
}

TEST_CASE("daytime: zone east of Greenwich, has a positive offset", "[services][daytime]") {
    const zone_guard zone("IST-5:30");

    CHECK(
        daytime_text(at(november_2026), daytime_format::iso8601, daytime_zone::local) ==
        "2026-11-23T17:30:00+05:30\r\n"
    );
}

TEST_CASE("daytime: moments at the edges of days and years, are right", "[services][daytime]") {
    const auto written = [](std::int64_t seconds) {
        return daytime_text(at(seconds), daytime_format::ctime, daytime_zone::utc);
    };

    CHECK(written(0) == "Thu Jan  1 00:00:00 1970\r\n");
    CHECK(written(-1) == "Wed Dec 31 23:59:59 1969\r\n");
    CHECK(written(951'782'400) == "Tue Feb 29 00:00:00 2000\r\n");
    CHECK(written(4'102'444'799) == "Thu Dec 31 23:59:59 2099\r\n");
}

TEST_CASE("daytime: part of a second, is cut off", "[services][daytime]") {
    const auto late = at(november_2026) + std::chrono::milliseconds(999);

    CHECK(
        daytime_text(late, daytime_format::iso8601, daytime_zone::utc) ==
        "2026-11-23T12:00:00+00:00\r\n"
    );
}

TEST_CASE("daytime: session, gets the line and the end", "[services][daytime]") {
    eddy::services::daytime_options options;
    options.clock = [] { return at(november_2026); };

    eddy::test::converse(
        eddy::services::daytime(options),
        [](eddy::session& client) -> eddy::task<> {
            const auto all = co_await eddy::test::read_to_end(client);
            CHECK(all == "Monday, November 23, 2026 12:00:00-UTC\r\n");
        }
    );
}

TEST_CASE("daytime: datagram, is answered by the line", "[services][daytime]") {
    eddy::services::daytime_options options;
    options.format = daytime_format::ctime;
    options.clock = [] { return at(november_2026); };
    const auto sent =
        eddy::test::answers(eddy::services::daytime(options), {""}, eddy::test::client_address());

    REQUIRE(sent.size() == 1);
    CHECK(sent[0].data == "Mon Nov 23 12:00:00 2026\r\n");
}
