// SPDX-License-Identifier: BSL-1.0
#include <eddy/services/registry.hpp>

#include "net/host_name.hpp"
#include "services/standard.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace eddy::services {
namespace {

using eddy::detail::quoted;

template <class List>
std::vector<std::string_view> names_of(const List& list) {
    std::vector<std::string_view> names;
    names.reserve(std::size(list));
    for (const auto& row : list) {
        names.emplace_back(row.name);
    }
    return names;
}

template <class List>
auto find_by_name(const List& list, std::string_view name) {
    return std::find_if(list.begin(), list.end(), [&](const auto& row) {
        return row.name == name;
    });
}

} // namespace

option_values service::complete(const option_values& given) const {
    option_values all;
    for (const auto& [key, value] : given) {
        const auto described = find_by_name(options, key);
        if (described == options.end()) {
            throw option_error(
                key,
                "the service " + quoted(name) + " has no such option",
                did_you_mean(key, names_of(options))
            );
        }
        all.emplace(key, described->checked(value));
    }
    for (const auto& described : options) {
        all.emplace(described.name, described.standard);
    }
    return all;
}

registry registry::standard() {
    registry made;
    made.add(detail::echo_service());
    made.add(detail::message_reply_service());
    made.add(detail::discard_service());
    made.add(detail::chargen_service());
    made.add(detail::daytime_service());
    made.add(detail::time_service());
    made.add(detail::relay_service());
    return made;
}

void registry::add(service added) {
    if (added.name.empty() || !added.make) {
        throw std::invalid_argument("eddy: a service needs a name and a way to make its handler");
    }
    if (find_by_name(services_, added.name) != services_.end()) {
        throw std::invalid_argument("eddy: there are two services " + quoted(added.name));
    }
    services_.push_back(std::move(added));
}

const service& registry::find(std::string_view name) const {
    const auto found = find_by_name(services_, name);
    if (found == services_.end()) {
        throw option_error(
            "service",
            "there is no service " + quoted(name),
            did_you_mean(name, names_of(services_))
        );
    }
    return *found;
}

handler registry::make(std::string_view name, const option_values& given) const {
    const service& found = find(name);
    return found.make(found.complete(given));
}

} // namespace eddy::services
