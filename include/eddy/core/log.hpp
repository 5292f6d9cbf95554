// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>

/// Eddy's log: levels, a message and key=value fields; see docs/operations/logging.md.
///
/// Logging never blocks and never throws: lines go to a bounded queue that one writer thread
/// empties; what does not fit is counted and reported when there is room again. Any thread.
namespace eddy::log {

enum class level { debug, info, warning, error, off };

/// How a line looks:
///
///     2026-11-23T12:00:00.123Z INFO session closed bytes=42 reason="reset by peer"
///
///     {"ts":"2026-11-23T12:00:00.123Z","level":"info","msg":"session closed","bytes":42}
///
/// Whatever bytes come in, a line is one line of valid UTF-8 without control characters.
enum class format { text, json };

/// A key and its value. Holds views: both must live until the call returns.
class field {
public:
    field(std::string_view key, std::string_view value) noexcept
        : key_(key), text_(value), is_number_(false) {}
    field(std::string_view key, const char* value) noexcept : field(key, std::string_view(value)) {}
    field(std::string_view key, bool value) noexcept : field(key, value ? "true" : "false") {}
    template <class Number>
        requires std::is_integral_v<Number>
    field(std::string_view key, Number value) noexcept
        : key_(key), number_(static_cast<std::uint64_t>(value)), is_number_(true),
          is_negative_(value < Number()) {}

    [[nodiscard]] std::string_view key() const noexcept { return key_; }
    [[nodiscard]] bool is_number() const noexcept { return is_number_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    /// In two's complement when `is_negative()`.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] bool is_negative() const noexcept { return is_negative_; }

private:
    std::string_view key_;
    std::string_view text_;
    std::uint64_t number_ = 0;
    bool is_number_;
    bool is_negative_ = false;
};

using fields = std::initializer_list<field>;

/// Lines below this level are dropped; `info` by default.
EDDY_EXPORT void set_level(level lowest) noexcept;
[[nodiscard]] EDDY_EXPORT bool is_enabled(level at) noexcept;

EDDY_EXPORT void set_format(format chosen) noexcept;

/// Receives finished lines (without a newline) instead of standard error. Called on any thread, one
/// call at a time; must not block and must not log. Null goes back to standard error. When
/// `set_sink` returns, the sink before is not in use.
using sink = void (*)(level at, std::string_view line, void* context);
EDDY_EXPORT void set_sink(sink receiver, void* context) noexcept;

/// Waits until the lines so far are written, at most a second: a full pipe must not hold up an
/// exit. `exit()` and the end of `main` do it too.
EDDY_EXPORT void flush() noexcept;

/// Lines that were dropped because the queue was full or the output failed.
[[nodiscard]] EDDY_EXPORT std::uint64_t dropped() noexcept;

/// Logs `message`, a text for people: control characters in it are escaped, a backslash stays, so
/// that what went through `escaped()` is not escaped twice. JSON has the keys ts, level and msg of
/// its own.
EDDY_EXPORT void write(level at, std::string_view message, fields values = {}) noexcept;

inline void debug(std::string_view message, fields values = {}) noexcept {
    write(level::debug, message, values);
}
inline void info(std::string_view message, fields values = {}) noexcept {
    write(level::info, message, values);
}
inline void warning(std::string_view message, fields values = {}) noexcept {
    write(level::warning, message, values);
}
inline void error(std::string_view message, fields values = {}) noexcept {
    write(level::error, message, values);
}

} // namespace eddy::log
