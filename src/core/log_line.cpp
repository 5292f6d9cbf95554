// SPDX-License-Identifier: BSL-1.0
#include "core/log_line.hpp"

#include "core/escape_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace eddy::log {
namespace {

using detail::append_escaped;
using detail::escape_style;

void append_time(std::string& line, std::chrono::system_clock::time_point at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(at - day));
    fmt::format_to(
        std::back_inserter(line),
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        time.hours().count(),
        time.minutes().count(),
        time.seconds().count(),
        time.subseconds().count()
    );
}

void append_number(std::string& line, const field& value) {
    auto out = std::back_inserter(line);
    if (value.is_negative()) {
        fmt::format_to(out, "{}", static_cast<std::int64_t>(value.number()));
    } else {
        fmt::format_to(out, "{}", value.number());
    }
}

void append_quoted(std::string& line, std::string_view text, escape_style style) {
    line += '"';
    append_escaped(line, text, style);
    line += '"';
}

std::string_view text_name(level severity) noexcept {
    switch (severity) {
    case level::debug:
        return "DEBUG";
    case level::info:
        return "INFO";
    case level::warning:
        return "WARNING";
    case level::error:
    case level::off:
        break;
    }
    return "ERROR";
}

std::string_view json_name(level severity) noexcept {
    switch (severity) {
    case level::debug:
        return "debug";
    case level::info:
        return "info";
    case level::warning:
        return "warning";
    case level::error:
    case level::off:
        break;
    }
    return "error";
}

/// Whether a value reads well as it stands; all others are quoted.
bool is_plain(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < '\x7F' && c != '"' && c != '\\' && c != '=';
    });
}

void append_text(std::string& line, level severity, std::string_view message, fields values) {
    line += ' ';
    line += text_name(severity);
    line += ' ';
    append_escaped(line, message, escape_style::prose);
    for (const field& value : values) {
        line += ' ';
        append_escaped(line, value.key(), escape_style::prose);
        line += '=';
        if (value.is_number()) {
            append_number(line, value);
        } else if (is_plain(value.text())) {
            line += value.text();
        } else {
            append_quoted(line, value.text(), escape_style::quoted);
        }
    }
}

void append_json(std::string& line, level severity, std::string_view message, fields values) {
    line += R"(","level":")";
    line += json_name(severity);
    line += R"(","msg":)";
    append_quoted(line, message, escape_style::json);
    for (const field& value : values) {
        line += ',';
        append_quoted(line, value.key(), escape_style::json);
        line += ':';
        if (value.is_number()) {
            append_number(line, value);
        } else {
            append_quoted(line, value.text(), escape_style::json);
        }
    }
    line += '}';
}

} // namespace

std::string make_line(
    format look,
    std::chrono::system_clock::time_point at,
    level severity,
    std::string_view message,
    fields values
) {
    constexpr std::size_t usual_length = 256;
    std::string line;
    line.reserve(usual_length);
    if (look == format::json) {
        line += R"({"ts":")";
        append_time(line, at);
        append_json(line, severity, message, values);
    } else {
        append_time(line, at);
        append_text(line, severity, message, values);
    }
    return line;
}

} // namespace eddy::log
