// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/slot_table.hpp"

#include "support/catch.hpp"

#include <vector>

namespace eddy::detail {
namespace {

struct user {};

TEST_CASE("slot_table: a key leads to who has the slot, until he leaves it") {
    slot_table<user> table;
    user first;
    const auto slot = table.enter(&first);
    const auto key = table.key_of(slot);
    CHECK(table.find(key) == &first);

    table.leave(slot);

    CHECK(table.find(key) == nullptr);
}

TEST_CASE("slot_table: an old key does not lead to the next user of the slot") {
    slot_table<user> table;
    user first;
    user second;
    const auto slot = table.enter(&first);
    const auto old_key = table.key_of(slot);
    table.leave(slot);

    const auto again = table.enter(&second);

    CHECK(again == slot);
    CHECK(table.find(old_key) == nullptr);
    CHECK(table.find(table.key_of(again)) == &second);
}

TEST_CASE("slot_table: a key of a slot that there never was leads nowhere") {
    slot_table<user> table;
    CHECK(table.find(0) == nullptr);
    CHECK(table.find(7) == nullptr);
    user only;
    const auto slot = table.enter(&only);
    CHECK(table.find(std::uint64_t(1) << 32 | slot) == nullptr);
}

TEST_CASE("slot_table: many users keep their slots apart") {
    slot_table<user> table;
    std::vector<user> users(1000);
    std::vector<std::uint64_t> keys;
    for (user& each : users) {
        keys.push_back(table.key_of(table.enter(&each)));
    }
    for (std::size_t i = 0; i < users.size(); i += 2) {
        table.leave(static_cast<std::uint32_t>(keys[i]));
    }
    for (std::size_t i = 0; i < users.size(); ++i) {
        CHECK(table.find(keys[i]) == (i % 2 == 0 ? nullptr : &users[i]));
    }
    std::size_t left = 0;
    table.for_each([&](user&) { ++left; });
    CHECK(left == users.size() / 2);
}

} // namespace
} // namespace eddy::detail
