// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>

#include "engine/posix/signal_source.hpp"
#include "engine/posix/socket.hpp"
#include "engine/posix/watched_fd.hpp"
#include "platform/unique_fd.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace eddy::detail {

/// What the engines have in common that wait until a descriptor is ready and then make the system
/// call themselves: everything but the waiting.
class readiness_engine : public engine {
public:
    /// Watches `fd` from now on. Fails where the system has no room for it (ENOSPC, ENOMEM).
    virtual result<watched_fd_ptr> watch(platform::unique_fd fd, watched_fd::kind what) = 0;

    /// A stream on a connection that was accepted, for any loop with such an engine.
    virtual std::unique_ptr<stream>
    make_stream(platform::unique_fd connected, endpoint::transport kind);
    /// A stream on a connection that this loop has made.
    virtual std::unique_ptr<stream> make_stream(watched_fd_ptr connected, endpoint::transport kind);

    void attach(loop& owner) override;
    void detach() noexcept override;
    [[nodiscard]] time_point now() const noexcept override;
    void start_offload(std::unique_ptr<offload_job> job) override;
    void watch_signals(signal_sink* sink) override;
    result<std::unique_ptr<acceptor>>
    listen(const endpoint& at, const socket_options& options) override;
    result<std::unique_ptr<datagram_port>>
    bind(const endpoint& at, const socket_options& options) override;
    bool start_connect(connect_op& op) override;
    void cancel_connect(connect_op& op) noexcept override;
    bool start_resolve(resolve_op& op) override;
    void cancel_resolve(resolve_op& op) noexcept override;
    result<std::vector<address>> resolve_now(const std::string& host, std::uint16_t port) override;

    /// How work on other threads, and what the engine has queued elsewhere, reaches the loop: not
    /// any more once it is detached.
    struct anchor {
        std::mutex mutex;
        loop* owner = nullptr;
    };

protected:
    readiness_engine() = default;

    [[nodiscard]] loop& owner() const noexcept { return *anchor_->owner; }
    [[nodiscard]] const std::shared_ptr<anchor>& home() const noexcept { return anchor_; }

private:
    result<std::unique_ptr<acceptor>> adopt(const endpoint& at);
    result<std::unique_ptr<acceptor>>
    accept_on(platform::unique_fd listener, watched_fd::kind what, posix::unix_path_guard path);

    std::shared_ptr<anchor> anchor_ = std::make_shared<anchor>();
    std::optional<posix::signal_source> signals_;
};

} // namespace eddy::detail
