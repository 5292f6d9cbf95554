// SPDX-License-Identifier: BSL-1.0
#include "services/reply_options.hpp"

#include <eddy/services/address_ranges.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace eddy::services::detail {
namespace {

constexpr std::int64_t rate_max = 10'000'000;
constexpr std::int64_t hour_ms = 3'600'000;

/// Nothing stands for everybody.
std::vector<address_range> parse_allow(const std::string& text) {
    auto list = parse_ranges("allow", text);
    const auto anybody = parse_ranges("allow", "any");
    const bool is_anybody = std::find(list.begin(), list.end(), anybody.front()) != list.end();
    return is_anybody ? std::vector<address_range>() : std::move(list);
}

template <class Number>
Number number_at(const option_values& values, std::string_view name) {
    return static_cast<Number>(std::get<std::int64_t>(values.find(name)->second));
}

} // namespace

std::vector<option> with_reply_options(std::vector<option> own) {
    static const reply_rules standard = reply_rules::of_service();
    const auto number = [](std::uint32_t value) { return option_value(std::int64_t(value)); };
    own.push_back(
        {.name = "allow",
         .standard = std::string("loopback site"),
         .effect =
             "Whose datagrams are answered: ranges of addresses with spaces between them, and "
             "the words loopback, site (what no router of the internet passes on) and any."}
    );
    own.push_back(
        {.name = "reply_rate_per_source",
         .standard = number(standard.rate_per_source),
         .effect = "Datagrams answered in a second of one IPv4 address, or of the /64 of an IPv6 "
                   "address, but for this machine's own. Any number when 0.",
         .unit = "datagrams",
         .highest = rate_max}
    );
    own.push_back(
        {.name = "reply_rate",
         .standard = number(standard.rate),
         .effect = "The same for all sources together.",
         .unit = "datagrams",
         .highest = rate_max}
    );
    own.push_back(
        {.name = "reply_repeats",
         .standard = number(standard.repeats),
         .effect = "The same datagram of the same peer more often than this in a second is taken "
                   "for a loop of two services, and the peer is silenced. Never when 0.",
         .unit = "datagrams",
         .highest = rate_max}
    );
    own.push_back(
        {.name = "reply_silence",
         .standard = standard.silence,
         .effect = "How long such a peer is not answered.",
         .highest = hour_ms}
    );
    return own;
}

reply_rules reply_rules_of(const option_values& values) {
    reply_rules made = reply_rules::of_service();
    made.allow = parse_allow(std::get<std::string>(values.find("allow")->second));
    made.rate_per_source = number_at<std::uint32_t>(values, "reply_rate_per_source");
    made.rate = number_at<std::uint32_t>(values, "reply_rate");
    made.repeats = number_at<std::uint32_t>(values, "reply_repeats");
    made.silence = std::get<duration>(values.find("reply_silence")->second);
    return made;
}

} // namespace eddy::services::detail
