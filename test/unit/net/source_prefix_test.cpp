// SPDX-License-Identifier: BSL-1.0
#include "net/source_prefix.hpp"

#include "support/catch.hpp"

namespace eddy::detail {
namespace {

source_prefix prefix_of(std::string_view text) {
    return source_prefix(*address::parse(text));
}

TEST_CASE("source_prefix: an IPv6 source is its /64, a mapped one its IPv4 address", "[net]") {
    CHECK(prefix_of("[2001:db8::1]:1") == prefix_of("[2001:db8:0:0:ffff::2]:9"));
    CHECK_FALSE(prefix_of("[2001:db8::1]:1") == prefix_of("[2001:db8:0:1::1]:1"));
    CHECK(prefix_of("192.0.2.1:1") == prefix_of("[::ffff:192.0.2.1]:2"));
    CHECK_FALSE(prefix_of("192.0.2.1:1") == prefix_of("192.0.2.2:1"));
    CHECK_FALSE(prefix_of("0.0.0.1:1") == prefix_of("[::1]:1"));
    CHECK_FALSE(source_prefix(address::local("/run/x")).is_known());
}

TEST_CASE("source_prefix: equal ones have one key, others another", "[net]") {
    CHECK(prefix_of("[2001:db8::1]:1").key() == prefix_of("[2001:db8::2]:9").key());
    CHECK(prefix_of("192.0.2.1:1").key() != prefix_of("192.0.2.2:1").key());
    CHECK(prefix_of("0.0.0.0:1").key() != prefix_of("[::]:1").key());
}

} // namespace
} // namespace eddy::detail
