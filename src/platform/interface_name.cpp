// SPDX-License-Identifier: BSL-1.0
#include "platform/interface_name.hpp"

#include <net/if.h>

namespace eddy::platform {

static_assert(longest_interface_name < IF_NAMESIZE);

std::uint32_t interface_index(std::string_view name) noexcept {
    char terminated[IF_NAMESIZE] = {};
    if (name.size() > longest_interface_name || name.find('\0') != std::string_view::npos) {
        return 0;
    }
    name.copy(terminated, name.size());
    return ::if_nametoindex(terminated);
}

std::string interface_name(std::uint32_t index) {
    char name[IF_NAMESIZE];
    return ::if_indextoname(index, name) ? name : std::string();
}

} // namespace eddy::platform
