// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/reply_verdict.hpp>

namespace eddy {

std::string_view to_string(reply_verdict verdict) noexcept {
    switch (verdict) {
    case reply_verdict::allowed:
        return "allowed";
    case reply_verdict::no_address:
        return "no return address";
    case reply_verdict::group_address:
        return "multicast or broadcast";
    case reply_verdict::system_port:
        return "source port below 1024";
    case reply_verdict::service_port:
        return "source port of a service";
    case reply_verdict::own_port:
        return "source port served here";
    case reply_verdict::not_listed:
        return "source not in allow";
    case reply_verdict::loop:
        return "the same again and again";
    case reply_verdict::source_rate:
        return "too many from its source";
    case reply_verdict::rate:
        return "too many from all sources";
    case reply_verdict::too_large:
        return "answer too large for an unconfirmed peer";
    }
    return {};
}

} // namespace eddy
