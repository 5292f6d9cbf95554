// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/reply_rules.hpp>

namespace eddy {

reply_rules reply_rules::of_service() {
    reply_rules made;
    made.allow = address_range::loopback();
    for (const address_range& each : address_range::site()) {
        made.allow.push_back(each);
    }
    made.amplification = 0;
    return made;
}

} // namespace eddy
