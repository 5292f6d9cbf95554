// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/resolver.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <string>

namespace eddy::posix {
namespace {

TEST_CASE("resolver: localhost and all below it, this machine", "[engine][resolve]") {
    const std::string name =
        GENERATE("localhost", "LocalHost.", "eddy.localhost", "a.b.LOCALHOST", "eddy.localhost.");
    const auto found = resolve(name, 7);

    REQUIRE(found.has_value());
    CHECK(std::ranges::all_of(*found, [](const address& at) {
        const std::string text = at.to_string();
        return text == "[::1]:7" || (text.starts_with("127.") && text.ends_with(":7"));
    }));
}

} // namespace
} // namespace eddy::posix
