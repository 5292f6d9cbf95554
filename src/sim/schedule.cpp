// SPDX-License-Identifier: BSL-1.0
#include "sim/schedule.hpp"

#include <eddy/sim/failure.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

namespace eddy::sim::detail {

std::string to_string(const schedule& decisions) {
    std::string text;
    for (const decision& each : decisions) {
        text += text.empty() ? "" : ",";
        text += name_of(each.kind);
        text += ':';
        text += std::to_string(each.index);
    }
    return text;
}

schedule parse_schedule(std::string_view text) {
    schedule decisions;
    while (!text.empty()) {
        const auto item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), item.size() + 1));
        const auto colon = item.find(':');
        std::size_t kind = 0;
        while (kind < choice_count && name_of(static_cast<choice>(kind)) != item.substr(0, colon)) {
            ++kind;
        }
        std::uint64_t index = 0;
        const char* end = item.data() + item.size();
        const bool is_pair = colon != item.npos && colon + 1 != item.size();
        if (kind == choice_count || !is_pair ||
            std::from_chars(item.data() + colon + 1, end, index).ptr != end) {
            throw failure(
                "EDDY_SIM_KEEP: \"" + std::string(item) + "\" is not a decision such as segment:3"
            );
        }
        decisions.push_back({static_cast<choice>(kind), index});
    }
    std::sort(decisions.begin(), decisions.end());
    return decisions;
}

schedule shrink(
    schedule decisions, std::size_t most_runs, const std::function<bool(const schedule&)>& fails
) {
    std::sort(decisions.begin(), decisions.end());
    std::size_t runs = 0;
    const auto replace_if_failing = [&](schedule candidate) {
        if (runs == most_runs || candidate.size() == decisions.size()) {
            return false;
        }
        ++runs;
        if (!fails(candidate)) {
            return false;
        }
        decisions = std::move(candidate);
        return true;
    };

    replace_if_failing({});
    for (std::size_t kind = 0; kind < choice_count; ++kind) {
        schedule others = decisions;
        std::erase_if(others, [&](const decision& each) {
            return each.kind == static_cast<choice>(kind);
        });
        replace_if_failing(std::move(others));
    }
    std::size_t parts = 2;
    while (parts <= decisions.size() && runs < most_runs) {
        const std::size_t before = decisions.size();
        for (std::size_t part = 0; part < parts; ++part) {
            const auto begin = static_cast<std::ptrdiff_t>(before * part / parts);
            const auto end = static_cast<std::ptrdiff_t>(before * (part + 1) / parts);
            schedule rest = decisions;
            rest.erase(rest.begin() + begin, rest.begin() + end);
            if (replace_if_failing(std::move(rest))) {
                break;
            }
        }
        if (decisions.size() == before) {
            if (parts == before) {
                break; // not one decision can be spared
            }
            parts = std::min(parts * 2, before);
        } else {
            parts = std::max<std::size_t>(parts - 1, 2);
        }
    }
    if (decisions.size() == 1) {
        replace_if_failing({});
    }
    return decisions;
}

} // namespace eddy::sim::detail
