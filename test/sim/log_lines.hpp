// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/log.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Takes the lines of the log as long as it lives.
class log_lines {
public:
    log_lines() {
        eddy::log::set_sink(
            [](eddy::log::level, std::string_view line, void* self) {
                static_cast<log_lines*>(self)->lines_.emplace_back(line);
            },
            this
        );
    }
    log_lines(const log_lines&) = delete;
    log_lines& operator=(const log_lines&) = delete;
    ~log_lines() { eddy::log::set_sink(nullptr, nullptr); }

    /// The first line with that text, or nothing.
    [[nodiscard]] std::string line_with(std::string_view wanted) const {
        eddy::log::flush();
        const auto found = std::find_if(lines_.begin(), lines_.end(), has{wanted});
        return found == lines_.end() ? std::string() : *found;
    }

    [[nodiscard]] std::ptrdiff_t count(std::string_view wanted) const {
        eddy::log::flush();
        return std::count_if(lines_.begin(), lines_.end(), has{wanted});
    }

private:
    struct has {
        std::string_view wanted;
        bool operator()(std::string_view line) const { return line.find(wanted) != line.npos; }
    };

    std::vector<std::string> lines_;
};
