// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/acceptor.hpp>
#include <eddy/net/socket_options.hpp>

#include "sim/kernel.hpp"

#include <deque>
#include <memory>

namespace eddy::sim::detail {

class engine_of_host;

/// A listening socket in the kernel of its host, with its backlog.
class listen_socket : public std::enable_shared_from_this<listen_socket> {
public:
    listen_socket(
        engine_of_host& driver,
        endpoint::transport kind,
        const address& bound,
        const socket_options& options
    );
    listen_socket(const listen_socket&) = delete;
    listen_socket& operator=(const listen_socket&) = delete;

    [[nodiscard]] endpoint::transport kind() const noexcept { return kind_; }
    [[nodiscard]] const address& bound() const noexcept { return bound_; }
    [[nodiscard]] const socket_options& options() const noexcept { return options_; }
    void share_port() noexcept { options_.reuse_port = true; }
    [[nodiscard]] kernel& home() const noexcept;

    /// True when it takes no further connection until one is accepted.
    [[nodiscard]] bool is_full() const noexcept;
    /// A connection begins; `arrive` or `withdraw` follows.
    void expect() noexcept { ++expected_; }
    void withdraw() noexcept { --expected_; }
    /// A connection is established.
    void arrive(std::shared_ptr<stream_socket> socket);

    bool start_accept(accept_op& op);
    void cancel_accept() noexcept { accepting_ = nullptr; }
    /// Resets what is in the backlog.
    void close();

private:
    bool try_accept(accept_op& op);
    void accept_ready();

    engine_of_host* engine_;
    endpoint::transport kind_;
    address bound_;
    socket_options options_;
    std::uint64_t number_;
    bool is_open_ = true;
    std::size_t expected_ = 0;
    std::deque<std::shared_ptr<stream_socket>> backlog_;
    accept_op* accepting_ = nullptr;
};

/// The program's end of a listening socket.
[[nodiscard]] std::unique_ptr<acceptor>
make_acceptor(std::shared_ptr<listen_socket> socket, descriptor held);

} // namespace eddy::sim::detail
