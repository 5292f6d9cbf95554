// SPDX-License-Identifier: BSL-1.0
#include "config_text.hpp"

#include "keys.hpp"

#include <set>
#include <string_view>

namespace eddyd {
namespace {

using eddy::services::option;
using eddy::services::to_toml;

constexpr std::size_t comment_width = 78;

/// `text` as lines of comment, broken at blanks.
std::string comment(std::string_view text) {
    std::string lines = "#";
    std::size_t column = 1;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (column + 1 + word.size() > comment_width) {
            lines += "\n#";
            column = 1;
        }
        lines += ' ';
        lines += word;
        column += 1 + word.size();
    }
    return lines + '\n';
}

/// Describes each key where it comes for the first time.
class writer {
public:
    explicit writer(const eddy::services::registry& known) : known_(known) {}

    std::string write(const config& shown);

private:
    void write(const listen_config& shown);
    void write_entry(
        const std::string& scope,
        const option& described,
        const eddy::services::option_value& value,
        bool is_required
    );

    const eddy::services::registry& known_;
    std::set<std::string> described_;
    std::string text_;
};

void writer::write_entry(
    const std::string& scope,
    const option& described,
    const eddy::services::option_value& value,
    bool is_required
) {
    if (described_.insert(scope + '.' + described.name).second) {
        text_ += comment(described.effect + " (" + value_text(described, is_required) + ")");
    }
    text_ += described.name + " = " + to_toml(value) + '\n';
}

void writer::write(const listen_config& shown) {
    text_ += "\n[[listen]]\n";
    for (const auto& each : listen_keys()) {
        write_entry("listen", each.described, each.get(shown), each.is_required);
    }
    for (const auto& each : known_.find(shown.service).options) {
        write_entry(shown.service, each, shown.service_options.at(each.name), false);
    }
}

std::string writer::write(const config& shown) {
    text_ = "# The configuration of eddyd; see eddyd.toml(5).\n\n[server]\n";
    for (const auto& each : server_keys()) {
        write_entry("server", each.described, each.get(shown), each.is_required);
    }
    for (const auto& each : shown.listeners) {
        write(each);
    }
    return std::move(text_);
}

} // namespace

std::string value_text(const option& described, bool is_required) {
    std::string text = described.form();
    if (!described.unit.empty()) {
        text = described.unit + ", " + text;
    }
    return text + (is_required ? "; required" : "; default " + to_toml(described.standard));
}

std::string config_text(const config& shown, const eddy::services::registry& known) {
    return writer(known).write(shown);
}

} // namespace eddyd
