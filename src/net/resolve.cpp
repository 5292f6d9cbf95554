// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/connect.hpp>

#include "net/engine_call.hpp"
#include "net/resolve_until.hpp"

#include <utility>

namespace eddy {

task<result<std::vector<address>>>
detail::resolve_until(std::string host, std::uint16_t port, deadline limit) {
    op_awaiter<resolve_op> found(limit);
    found.operation.host = std::move(host);
    found.operation.port = port;
    if (const auto failure = co_await found) {
        co_return failure;
    }
    co_return std::move(found.operation.addresses);
}

task<result<std::vector<address>>> resolve(std::string host, std::uint16_t port, duration timeout) {
    co_await detail::share_awaiter();
    const auto limit = within(timeout);
    std::string literal = host;
    if (host.find(':') != std::string::npos) {
        literal.insert(0, 1, '[').push_back(']');
    }
    if (auto numeric = address::parse(literal + ':' + std::to_string(port))) {
        co_return std::vector<address>(1, std::move(*numeric));
    }
    co_return co_await detail::resolve_until(std::move(host), port, limit);
}

} // namespace eddy
