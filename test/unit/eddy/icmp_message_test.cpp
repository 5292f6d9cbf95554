// SPDX-License-Identifier: BSL-1.0
#include "icmp_message.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <vector>

using namespace client;

namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values) {
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

/// The reply that a host makes of a request.
std::vector<std::byte> reply_to(icmp_version version, std::vector<std::byte> bytes) {
    bytes[0] = static_cast<std::byte>(version == icmp_version::v4 ? 0 : 129);
    bytes[2] = bytes[3] = std::byte{0};
    if (version == icmp_version::v4) {
        const auto sum = internet_checksum(bytes);
        bytes[2] = static_cast<std::byte>(sum >> 8);
        bytes[3] = static_cast<std::byte>(sum);
    }
    return bytes;
}

} // namespace

TEST_CASE("internet_checksum: known sums", "[eddy][icmp]") {
    CHECK(internet_checksum({}) == 0xFFFF);
    // The example of RFC 1071, section 3.
    CHECK(internet_checksum(bytes_of({0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7})) == 0x220D);
    CHECK(internet_checksum(bytes_of({0x01})) == 0xFEFF); // an odd byte counts as the high one
    CHECK(internet_checksum(std::vector<std::byte>(65'535, std::byte{0xFF})) == 0x00FF);
}

TEST_CASE("encode_request: the bytes of RFC 792 and RFC 4443", "[eddy][icmp]") {
    const auto payload = bytes_of({0xAA, 0xBB, 0xCC});
    const icmp_echo request{0x1234, 0x0005, payload};

    const auto v4 = encode_request(icmp_version::v4, request);
    const auto v6 = encode_request(icmp_version::v6, request);

    CHECK(internet_checksum(v4) == 0);
    auto without_sum = v4;
    without_sum[2] = without_sum[3] = std::byte{0};
    CHECK(without_sum == bytes_of({8, 0, 0, 0, 0x12, 0x34, 0x00, 0x05, 0xAA, 0xBB, 0xCC}));
    CHECK(v6 == bytes_of({128, 0, 0, 0, 0x12, 0x34, 0x00, 0x05, 0xAA, 0xBB, 0xCC}));
}

TEST_CASE("decode_reply: a reply, gives what was asked", "[eddy][icmp]") {
    const auto version = GENERATE(icmp_version::v4, icmp_version::v6);
    const auto size = GENERATE(as<std::size_t>(), 0, 1, 56, 57);
    const std::vector<std::byte> payload(size, std::byte{0x5A});
    const auto bytes = reply_to(version, encode_request(version, {0xFFFE, 0x8001, payload}));

    const auto reply = decode_reply(version, bytes);

    REQUIRE(reply);
    CHECK(reply->identifier == 0xFFFE);
    CHECK(reply->sequence == 0x8001);
    CHECK(std::ranges::equal(reply->payload, payload));
}

TEST_CASE("decode_reply: anything else, gives nothing", "[eddy][icmp]") {
    const auto version = GENERATE(icmp_version::v4, icmp_version::v6);
    const auto request = encode_request(version, {1, 2, {}});
    const auto good = reply_to(version, request);

    SECTION("our own request, as loopback shows it") {
        CHECK_FALSE(decode_reply(version, request));
    }
    SECTION("a reply of the other version") {
        const auto other = version == icmp_version::v4 ? icmp_version::v6 : icmp_version::v4;
        CHECK_FALSE(decode_reply(other, good));
    }
    SECTION("too short") {
        for (std::size_t size = 0; size != good.size(); ++size) {
            CHECK_FALSE(decode_reply(version, std::span(good).first(size)));
        }
    }
    SECTION("another code") {
        auto bytes = good;
        bytes[1] = std::byte{1};
        CHECK_FALSE(decode_reply(version, bytes));
    }
    SECTION("damaged on the way") {
        auto bytes = reply_to(icmp_version::v4, encode_request(icmp_version::v4, {1, 2, {}}));
        bytes[5] ^= std::byte{1};
        CHECK_FALSE(decode_reply(icmp_version::v4, bytes));
    }
}
