// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/socket.hpp"

#include "engine/posix/socket_address.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace eddy::posix {
namespace {

void set_option(int fd, int level, int name, int value) noexcept {
    // Best effort: an option that this kind of socket does not know (TCP_NODELAY on a Unix socket)
    // is no failure.
    (void)::setsockopt(fd, level, name, &value, sizeof value);
}

int family_of(const address& where) noexcept {
    switch (where.kind()) {
    case address::family::ipv6:
        return AF_INET6;
    case address::family::local:
        return AF_UNIX;
    default:
        return AF_INET;
    }
}

void apply_buffers(int fd, const socket_options& options) noexcept {
    if (options.receive_buffer != 0) {
        set_option(fd, SOL_SOCKET, SO_RCVBUF, static_cast<int>(options.receive_buffer));
    }
    if (options.send_buffer != 0) {
        set_option(fd, SOL_SOCKET, SO_SNDBUF, static_cast<int>(options.send_buffer));
    }
}

/// The path that a crashed process left behind is in nobody's way: remove it when nothing answers
/// there.
void remove_stale(const address& at, int type) noexcept {
    struct ::stat status{};
    if (at.path().empty() || at.path().front() == '@' || ::stat(at.path().c_str(), &status) != 0 ||
        !S_ISSOCK(status.st_mode)) {
        return;
    }
    const platform::unique_fd probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const socket_address target(at);
    if (probe && ::connect(probe.get(), target.get(), target.size) != 0 && errno == ECONNREFUSED) {
        (void)::unlink(at.path().c_str());
    }
}

error_code bind_to(int fd, const address& at, const socket_options& options, int type) {
    if (at.kind() == address::family::local) {
        remove_stale(at, type);
    }
    const socket_address where(at);
    if (::bind(fd, where.get(), where.size) != 0) {
        return last_error();
    }
    if (at.kind() == address::family::local && options.unix_mode != 0 && at.path().front() != '@' &&
        ::chmod(at.path().c_str(), options.unix_mode) != 0) {
        return last_error();
    }
    return {};
}

void apply_bind_options(int fd, const address& at, const socket_options& options) noexcept {
    if (options.reuse_port) {
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (at.kind() == address::family::ipv6) {
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.dual_stack ? 0 : 1);
    }
}

} // namespace

error_code last_error() noexcept {
    return {errno, std::system_category()};
}

error_code stream_error(int system_error) noexcept {
    switch (system_error) {
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
        return errc::reset;
    default:
        return {system_error, std::system_category()};
    }
}

result<platform::unique_fd> open_socket(endpoint::transport kind, const address& where) {
    int type = SOCK_STREAM;
    int protocol = 0;
    if (kind == endpoint::transport::udp || kind == endpoint::transport::unix_datagram) {
        type = SOCK_DGRAM;
    } else if (kind == endpoint::transport::icmp) {
        type = SOCK_RAW;
        protocol =
            where.kind() == address::family::ipv6 ? static_cast<int>(IPPROTO_ICMPV6) : IPPROTO_ICMP;
    }
    platform::unique_fd fd(::socket(family_of(where), type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)
    );
    if (!fd) {
        return last_error();
    }
    return fd;
}

result<platform::unique_fd>
open_listener(endpoint::transport kind, const address& at, const socket_options& options) {
    auto fd = open_socket(kind, at);
    if (!fd) {
        return fd.error();
    }
    if (at.is_ip()) {
        set_option(fd->get(), SOL_SOCKET, SO_REUSEADDR, 1);
    }
    apply_bind_options(fd->get(), at, options);
    // Accepted sockets inherit these on Linux, which saves five calls for each.
    apply_stream_options(fd->get(), options);
    if (const auto failure = bind_to(fd->get(), at, options, SOCK_STREAM)) {
        return failure;
    }
    if (::listen(fd->get(), options.backlog) != 0) {
        return last_error();
    }
    return fd;
}

result<platform::unique_fd>
open_datagram_socket(endpoint::transport kind, const address& at, const socket_options& options) {
    auto fd = open_socket(kind, at);
    if (!fd) {
        return fd.error();
    }
    apply_bind_options(fd->get(), at, options);
    apply_buffers(fd->get(), options);
    if (at.kind() == address::family::ipv4) {
        set_option(fd->get(), IPPROTO_IP, IP_PKTINFO, 1);
    } else if (at.kind() == address::family::ipv6) {
        set_option(fd->get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    }
    set_option(fd->get(), SOL_SOCKET, SO_RXQ_OVFL, 1);
    if (at.kind() != address::family::none) {
        if (const auto failure = bind_to(fd->get(), at, options, SOCK_DGRAM)) {
            return failure;
        }
    }
    return fd;
}

error_code share_port(int fd) noexcept {
    const int on = 1;
    return ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 ? error_code()
                                                                           : last_error();
}

result<platform::unique_fd> duplicate(int fd) {
    platform::unique_fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!copy) {
        return last_error();
    }
    return copy;
}

void set_nonblocking(int fd) noexcept {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0) {
        (void)::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    }
}

result<platform::unique_fd> accept(int listener) noexcept {
    platform::unique_fd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
        return last_error();
    }
    return fd;
}

error_code connect(int fd, const address& to) noexcept {
    const socket_address target(to);
    if (::connect(fd, target.get(), target.size) == 0) {
        return {};
    }
    // connect(2): an interrupted connect goes on by itself, as one in progress does.
    return errno == EINTR ? error_code(EINPROGRESS, std::system_category()) : last_error();
}

error_code connect_outcome(int fd) noexcept {
    int code = 0;
    ::socklen_t size = sizeof code;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0) {
        return last_error();
    }
    return {code, std::system_category()};
}

void apply_stream_options(int fd, const socket_options& options) noexcept {
    if (options.no_delay) {
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    if (options.keepalive > duration::zero()) {
        constexpr std::chrono::seconds longest(32'767); // tcp(7)
        const auto idle =
            std::min(std::chrono::ceil<std::chrono::seconds>(options.keepalive), longest);
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(idle.count()));
        set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
        set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 6);
    }
    apply_buffers(fd, options);
}

void shutdown_send(int fd) noexcept {
    (void)::shutdown(fd, SHUT_WR);
}

void reset_on_close(int fd) noexcept {
    const ::linger at_once{1, 0};
    (void)::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

address local_address(int fd) {
    socket_address name;
    return ::getsockname(fd, name.get(), &name.size) == 0 ? name.to_address() : address();
}

address peer_address(int fd) {
    socket_address name;
    return ::getpeername(fd, name.get(), &name.size) == 0 ? name.to_address() : address();
}

descriptor_kind kind_of(int fd) noexcept {
    int value = 0;
    ::socklen_t size = sizeof value;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size) != 0) {
        return errno == EBADF ? descriptor_kind::closed : descriptor_kind::not_a_socket;
    }
    if (value != SOCK_STREAM) {
        return descriptor_kind::datagrams;
    }
    size = sizeof value;
    const bool listens =
        ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
    return listens ? descriptor_kind::listener : descriptor_kind::stream;
}

endpoint::transport transport_of(int fd) noexcept {
    const bool is_local = [fd] {
        int domain = AF_INET;
        ::socklen_t size = sizeof domain;
        return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
    }();
    if (kind_of(fd) == descriptor_kind::datagrams) {
        return is_local ? endpoint::transport::unix_datagram : endpoint::transport::udp;
    }
    return is_local ? endpoint::transport::unix_stream : endpoint::transport::tcp;
}

unix_path_guard::unix_path_guard(std::string path) noexcept : path_(std::move(path)) {
    struct ::stat status{};
    if (path_.empty() || path_.front() == '@' || ::stat(path_.c_str(), &status) != 0) {
        path_.clear();
        return;
    }
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

unix_path_guard::unix_path_guard(unix_path_guard&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

unix_path_guard& unix_path_guard::operator=(unix_path_guard&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
}

unix_path_guard::~unix_path_guard() {
    struct ::stat status{};
    if (!path_.empty() && ::stat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
        status.st_ino == inode_) {
        (void)::unlink(path_.c_str());
    }
}

} // namespace eddy::posix
