// SPDX-License-Identifier: BSL-1.0
#include "server/proxy_policy.hpp"

#include <algorithm>

namespace eddy::detail {

proxy_verdict judge_peer(const proxy_rules& rules, const address& peer) noexcept {
    if (rules.mode == proxy_protocol::off) {
        return proxy_verdict::serve;
    }
    const bool is_trusted =
        !peer.is_ip() || std::any_of(rules.trusted.begin(), rules.trusted.end(), [&](auto& range) {
            return range.contains(peer);
        });
    if (is_trusted) {
        return proxy_verdict::read_header;
    }
    return rules.untrusted == when_untrusted::serve ? proxy_verdict::skip : proxy_verdict::refuse;
}

} // namespace eddy::detail
