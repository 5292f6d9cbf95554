// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/services/option.hpp>

#include "config.hpp"

#include <string_view>
#include <vector>

namespace eddyd {

/// One key of the configuration: how it reads, and the field that it stands for. The tables of keys
/// drive parsing, `--print-config` and the check of the manual.
template <class Target>
struct key {
    eddy::services::option described;
    eddy::services::option_value (*get)(const Target&);
    /// Takes a value that `described` has checked. Throws `option_error` when it still does not
    /// fit.
    void (*set)(Target&, const eddy::services::option_value&);
    bool is_required = false;
};

/// The keys of `[server]`.
[[nodiscard]] const std::vector<key<config>>& server_keys();

/// The keys of `[[listen]]`; the options of its service come on top.
[[nodiscard]] const std::vector<key<listen_config>>& listen_keys();

template <class Target>
const key<Target>* find_key(const std::vector<key<Target>>& keys, std::string_view name) {
    for (const auto& each : keys) {
        if (each.described.name == name) {
            return &each;
        }
    }
    return nullptr;
}

} // namespace eddyd
