// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/escape.hpp>

#include "core/escape_text.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>

namespace {

using namespace std::string_view_literals;
using eddy::detail::escape_style;

struct row {
    std::string_view bytes;
    std::string_view expected;
};

std::string in_json(std::string_view bytes) {
    std::string out;
    eddy::detail::append_escaped(out, bytes, escape_style::json);
    return out;
}

TEST_CASE("escaped: printable text, stays", "[core][escape]") {
    const std::string_view text = GENERATE(
        ""sv,
        "I got your message"sv,
        " !\"#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~"sv,
        "gr\u00fc\u00df dich"sv,
        "\u20ac \u4f60\u597d \U0001F600"sv,
        "\u00a0\xed\x9f\xbf\xee\x80\x80\U0010ffff"sv
    );

    CHECK(eddy::escaped(text) == text);
}

TEST_CASE("escaped: controls, are written out", "[core][escape]") {
    const auto& [bytes, expected] = GENERATE(
        row{"a\nb\r\tc", "a\\nb\\r\\tc"},
        row{"C:\\new", "C:\\\\new"},
        row{"\0\x01\x1f"sv, "\\x00\\x01\\x1f"},
        row{"\x1b[2J", "\\x1b[2J"},
        row{"\x7f", "\\x7f"},
        row{"\u0080\u009b", "\\xc2\\x80\\xc2\\x9b"},
        row{"\u2028", "\\xe2\\x80\\xa8"},
        row{"\u202egnp.exe", "\\xe2\\x80\\xaegnp.exe"},
        row{"\u2066", "\\xe2\\x81\\xa6"},
        row{"\ufeff", "\\xef\\xbb\\xbf"}
    );

    CHECK(eddy::escaped(bytes) == expected);
}

TEST_CASE("escaped: bytes that are not UTF-8, are written out", "[core][escape]") {
    const auto& [bytes, expected] = GENERATE(
        row{"\xff", "\\xff"},
        row{"\x80z", "\\x80z"},
        row{"\xc3", "\\xc3"},                            // cut
        row{"\xe2\x82", "\\xe2\\x82"},                   // cut
        row{"\xe2\x82z", "\\xe2\\x82z"},                 // cut, and goes on
        row{"\xc0\xaf", "\\xc0\\xaf"},                   // longer than needed
        row{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},          // longer than needed
        row{"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"}, // longer than needed
        row{"\xed\xa0\x80", "\\xed\\xa0\\x80"},          // a surrogate
        row{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, // above U+10FFFF
        row{"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"}
    );

    CHECK(eddy::escaped(bytes) == expected);
}

TEST_CASE("escaped: every byte alone, gives printable ASCII", "[core][escape]") {
    for (int value = 0; value < 256; ++value) {
        const std::string text = eddy::escaped(std::string(1, static_cast<char>(value)));

        CAPTURE(value);
        CHECK(
            text.find_first_not_of(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~") == std::string::npos
        );
    }
}

TEST_CASE("append_escaped: prose, leaves a backslash", "[core][escape]") {
    std::string out = "> ";

    eddy::detail::append_escaped(out, "a\\nb\n\"", escape_style::prose);

    CHECK(out == "> a\\nb\\n\"");
}

TEST_CASE("append_escaped: quoted, escapes the quote", "[core][escape]") {
    std::string out;

    eddy::detail::append_escaped(out, "\"\\\n", escape_style::quoted);

    CHECK(out == "\\\"\\\\\\n");
}

TEST_CASE("append_escaped: JSON, is the inside of a JSON string", "[core][escape]") {
    const auto& [bytes, expected] = GENERATE(
        row{"a \"b\" \\", "a \\\"b\\\" \\\\"},
        row{"\n\r\t", "\\n\\r\\t"},
        row{"\0\x1b\x7f"sv, "\\u0000\\u001b\\u007f"},
        row{"\u009b\u202e", "\\u009b\\u202e"},
        row{"gr\u00fcn", "gr\u00fcn"},
        row{"\xff", "\\\\xff"}
    );

    CHECK(in_json(bytes) == expected);
}

} // namespace
