// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/error.hpp>
#include <eddy/export.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eddy::services {

/// A value of a setting. A `duration` may also be given as text, "15s".
using option_value = std::variant<bool, std::int64_t, std::string, duration>;

/// Settings by name.
using option_values = std::map<std::string, option_value, std::less<>>;

/// A setting that does not fit its description.
///
/// `what()` reads `option: cause; remedy`; the parts are for programs that know where the setting
/// was written.
class EDDY_EXPORT option_error : public error {
public:
    option_error(std::string option, std::string cause, std::string remedy);

    [[nodiscard]] const std::string& option() const noexcept { return option_; }

    [[nodiscard]] const std::string& cause() const noexcept { return cause_; }

    [[nodiscard]] const std::string& remedy() const noexcept { return remedy_; }

private:
    std::string option_;
    std::string cause_;
    std::string remedy_;
};

/// One setting of a service or program, as configuration files, command lines and manuals have it.
struct EDDY_EXPORT option {
    std::string name;      ///< In small letters with underscores.
    option_value standard; ///< What holds when nothing is given. Its type is the option's type.
    std::string effect;    ///< One or more full sentences.
    std::string unit = {}; ///< Of a number: "bytes".
    /// Bounds of a number; of a duration, in milliseconds.
    std::int64_t lowest = 0;
    std::int64_t highest = std::numeric_limits<std::int64_t>::max() / 1'000'000;
    std::vector<std::string> choices = {}; ///< Of a text; empty: any.

    /// Gives the value, a duration also from its text, when it fits; throws `option_error` when
    /// not.
    [[nodiscard]] option_value checked(const option_value& given) const;

    /// The same for a value from a command line: `true`, `12`, `read`, `15s`.
    [[nodiscard]] option_value parsed(std::string_view text) const;

    /// What may be written, for people: "a whole number from 1 to 1024".
    [[nodiscard]] std::string form() const;

    /// The error of a value that is something else altogether.
    ///
    /// @param kind What it is, with its article: "a table".
    [[nodiscard]] option_error wrong_type(std::string_view kind) const;
};

/// The error of an option whose text is no endpoint, from what `endpoint` says of it.
[[nodiscard]] EDDY_EXPORT option_error wrong_endpoint(std::string option, const error& fault);

/// The value as TOML has it: `true`, `12`, `"read"`, `"15s"`.
[[nodiscard]] EDDY_EXPORT std::string to_toml(const option_value& value);

/// The remedy for a word that is none of the known ones: `did you mean "echo"?`, or all of them.
[[nodiscard]] EDDY_EXPORT std::string
did_you_mean(std::string_view word, std::span<const std::string_view> known);

} // namespace eddy::services
