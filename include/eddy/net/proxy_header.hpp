// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>
#include <eddy/net/message_finder.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace eddy {

/// What a proxy tells, before the first byte of its client, of the connection that it stands for:
/// the PROXY protocol (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt). A server reads
/// it when `listen_options::proxy` says so; programs that are proxies themselves write it.
struct EDDY_EXPORT proxy_header {
    /// The proxy's client. `none` when the proxy does not tell, or speaks for itself (a health
    /// check).
    address source = {};
    address destination = {}; ///< What the client has connected to; `none` as the source is.
    /// What else the proxy has told: the type-length-value fields of version 2 as they came.
    std::string extensions = {};
    bool is_datagram = false; ///< The connection is one of datagrams.

    // Types of extensions.
    static constexpr std::uint8_t alpn = 0x01;      ///< The protocol chosen in TLS.
    static constexpr std::uint8_t authority = 0x02; ///< The host name that the client asked for.
    static constexpr std::uint8_t checksum = 0x03;  ///< CRC32C of the header; checked when read.
    static constexpr std::uint8_t unique_id = 0x05; ///< The proxy's name for the connection.

    /// The value of the first extension of that type.
    [[nodiscard]] std::optional<std::string_view> extension(std::uint8_t type) const noexcept;

    /// The header as version 2 has it, without a checksum of its own: what goes out before the
    /// first byte. Addresses of two families, or of none, tell nothing (UNSPEC), and IPv4 addresses
    /// that are mapped into IPv6 go out as what they are.
    ///
    /// @par Errors
    /// Throws `std::length_error` for extensions of more than 64 KiB.
    [[nodiscard]] std::string to_bytes() const;
};

/// Finds a PROXY header of either version at the beginning of a session, for
/// `session::read_message`, and reads it. It guesses nothing: what does not begin with a header is
/// refused. One reader reads one header.
///
/// @par Errors
/// `errc::malformed`, and `errc::too_long` for more than `max`; `broken_rule` has the reason.
class EDDY_EXPORT proxy_header_reader final : public message_finder {
public:
    /// Bytes of the longest header of version 2. One of version 1 has 107 at most.
    static constexpr std::size_t max = 4096;

    [[nodiscard]] answer find(std::span<const std::byte> arrived) noexcept override;

    /// What the header says that was found.
    [[nodiscard]] result<proxy_header> read(std::span<const std::byte> found);

    /// For logs, after an error: "the version is 2". Empty before.
    [[nodiscard]] std::string_view broken_rule() const noexcept { return broken_rule_; }

private:
    error_code refuse(errc why, std::string_view rule) noexcept;
    result<proxy_header> read_text(std::string_view line);
    result<proxy_header> read_binary(std::span<const std::byte> whole);

    std::string_view broken_rule_;
};

} // namespace eddy
