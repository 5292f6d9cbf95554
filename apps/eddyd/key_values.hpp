// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/services/option.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace eddyd {

// Between the values of the configuration and those of the API. A table of words has a row for
// each: the word and what it stands for.

using eddy::services::option_value;

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t sessions_max = 10'000'000;

template <class Table>
std::vector<std::string> words_of(const Table& table) {
    std::vector<std::string> words;
    words.reserve(table.size());
    for (const auto& row : table) {
        words.emplace_back(row.first);
    }
    return words;
}

template <class Table, class Value>
option_value word_for(const Table& table, Value value) {
    const auto row =
        std::find_if(table.begin(), table.end(), [&](auto& each) { return each.second == value; });
    return std::string(row->first);
}

template <class Table>
auto value_for(const Table& table, const option_value& word) {
    const auto& text = std::get<std::string>(word);
    return std::find_if(
               table.begin(), table.end(), [&](auto& each) { return each.first == text; }
    )->second;
}

inline const std::string& text_of(const option_value& value) {
    return std::get<std::string>(value);
}

/// A number that `checked` has found to fit.
template <class Number>
Number number_of(const option_value& value) {
    return static_cast<Number>(std::get<std::int64_t>(value));
}

inline option_value number(std::integral auto value) {
    return static_cast<std::int64_t>(value);
}

} // namespace eddyd
