// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/name_table.hpp>

#include <utility>
#include <vector>

namespace eddy::sim {

void name_table::set(std::string_view name, std::vector<address> addresses) {
    auto& known = entries_[std::string(name)];
    known.addresses = std::move(addresses);
    known.error = {};
}

void name_table::set_services(std::string_view name, std::vector<service_record> services) {
    auto& known = entries_[std::string(name)];
    known.services = std::move(services);
    known.error = {};
}

void name_table::fail(std::string_view name, error_code error) {
    entries_.insert_or_assign(std::string(name), entry{{}, {}, error});
}

name_table::entry name_table::find_entry(std::string_view name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? entry() : found->second;
}

result<std::vector<address>> name_table::find(std::string_view name) const {
    auto known = find_entry(name);
    if (known.error || known.addresses.empty()) {
        return known.error ? known.error : make_error_code(errc::no_such_host);
    }
    return std::move(known.addresses);
}

result<std::vector<service_record>> name_table::find_services(std::string_view name) const {
    auto known = find_entry(name);
    if (known.error || known.services.empty()) {
        return known.error ? known.error : make_error_code(errc::no_such_host);
    }
    return std::move(known.services);
}

} // namespace eddy::sim
