// SPDX-License-Identifier: BSL-1.0
// Sections named here are those of the PROXY protocol's text.
#include <eddy/core/byte_view.hpp>
#include <eddy/net/proxy_header.hpp>

#include "net/numbers.hpp"
#include "platform/ip_text.hpp"

#include <boost/crc.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace eddy {
namespace {

constexpr std::string_view text_signature = "PROXY ";
constexpr std::string_view binary_signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t text_max = 107;  // 2.1: the longest line, with its CRLF
constexpr std::size_t fixed_size = 16; // 2.2: signature, version and command, family, length
constexpr std::size_t path_size = 108;
constexpr std::size_t tlv_head = 3;
constexpr unsigned version_2 = 2;

enum class command : std::uint8_t { local, proxy };
enum class family : std::uint8_t { unspecified, ipv4, ipv6, local };
enum class protocol : std::uint8_t { unspecified, stream, datagram };

std::uint8_t byte_at(std::span<const std::byte> bytes, std::size_t at) noexcept {
    return std::to_integer<std::uint8_t>(bytes[at]);
}

std::uint16_t short_at(std::span<const std::byte> bytes, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

void append_short(std::string& to, std::size_t value) {
    to.push_back(static_cast<char>(value >> 8));
    to.push_back(static_cast<char>(value));
}

template <class Bytes>
Bytes bytes_at(std::span<const std::byte> from, std::size_t at) noexcept {
    Bytes copied{};
    for (std::size_t i = 0; i != copied.size(); ++i) {
        copied[i] = byte_at(from, at + i);
    }
    return copied;
}

/// The bytes of both addresses of a family, with their ports.
std::size_t size_of(family kind) noexcept {
    switch (kind) {
    case family::ipv4:
        return 2 * (sizeof(address::ipv4_bytes) + 2);
    case family::ipv6:
        return 2 * (sizeof(address::ipv6_bytes) + 2);
    case family::local:
        return 2 * path_size;
    case family::unspecified:
        break;
    }
    return 0;
}

template <class Bytes>
void set_ip(proxy_header& to, std::span<const std::byte> from) {
    constexpr std::size_t size = sizeof(Bytes);
    to.source = address(bytes_at<Bytes>(from, 0), short_at(from, 2 * size));
    to.destination = address(bytes_at<Bytes>(from, size), short_at(from, 2 * size + 2));
}

/// A path ends at its first zero; one that begins with a zero is of the abstract namespace.
address path_at(std::span<const std::byte> from) {
    std::string path(byte_view(from).text());
    if (path[0] == '@') {
        return {}; // a file's name, which could not be told from one of the abstract namespace
    }
    const bool is_abstract = path[0] == '\0' && path[1] != '\0';
    path[0] = is_abstract ? '@' : path[0];
    path.resize(std::min(path.find('\0'), path.size()));
    return address::local(std::move(path));
}

void set_addresses(proxy_header& to, family kind, std::span<const std::byte> from) {
    if (kind == family::ipv4) {
        set_ip<address::ipv4_bytes>(to, from);
    } else if (kind == family::ipv6) {
        set_ip<address::ipv6_bytes>(to, from);
    } else if (kind == family::local) {
        to.source = path_at(from.first(path_size));
        to.destination = path_at(from.subspan(path_size));
    }
}

/// CRC32C with the field itself as zeros (2.2.3), `at` its four bytes.
bool has_right_checksum(std::span<const std::byte> header, std::size_t at) {
    constexpr std::array<char, 4> zeros{};
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;
    sum.process_bytes(header.data(), at);
    sum.process_bytes(zeros.data(), zeros.size());
    sum.process_bytes(header.data() + at + zeros.size(), header.size() - at - zeros.size());
    const std::uint32_t told = std::uint32_t{short_at(header, at)} << 16 | short_at(header, at + 2);
    return sum.checksum() == told;
}

/// What is wrong with the extensions, which begin at `at`; empty when nothing is.
std::string_view fault_of_extensions(std::span<const std::byte> header, std::size_t at) {
    while (at != header.size()) {
        if (header.size() - at < tlv_head) {
            return "an extension has three bytes before its value";
        }
        const std::size_t size = short_at(header, at + 1);
        const std::size_t value = at + tlv_head;
        if (header.size() - value < size) {
            return "an extension ends within the header";
        }
        if (byte_at(header, at) == proxy_header::checksum &&
            (size != sizeof(std::uint32_t) || !has_right_checksum(header, value))) {
            return "the checksum is the CRC32C of the header";
        }
        at = value + size;
    }
    return {};
}

/// Takes the next word of a line, and the space behind it.
std::string_view take_word(std::string_view& line) noexcept {
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

std::optional<address>
to_address(std::string_view host, std::string_view port_text, bool is_ipv6) noexcept {
    const auto port = detail::parse_number<std::uint16_t>(port_text);
    if (!port || (port_text.size() > 1 && port_text[0] == '0')) {
        return std::nullopt;
    }
    if (is_ipv6) {
        const auto bytes = platform::parse_ipv6(host);
        return bytes ? std::optional(address(*bytes, *port)) : std::nullopt;
    }
    const auto bytes = platform::parse_ipv4(host);
    return bytes ? std::optional(address(*bytes, *port)) : std::nullopt;
}

bool is_beginning(std::string_view arrived, std::string_view signature) noexcept {
    const auto size = std::min(arrived.size(), signature.size());
    return arrived.substr(0, size) == signature.substr(0, size);
}

family family_of(const address& at) noexcept {
    switch (at.kind()) {
    case address::family::ipv4:
        return family::ipv4;
    case address::family::ipv6:
        return family::ipv6;
    case address::family::local:
        return family::local;
    case address::family::none:
        break;
    }
    return family::unspecified;
}

void append_host(std::string& to, const address& at) {
    const auto append = [&to](const auto& bytes) { to.append(bytes.begin(), bytes.end()); };
    if (at.kind() == address::family::ipv4) {
        append(at.v4());
    } else if (at.kind() == address::family::ipv6) {
        append(at.v6());
    } else {
        std::string path = at.path();
        path[0] = path[0] == '@' ? '\0' : path[0];
        path.resize(path_size);
        append(path);
    }
}

} // namespace

std::optional<std::string_view> proxy_header::extension(std::uint8_t type) const noexcept {
    const std::string_view all = extensions;
    const auto bytes = byte_view(all).bytes();
    for (std::size_t at = 0; bytes.size() - at >= tlv_head;) {
        const auto value = all.substr(at + tlv_head, short_at(bytes, at + 1));
        if (byte_at(bytes, at) == type) {
            return value;
        }
        at += tlv_head + value.size();
    }
    return std::nullopt;
}

std::string proxy_header::to_bytes() const {
    const auto ipv4 = address::family::ipv4;
    const bool is_ipv4 = source.unmapped().kind() == ipv4 && destination.unmapped().kind() == ipv4;
    const address from = is_ipv4 ? source.unmapped() : source;
    const address to = is_ipv4 ? destination.unmapped() : destination;
    const family kind = family_of(from) == family_of(to) ? family_of(from) : family::unspecified;
    const auto carries = kind == family::unspecified ? protocol::unspecified
                         : is_datagram               ? protocol::datagram
                                                     : protocol::stream;
    const std::size_t size = size_of(kind) + extensions.size();
    if (size > UINT16_MAX) {
        throw std::length_error("eddy: proxy_header: extensions of more than 64 KiB");
    }
    std::string bytes(binary_signature);
    bytes.push_back(static_cast<char>(version_2 << 4 | unsigned(command::proxy)));
    bytes.push_back(static_cast<char>(unsigned(kind) << 4 | unsigned(carries)));
    append_short(bytes, size);
    if (kind != family::unspecified) {
        append_host(bytes, from);
        append_host(bytes, to);
    }
    if (kind == family::ipv4 || kind == family::ipv6) {
        append_short(bytes, from.port());
        append_short(bytes, to.port());
    }
    return bytes + extensions;
}

error_code proxy_header_reader::refuse(errc why, std::string_view rule) noexcept {
    broken_rule_ = rule;
    return make_error_code(why);
}

message_finder::answer proxy_header_reader::find(std::span<const std::byte> arrived) noexcept {
    const auto text = byte_view(arrived).text();
    const auto refused = [this](errc why, std::string_view rule) {
        return answer{.refused = refuse(why, rule)};
    };
    if (is_beginning(text, text_signature)) {
        const auto end = text.substr(0, text_max).find('\n');
        if (end != std::string_view::npos) {
            return {.size = end + 1};
        }
        return text.size() < text_max ? answer{}
                                      : refused(errc::too_long, "a line of 107 bytes has its end");
    }
    if (!is_beginning(text, binary_signature)) {
        return refused(errc::malformed, "a header begins with \"PROXY \" or the signature");
    }
    if (arrived.size() < fixed_size) {
        return {};
    }
    const std::size_t size = fixed_size + short_at(arrived, fixed_size - 2);
    if (size > max) {
        return refused(errc::too_long, "a header has 4096 bytes at most");
    }
    return {.size = size <= arrived.size() ? size : 0};
}

result<proxy_header> proxy_header_reader::read(std::span<const std::byte> found) {
    const auto text = byte_view(found).text();
    return text.starts_with(text_signature) ? read_text(text) : read_binary(found);
}

result<proxy_header> proxy_header_reader::read_text(std::string_view line) {
    if (!line.ends_with("\r\n")) {
        return refuse(errc::malformed, "a line ends with CRLF");
    }
    line.remove_suffix(2);
    line.remove_prefix(text_signature.size());
    const auto kind = take_word(line);
    if (kind == "UNKNOWN") { // 2.1: whatever follows
        return proxy_header();
    }
    const bool is_ipv6 = kind == "TCP6";
    if (!is_ipv6 && kind != "TCP4") {
        return refuse(errc::malformed, "the protocol is TCP4, TCP6 or UNKNOWN");
    }
    const auto hosts = std::array{take_word(line), take_word(line)};
    const auto source_port = take_word(line);
    const auto source = to_address(hosts[0], source_port, is_ipv6);
    const auto destination = to_address(hosts[1], line, is_ipv6);
    if (!source || !destination) {
        return refuse(errc::malformed, "two addresses of the protocol and two ports follow");
    }
    return proxy_header{.source = *source, .destination = *destination};
}

result<proxy_header> proxy_header_reader::read_binary(std::span<const std::byte> whole) {
    const auto version_command = byte_at(whole, binary_signature.size());
    if (version_command >> 4 != version_2) {
        return refuse(errc::malformed, "the version is 2");
    }
    const auto told = static_cast<command>(version_command & 0xF);
    if (told != command::local && told != command::proxy) {
        return refuse(errc::malformed, "the command is LOCAL or PROXY");
    }
    proxy_header made;
    if (told == command::local) { // 2.2: the rest is to be skipped
        return made;
    }
    const auto family_protocol = byte_at(whole, binary_signature.size() + 1);
    auto kind = static_cast<family>(family_protocol >> 4);
    const auto carries = static_cast<protocol>(family_protocol & 0xF);
    if (kind > family::local || carries == protocol::unspecified || carries > protocol::datagram) {
        kind = family::unspecified; // 2.2: the connection's own addresses are to be used
    }
    if (whole.size() - fixed_size < size_of(kind)) {
        return refuse(errc::malformed, "both addresses are within the header");
    }
    const std::size_t rest = fixed_size + size_of(kind);
    // The fields behind the addresses of a family that nobody knows cannot be found.
    if (kind != family::unspecified || family_protocol == 0) {
        if (const auto fault = fault_of_extensions(whole, rest); !fault.empty()) {
            return refuse(errc::malformed, fault);
        }
        made.extensions = byte_view(whole.subspan(rest)).text();
    }
    set_addresses(made, kind, whole.subspan(fixed_size));
    made.is_datagram = kind != family::unspecified && carries == protocol::datagram;
    return made;
}

} // namespace eddy
