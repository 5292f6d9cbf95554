// SPDX-License-Identifier: BSL-1.0
#include "server/proxy_policy.hpp"

#include "support/catch.hpp"

namespace eddy::detail {
namespace {

TEST_CASE("proxy policy: whose header is read", "[server][proxy]") {
    const address trusted = *address::parse("192.0.2.1:1");
    const address mapped = *address::parse("[::ffff:192.0.2.1]:1");
    const address stranger = *address::parse("198.51.100.1:1");
    const address path = address::local("/run/client");
    const proxy_rules off;
    const proxy_rules strict{
        .mode = proxy_protocol::require, .trusted = {*address_range::parse("192.0.2.0/24")}
    };
    proxy_rules lenient = strict;
    lenient.untrusted = when_untrusted::serve;

    using enum proxy_verdict;
    CHECK(judge_peer(off, trusted) == serve);
    CHECK(judge_peer(off, path) == serve);
    CHECK(judge_peer(strict, trusted) == read_header);
    CHECK(judge_peer(strict, mapped) == read_header);
    CHECK(judge_peer(strict, stranger) == refuse);
    CHECK(judge_peer(strict, path) == read_header);
    CHECK(judge_peer(strict, address()) == read_header);
    CHECK(judge_peer(lenient, trusted) == read_header);
    CHECK(judge_peer(lenient, stranger) == skip);
}

} // namespace
} // namespace eddy::detail
