// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>
#include <eddy/net/socket_options.hpp>

#include "platform/unique_fd.hpp"

#include <cstddef>
#include <span>

/// System calls on sockets, with error codes instead of errno. Every descriptor is close-on-exec
/// and non-blocking at birth.
namespace eddy::posix {

[[nodiscard]] error_code last_error() noexcept;

/// Gives `errc::reset` for the several codes with which a broken connection shows, and the system's
/// own for the rest.
[[nodiscard]] error_code stream_error(int system_error) noexcept;

result<platform::unique_fd> open_socket(endpoint::transport kind, const address& where);

/// A bound and, for streams, listening socket. `at` must be an address, not a name.
result<platform::unique_fd>
open_listener(endpoint::transport kind, const address& at, const socket_options& options);
result<platform::unique_fd>
open_datagram_socket(endpoint::transport kind, const address& at, const socket_options& options);

/// Lets others that have SO_REUSEPORT, too, bind to the port of a socket that was alone on it.
error_code share_port(int fd) noexcept;

/// A copy of an inherited descriptor: it stays open for whoever else uses it.
result<platform::unique_fd> duplicate(int fd);
void set_nonblocking(int fd) noexcept;

result<platform::unique_fd> accept(int listener) noexcept;

/// Starts to connect. `std::errc::operation_in_progress` when the outcome comes with writability;
/// see `connect_outcome`.
error_code connect(int fd, const address& to) noexcept;
error_code connect_outcome(int fd) noexcept;

void apply_stream_options(int fd, const socket_options& options) noexcept;

void shutdown_send(int fd) noexcept;
/// The close that follows sends a reset (SO_LINGER with zero).
void reset_on_close(int fd) noexcept;

[[nodiscard]] address local_address(int fd);
[[nodiscard]] address peer_address(int fd);

/// What kind of thing an inherited descriptor is.
enum class descriptor_kind { closed, not_a_socket, listener, stream, datagrams };
[[nodiscard]] descriptor_kind kind_of(int fd) noexcept;
/// The transport of a socket, by its family and type.
[[nodiscard]] endpoint::transport transport_of(int fd) noexcept;

/// Removes the path of a Unix socket that this process made, unless somebody has put another file
/// there since.
class unix_path_guard {
public:
    unix_path_guard() noexcept = default;
    explicit unix_path_guard(std::string path) noexcept;
    unix_path_guard(unix_path_guard&& other) noexcept;
    unix_path_guard& operator=(unix_path_guard&& other) noexcept;
    ~unix_path_guard();

private:
    std::string path_;
    unsigned long device_ = 0;
    unsigned long inode_ = 0;
};

} // namespace eddy::posix
