// SPDX-License-Identifier: BSL-1.0
#include "keys.hpp"

#include "support/catch.hpp"

TEST_CASE("keys: tables, have no name twice and defaults that fit", "[eddyd][config]") {
    const auto known = eddy::services::registry::standard();

    for (const auto& each : eddyd::server_keys()) {
        CHECK(each.described.checked(each.described.standard) == each.described.standard);
        CHECK(each.get(eddyd::config()) == each.described.standard);
    }
    for (const auto& each : eddyd::listen_keys()) {
        CHECK(each.described.checked(each.described.standard) == each.described.standard);
        CHECK((each.is_required || each.get(eddyd::listen_config()) == each.described.standard));
        for (const auto& service : known.services()) {
            for (const auto& option : service.options) {
                CHECK(option.name != each.described.name);
            }
        }
    }
}
