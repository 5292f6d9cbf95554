// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/name_table.hpp>

#include <utility>
#include <vector>

namespace eddy::sim {

void name_table::set(std::string_view name, std::vector<address> addresses) {
    entries_.insert_or_assign(std::string(name), entry{std::move(addresses), {}});
}

void name_table::fail(std::string_view name, error_code error) {
    entries_.insert_or_assign(std::string(name), entry{{}, error});
}

result<std::vector<address>> name_table::find(std::string_view name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
        return errc::no_such_host;
    }
    if (found->second.error) {
        return found->second.error;
    }
    return found->second.addresses;
}

} // namespace eddy::sim
