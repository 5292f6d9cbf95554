// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/resolve_srv.hpp>

#include "net/engine_call.hpp"
#include "net/service_order.hpp"

#include <string_view>
#include <utility>

namespace eddy {
namespace {

/// The scheme of the endpoints, by the second label. Throws for what names no service.
std::string_view scheme_of(std::string_view name) {
    const auto dot = name.find('.');
    if (name.size() > 1 && name.front() == '_' && dot != name.npos && dot > 1 &&
        name.size() > dot + 6 && name[dot + 5] == '.') {
        const auto protocol = name.substr(dot + 1, 4);
        if (protocol == "_tcp") {
            return "tcp://";
        }
        if (protocol == "_udp") {
            return "udp://";
        }
    }
    throw error(
        make_error_code(std::errc::invalid_argument),
        "service \"" + std::string(name) +
            "\": not the name of a service; write _service._tcp.domain or _service._udp.domain"
    );
}

/// The resolver library has no documented place for others.
void check_name_server(const address& asked) {
    if (asked.kind() != address::family::ipv4 && asked.kind() != address::family::none) {
        throw error(
            make_error_code(std::errc::address_family_not_supported),
            "name server \"" + asked.to_string() +
                "\": only those with an IPv4 address can be asked; write 127.0.0.1:8600, or none "
                "for the system's"
        );
    }
}

/// Those that have a host to connect to.
std::vector<endpoint>
endpoints_of(std::string_view scheme, const std::vector<service_record>& records) {
    std::vector<endpoint> found;
    for (const auto& each : records) {
        try {
            found.emplace_back(std::string(scheme) + each.target + ':' + std::to_string(each.port));
        } catch (const error&) {
            // What the name server says is no name of a host.
        }
    }
    return found;
}

} // namespace

task<result<std::vector<endpoint>>>
resolve_srv(std::string name, duration timeout, address name_server) {
    const auto scheme = scheme_of(name);
    check_name_server(name_server);
    co_await detail::share_awaiter();
    detail::op_awaiter<resolve_op> found(within(timeout));
    found.operation.asks = resolve_op::question::services;
    found.operation.host = name;
    found.operation.name_server = std::move(name_server);
    if (const auto failure = co_await found) {
        co_return failure;
    }
    auto& records = found.operation.services;
    std::erase_if(records, [](const auto& each) { return each.target.empty(); });
    if (records.empty()) {
        co_return errc::no_such_host;
    }
    const auto seed = loop::current().driver().random_seed();
    auto where = endpoints_of(scheme, detail::service_order(std::move(records), seed));
    if (where.empty()) {
        co_return errc::malformed;
    }
    co_return where;
}

} // namespace eddy
