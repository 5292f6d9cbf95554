// SPDX-License-Identifier: BSL-1.0
#include "net/service_answer.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace {

using namespace std::string_literals;
using eddy::errc;
using eddy::detail::parse_services;

auto parse(const std::string& message) {
    return parse_services(std::as_bytes(std::span(message)));
}

std::string header(char questions, char answers) {
    return "\x12\x34\x81\x80\0"s + questions + '\0' + answers + "\0\0\0\0"s;
}

const std::string question = "\x05_http\x04_tcp\x07"s + "example\0\0\x21\0\x01"s; // at 12

/// A record whose owner is the name of the question.
std::string record(const std::string& data, const std::string& kind = "\0\x21\0\x01"s) {
    return "\xC0\x0C"s + kind + "\0\0\0\x3C"s + '\0' + static_cast<char>(data.size()) + data;
}

const std::string to_www = "\0\x01\0\x02\x1F\x90\x03www\xC0\x17"s; // 1, 2, 8080, www.example

TEST_CASE("service_answer: records as they are sent, names compressed or not", "[net][srv]") {
    const auto found = parse(
        header(1, 3) + question + record(to_www) + record("\x01x"s, "\0\x10\0\x01"s) +
        record("\xFF\xFF\0\0\0\x01\x04host\x03org\0"s)
    );

    REQUIRE(found.has_value());
    CHECK(
        *found ==
        std::vector<eddy::service_record>{{"www.example", 8080, 1, 2}, {"host.org", 1, 65535, 0}}
    );
}

TEST_CASE("service_answer: the root as target, an empty name", "[net][srv]") {
    const auto found = parse(header(1, 1) + question + record("\0\0\0\0\0\0\0"s));

    REQUIRE(found.has_value());
    CHECK(found->front().target.empty());
}

TEST_CASE("service_answer: nothing of that kind", "[net][srv]") {
    CHECK(parse(header(0, 0)).error() == errc::no_such_host);
    CHECK(parse(header(1, 0) + question).error() == errc::no_such_host);
    const auto chaos = record(to_www, "\0\x21\0\x03"s); // another class
    CHECK(parse(header(1, 1) + question + chaos).error() == errc::no_such_host);
}

TEST_CASE("service_answer: hostile bytes, refused", "[net][srv]") {
    struct row {
        const char* name;
        std::string message;
    };
    const std::string start = header(1, 1) + question;
    const auto each = GENERATE_COPY(values<row>({
        {"nothing", ""},
        {"half a header", header(0, 1).substr(0, 7)},
        {"more records than there are", header(1, 9) + question + record(to_www)},
        {"more questions than there are", header(9, 1) + question + record(to_www)},
        {"a pointer to itself", header(0, 1) + "\xC0\x0C\0\x21\0\x01\0\0\0\0\0\0"s},
        // The target of the first record is at 0x36.
        {"a pointer forwards", start + "\xC0\x36"s + record("\0\0\0\0\0\x01\x01w\0"s).substr(2)},
        {"two pointers in a circle", start + record("\0\0\0\0\0\x01\xC0\x38\xC0\x36"s)},
        {"a label in a circle", start + record("\0\0\0\0\0\x01\x01w\xC0\x36"s)},
        {"a label of 64 bytes", start + record("\0\0\0\0\0\x01\x40"s + std::string(64, 'a') + '\0')
        },
        {"a label that is longer than the message", start + record("\0\0\0\0\0\x01\x3F"s)},
        {"a name without end", start + record("\0\0\0\0\0\x01\x03www"s)},
        {"a name that ends before the record", start + record(to_www + "x")},
        {"a record without a target", start + record("\0\0\0\0\0\x01"s)},
        {"a record that is too short", start + record("\0\0"s)},
        {"a dot inside a label", start + record("\0\0\0\0\0\x01\x03w.w\0"s)},
        {"a blank inside a label", start + record("\0\0\0\0\0\x01\x03w w\0"s)},
        {"a zero inside a label", start + record("\0\0\0\0\0\x01\x03w\0w\0"s)},
        {"a byte above ASCII", start + record("\0\0\0\0\0\x01\x03w\xE9w\0"s)},
    }));
    INFO(each.name);

    CHECK(parse(each.message).error() == errc::malformed);
}

TEST_CASE("service_answer: a name of more than 255 bytes, refused", "[net][srv]") {
    std::string name;
    for (int i = 0; i != 5; ++i) {
        name += '\x3F' + std::string(63, 'a');
    }
    // The record's size has one byte here, so that the name is in the question.
    const auto message =
        header(1, 1) + name + "\0\0\x21\0\x01"s + record("\0\0\0\0\0\x01\xC0\x0C"s);

    CHECK(parse(message).error() == errc::malformed);
}

TEST_CASE("service_answer: cut anywhere, never more than was there", "[net][srv]") {
    const std::string whole = header(1, 2) + question + record(to_www) + record(to_www);
    for (std::size_t size = 0; size != whole.size(); ++size) {
        const std::string cut = whole.substr(0, size);
        CHECK(parse(cut).error() == errc::malformed);
    }
}

} // namespace
