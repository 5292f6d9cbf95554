// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/time.hpp>

#include "conversation.hpp"
#include "services/time_stamp.hpp"
#include "support/catch.hpp"

#include <cstdint>

namespace {

std::uint32_t stamp_of(std::chrono::system_clock::time_point at) {
    std::uint32_t value = 0;
    for (const auto byte : eddy::services::detail::time_stamp(at)) {
        value = value << 8 | std::to_integer<std::uint32_t>(byte);
    }
    return value;
}

std::uint32_t stamp_at(std::int64_t seconds) {
    return stamp_of(std::chrono::system_clock::time_point(std::chrono::seconds(seconds)));
}

} // namespace

// The first four are the examples of RFC 868.
TEST_CASE("time: moments of RFC 868, have its numbers", "[services][time]") {
    CHECK(stamp_at(0) == 2'208'988'800);           // 1970-01-01
    CHECK(stamp_at(189'302'400) == 2'398'291'200); // 1976-01-01
    CHECK(stamp_at(315'532'800) == 2'524'521'600); // 1980-01-01
    CHECK(stamp_at(420'595'200) == 2'629'584'000); // 1983-05-01
    CHECK(stamp_at(-2'208'988'800) == 0);          // 1900-01-01
}

TEST_CASE("time: after 2036-02-07, counts anew modulo 2^32", "[services][time]") {
    constexpr std::int64_t last_second = 2'085'978'495; // 2036-02-07T06:28:15Z

    CHECK(stamp_at(last_second) == 0xFFFF'FFFF);
    CHECK(stamp_at(last_second + 1) == 0);
    CHECK(stamp_at(last_second + 101) == 100);
}

TEST_CASE("time: part of a second, is cut off also before 1970", "[services][time]") {
    using std::chrono::milliseconds;
    const auto epoch = std::chrono::system_clock::time_point();

    CHECK(stamp_of(epoch + milliseconds(999)) == 2'208'988'800);
    CHECK(stamp_of(epoch - milliseconds(1)) == 2'208'988'799);
}

TEST_CASE("time: session, gets four bytes and the end", "[services][time]") {
    eddy::services::time_options options;
    options.clock = [] { return std::chrono::system_clock::time_point(); };

    eddy::test::converse(eddy::services::time(options), [](eddy::session& client) -> eddy::task<> {
        const auto all = co_await eddy::test::read_to_end(client);
        CHECK(all == "\x83\xaa\x7e\x80");
    });
}

TEST_CASE("time: datagram, is answered by four bytes", "[services][time]") {
    eddy::services::time_options options;
    options.clock = [] { return std::chrono::system_clock::time_point(); };
    const auto sent =
        eddy::test::answers(eddy::services::time(options), {"any"}, eddy::test::client_address());

    REQUIRE(sent.size() == 1);
    CHECK(sent[0].data == "\x83\xaa\x7e\x80");
}
