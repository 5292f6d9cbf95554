// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/address_ranges.hpp>
#include <eddy/services/option.hpp>

#include "net/host_name.hpp"
#include "services/words.hpp"

namespace eddy::services {
namespace {

void append(std::vector<address_range>& list, const std::vector<address_range>& more) {
    list.insert(list.end(), more.begin(), more.end());
}

} // namespace

std::vector<address_range> parse_ranges(const std::string& option, std::string_view text) {
    const std::string remedy =
        "write ranges, as in \"192.0.2.0/24 2001:db8::/32\", or loopback, site or any";
    std::vector<address_range> list;
    for (const auto word : detail::words_of(text)) {
        if (word == "any") {
            append(list, {*address_range::parse("0.0.0.0/0"), *address_range::parse("::/0")});
        } else if (word == "loopback") {
            append(list, address_range::loopback());
        } else if (word == "site") {
            append(list, address_range::site());
        } else if (const auto range = address_range::parse(word)) {
            list.push_back(*range);
        } else {
            throw option_error(
                option, eddy::detail::quoted(word) + " is no range of addresses", remedy
            );
        }
    }
    if (list.empty()) {
        throw option_error(option, "nobody is in it", remedy);
    }
    return list;
}

} // namespace eddy::services
