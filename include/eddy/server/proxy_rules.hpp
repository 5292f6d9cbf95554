// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address_range.hpp>

#include <cstdint>
#include <vector>

namespace eddy {

/// Whether the sessions of a listener begin with a PROXY header, of version 1 or 2. There is no
/// third way: a server that takes what comes would believe anybody.
enum class proxy_protocol : std::uint8_t {
    off,     ///< They do not; what looks like a header is for the handler.
    require, ///< They do; one that begins otherwise is reset before its handler begins.
};

/// What becomes of a peer who is not among the trusted ones.
enum class when_untrusted : std::uint8_t {
    refuse, ///< It is reset, and nothing of it is read.
    serve,  ///< It is a client like any other: what looks like a header is for the handler.
};

/// How a listener hears of the clients behind a proxy. Where a header is read,
/// `server_config::max_sessions_per_source` and `accept_rate_per_source` hold for the client that
/// it names, and not for the proxy.
struct proxy_rules {
    proxy_protocol mode = proxy_protocol::off;
    /// Whose headers are believed, by the address that the kernel gives; with `require` there must
    /// be one. What comes by a Unix socket or a pipe has none and is trusted: who may open that is
    /// for its permissions to say.
    std::vector<address_range> trusted = {};
    when_untrusted untrusted = when_untrusted::refuse;
};

/// What has become of the headers on one listener. Those refused are sessions that did not get as
/// far as their handler: `listener_report::unserved`.
struct proxy_report {
    std::uint64_t headers = 0;   ///< Read; the sessions went on.
    std::uint64_t silent = 0;    ///< Came and went without a byte, as health checks do.
    std::uint64_t late = 0;      ///< Not whole within `session_deadlines::proxy_header`.
    std::uint64_t broken = 0;    ///< Ended, or the connection did, before the header was whole.
    std::uint64_t malformed = 0; ///< Were none; the log has the rule that was broken.
    std::uint64_t untrusted = 0; ///< Came from others than the trusted, and were refused.
    std::uint64_t skipped = 0;   ///< The same, and were served: `when_untrusted::serve`.
};

} // namespace eddy
