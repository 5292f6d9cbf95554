// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/intrusive_list.hpp>

#include "support/catch.hpp"

#include <memory>
#include <vector>

namespace eddy::detail {
namespace {

struct numbered : list_node {
    explicit numbered(int n) : number(n) {}
    int number;
};

std::vector<int> drain(intrusive_list& list) {
    std::vector<int> numbers;
    while (auto* node = list.pop_front()) {
        numbers.push_back(static_cast<numbered*>(node)->number);
    }
    return numbers;
}

TEST_CASE("intrusive_list: empty, has no ends", "[core][intrusive_list]") {
    intrusive_list list;

    CHECK(list.empty());
    CHECK(list.front() == nullptr);
    CHECK(list.back() == nullptr);
    CHECK(list.pop_front() == nullptr);
    CHECK(list.pop_back() == nullptr);
}

TEST_CASE("intrusive_list: nodes pushed, gives them in order", "[core][intrusive_list]") {
    intrusive_list list;
    numbered one(1);
    numbered two(2);
    numbered three(3);

    list.push_back(one);
    list.push_back(two);
    list.push_back(three);

    CHECK(list.front() == &one);
    CHECK(list.back() == &three);
    CHECK(list.next(one) == &two);
    CHECK(list.next(three) == nullptr);
    CHECK(drain(list) == std::vector{1, 2, 3});
    CHECK_FALSE(two.is_linked());
}

TEST_CASE("intrusive_list: pop_back, gives the newest", "[core][intrusive_list]") {
    intrusive_list list;
    numbered one(1);
    numbered two(2);
    list.push_back(one);
    list.push_back(two);

    CHECK(list.pop_back() == &two);
    CHECK(list.pop_back() == &one);
    CHECK(list.empty());
}

TEST_CASE("intrusive_list: node pushed again, moves to the end", "[core][intrusive_list]") {
    intrusive_list list;
    intrusive_list other;
    numbered one(1);
    numbered two(2);
    list.push_back(one);
    list.push_back(two);

    SECTION("of the same list") {
        list.push_back(one);
        CHECK(drain(list) == std::vector{2, 1});
    }
    SECTION("of another list") {
        other.push_back(one);
        CHECK(drain(list) == std::vector{2});
        CHECK(drain(other) == std::vector{1});
    }
}

TEST_CASE("intrusive_list: node destroyed, is gone from the list", "[core][intrusive_list]") {
    intrusive_list list;
    numbered one(1);
    auto two = std::make_unique<numbered>(2);
    numbered three(3);
    list.push_back(one);
    list.push_back(*two);
    list.push_back(three);

    two.reset();

    CHECK(drain(list) == std::vector{1, 3});
}

TEST_CASE("intrusive_list: list destroyed, leaves its nodes unlinked", "[core][intrusive_list]") {
    numbered one(1);
    auto list = std::make_unique<intrusive_list>();
    list->push_back(one);

    list.reset();

    CHECK_FALSE(one.is_linked());
}

TEST_CASE("intrusive_list: take, appends the other list's nodes", "[core][intrusive_list]") {
    intrusive_list list;
    intrusive_list other;
    numbered one(1);
    numbered two(2);
    numbered three(3);

    SECTION("to some") {
        list.push_back(one);
        other.push_back(two);
        other.push_back(three);
        list.take(other);
        CHECK(other.empty());
        CHECK(list.back() == &three);
        CHECK(drain(list) == std::vector{1, 2, 3});
    }
    SECTION("to none") {
        other.push_back(two);
        list.take(other);
        CHECK(drain(list) == std::vector{2});
    }
    SECTION("none") {
        list.push_back(one);
        list.take(other);
        CHECK(drain(list) == std::vector{1});
    }
}

} // namespace
} // namespace eddy::detail
