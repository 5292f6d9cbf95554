// SPDX-License-Identifier: BSL-1.0
#include "net/source_prefix.hpp"

#include "net/keyed_hash.hpp"

#include <cstring>

namespace eddy::detail {

source_prefix::source_prefix(const address& from) noexcept {
    if (!from.is_ip()) {
        return;
    }
    is_known_ = true;
    const address plain = from.unmapped();
    is_ipv4_ = plain.kind() == address::family::ipv4;
    std::memcpy(&bits_, plain.v6().data(), is_ipv4_ ? 4 : 8);
}

std::uint64_t source_prefix::key() const noexcept {
    return keyed_hash().add(bits_).add(is_ipv4_ ? 1 : 0).value();
}

} // namespace eddy::detail
