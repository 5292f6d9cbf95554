// SPDX-License-Identifier: BSL-1.0
#include "services/words.hpp"

#include <algorithm>

namespace eddy::services {

std::vector<std::string_view> detail::words_of(std::string_view text) {
    constexpr std::string_view separators = " ,";
    std::vector<std::string_view> words;
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
        if (text.empty()) {
            return words;
        }
        words.push_back(text.substr(0, text.find_first_of(separators)));
        text.remove_prefix(words.back().size());
    }
}

} // namespace eddy::services
