// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/option.hpp>

#include "core/escape_text.hpp"
#include "core/nearest.hpp"
#include "net/host_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace eddy::services {
namespace {

using eddy::detail::quoted;

struct duration_unit {
    std::string_view word;
    duration length;
};

/// From the longest to the shortest.
constexpr auto duration_units = std::to_array<duration_unit>({
    {"h", std::chrono::hours(1)},
    {"m", std::chrono::minutes(1)},
    {"s", std::chrono::seconds(1)},
    {"ms", std::chrono::milliseconds(1)},
});

constexpr std::string_view duration_examples = "\"500ms\", \"15s\", \"2m\" or \"1h\"";

/// A text that is written whole in digits; nothing when it is not or is too large.
std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t number = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, failure] = std::from_chars(begin, end, number);
    if (text.empty() || stop != end || failure != std::errc()) {
        return std::nullopt;
    }
    return number;
}

std::string to_text(duration value) {
    if (value == duration::zero()) {
        return "0s";
    }
    for (const auto& unit : duration_units) {
        if (value % unit.length == duration::zero()) {
            return std::to_string(value / unit.length) + std::string(unit.word);
        }
    }
    return to_text(std::chrono::floor<std::chrono::milliseconds>(value));
}

std::string in_milliseconds(std::int64_t count) {
    return quoted(to_text(std::chrono::milliseconds(count)));
}

template <class List>
std::string any_of(const List& words) {
    std::string text;
    for (std::size_t i = 0; i != words.size(); ++i) {
        if (i != 0) {
            text += i + 1 == words.size() ? " or " : ", ";
        }
        text += quoted(words[i]);
    }
    return text;
}

duration parse_duration(const option& described, const std::string& text) {
    const auto fail = [&](std::string_view cause, const std::string& remedy) -> duration {
        throw option_error(described.name, quoted(text) + std::string(cause), remedy);
    };
    const auto unit_at = std::min(text.find_first_not_of("0123456789-"), text.size());
    const std::string_view digits = std::string_view(text).substr(0, unit_at);
    const std::string_view word = std::string_view(text).substr(unit_at);
    const auto number = whole_number(digits);
    if (!number) {
        return fail(
            digits.empty() || digits.size() < 19 ? " is not a duration" : " is too long",
            "write " + described.form()
        );
    }
    if (word.empty()) {
        return fail(" has no unit", "write " + quoted(text + "s"));
    }
    const auto* unit = std::find_if(duration_units.begin(), duration_units.end(), [&](auto& row) {
        return row.word == word;
    });
    if (unit == duration_units.end()) {
        return fail(" has an unknown unit", "write " + described.form());
    }
    // Larger ones would overflow, and are beyond every bound anyway.
    if (*number > duration::max() / unit->length) {
        return fail(" is too long", "write " + described.form());
    }
    return *number * unit->length;
}

std::string_view kind_of(const option_value& value) {
    constexpr auto kinds =
        std::to_array<std::string_view>({"true or false", "a whole number", "a text", "a duration"}
        );
    return kinds[value.index()];
}

} // namespace

option_error::option_error(std::string option, std::string cause, std::string remedy)
    : error(make_error_code(std::errc::invalid_argument), option + ": " + cause + "; " + remedy),
      option_(std::move(option)), cause_(std::move(cause)), remedy_(std::move(remedy)) {}

std::string option::form() const {
    if (std::holds_alternative<bool>(standard)) {
        return "true or false";
    }
    if (std::holds_alternative<std::int64_t>(standard)) {
        return "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
    }
    if (std::holds_alternative<std::string>(standard)) {
        return choices.empty() ? "a text in quotes" : any_of(choices);
    }
    return "a number with its unit, as in " + std::string(duration_examples);
}

option_error option::wrong_type(std::string_view kind) const {
    return {name, "it is " + std::string(kind), "write " + form()};
}

option_value option::checked(const option_value& given) const {
    option_value value = given;
    if (const auto* text = std::get_if<std::string>(&given);
        text != nullptr && std::holds_alternative<duration>(standard)) {
        value = parse_duration(*this, *text);
    }
    if (value.index() != standard.index()) {
        throw wrong_type(kind_of(value));
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        if (*number < lowest || *number > highest) {
            throw option_error(name, to_toml(value) + " is out of range", "write " + form());
        }
    }
    if (const auto* time = std::get_if<duration>(&value)) {
        if (*time < std::chrono::milliseconds(lowest)) {
            throw option_error(
                name, to_toml(given) + " is too short", "write at least " + in_milliseconds(lowest)
            );
        }
        if (*time > std::chrono::milliseconds(highest)) {
            throw option_error(
                name, to_toml(given) + " is too long", "write at most " + in_milliseconds(highest)
            );
        }
    }
    if (const auto* text = std::get_if<std::string>(&value); text != nullptr && !choices.empty()) {
        if (std::find(choices.begin(), choices.end(), *text) == choices.end()) {
            const std::vector<std::string_view> known(choices.begin(), choices.end());
            throw option_error(name, "there is no " + quoted(*text), did_you_mean(*text, known));
        }
    }
    return value;
}

option_value option::parsed(std::string_view text) const {
    if (std::holds_alternative<bool>(standard) && (text == "true" || text == "false")) {
        return text == "true";
    }
    if (std::holds_alternative<std::int64_t>(standard)) {
        if (const auto number = whole_number(text)) {
            return checked(*number);
        }
        throw option_error(name, quoted(text) + " is not a whole number", "write " + form());
    }
    return checked(std::string(text));
}

option_error wrong_endpoint(std::string option, const error& fault) {
    // The message begins with the word endpoint, which the option says already, and has both parts.
    std::string_view whole = fault.what();
    whole.remove_prefix(std::min(whole.find('"'), whole.size()));
    const auto end = std::min(whole.rfind("; "), whole.size());
    return {
        std::move(option),
        std::string(whole.substr(0, end)),
        std::string(whole.substr(std::min(end + 2, whole.size())))
    };
}

std::string to_toml(const option_value& value) {
    struct writer {
        std::string operator()(bool b) const { return b ? "true" : "false"; }

        std::string operator()(std::int64_t number) const { return std::to_string(number); }

        std::string operator()(const std::string& text) const {
            // TOML has JSON's escapes.
            std::string literal = "\"";
            eddy::detail::append_escaped(literal, text, eddy::detail::escape_style::json);
            return literal + '"';
        }

        std::string operator()(duration time) const { return quoted(to_text(time)); }
    };

    return std::visit(writer(), value);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
    const auto near = eddy::detail::nearest(word, known);
    if (!near.empty()) {
        return "did you mean " + quoted(near) + "?";
    }
    return known.empty() ? "remove it" : "write " + any_of(known);
}

} // namespace eddy::services
