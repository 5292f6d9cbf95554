// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/endpoint.hpp>

#include "net/endpoint_parser.hpp"

#include <stdexcept>
#include <utility>

namespace eddy {
namespace {

const std::string& nothing() noexcept {
    static const std::string empty;
    return empty;
}

} // namespace

endpoint::endpoint(std::string_view text) {
    auto parts = detail::parse_endpoint(text);
    transport_ = parts.kind;
    port_ = parts.port;
    descriptor_ = parts.descriptor;
    name_ = std::move(parts.name);
}

endpoint::endpoint(transport kind, const address& at)
    : transport_(kind), port_(kind == transport::icmp ? 0 : at.port()) {
    const bool has_path = kind == transport::unix_stream || kind == transport::unix_datagram ||
                          kind == transport::mem;
    if (has_host() ? !at.is_ip() : !has_path || at.kind() != address::family::local) {
        throw std::invalid_argument("eddy: an address of this family is no endpoint of this kind");
    }
    name_ = at.host_string();
}

bool endpoint::is_datagram() const noexcept {
    return transport_ == transport::udp || transport_ == transport::icmp ||
           transport_ == transport::unix_datagram;
}

bool endpoint::has_host() const noexcept {
    return transport_ == transport::tcp || transport_ == transport::udp ||
           transport_ == transport::icmp;
}

const std::string& endpoint::host() const noexcept {
    return has_host() ? name_ : nothing();
}

const std::string& endpoint::path() const noexcept {
    return has_host() ? nothing() : name_;
}

result<address> endpoint::numeric() const {
    if (!has_host()) {
        return make_error_code(std::errc::invalid_argument);
    }
    const bool is_ipv6 = name_.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? '[' + name_ + ']' : name_;
    return address::parse(host + ':' + std::to_string(port_));
}

std::string endpoint::to_string() const {
    std::string text(detail::scheme_of(transport_));
    text += has_host() ? "://" : ":";
    if (transport_ == transport::fd) {
        return text + std::to_string(descriptor_);
    }
    const bool is_ipv6 = has_host() && name_.find(':') != std::string::npos;
    text += is_ipv6 ? '[' + name_ + ']' : name_;
    if (has_host() && transport_ != transport::icmp) {
        text += ':' + std::to_string(port_);
    }
    return text;
}

} // namespace eddy
