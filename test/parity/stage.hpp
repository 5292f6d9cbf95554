// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/task.hpp>
#include <eddy/net/endpoint.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parity {

/// What a scenario talks over.
enum class scene : std::uint8_t {
    tcp,
    tcp6,
    dual, ///< The server is on `[::]`, the client comes over IPv4.
    unix_path,
    unix_abstract,
    mem,
    udp,
    udp6,
    dual_udp,
    unixgram,
};

[[nodiscard]] std::string_view name_of(scene which) noexcept;

/// Where one scenario is run once: an engine for the two sides, and addresses for them.
class stage {
public:
    explicit stage(scene over) noexcept : scene_(over) {}
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;
    virtual ~stage() = default;

    [[nodiscard]] scene over() const noexcept { return scene_; }
    [[nodiscard]] virtual std::string name() const = 0;

    /// Where the server binds; with port 0 where there are ports.
    [[nodiscard]] virtual eddy::endpoint server_place() = 0;
    /// Where a client binds that needs a place of its own, for datagrams.
    [[nodiscard]] virtual eddy::endpoint client_place() = 0;
    /// Where clients find a server that is bound to `bound`, which may be any address.
    [[nodiscard]] virtual eddy::endpoint reach(const eddy::endpoint& bound) = 0;

    /// Runs both to their ends. Throws when they do not come to it.
    virtual void
    run(std::function<eddy::task<>()> server, std::function<eddy::task<>()> client) = 0;

private:
    scene scene_;
};

/// Every stage on which the transcripts must be equal: the engines of real sockets that this build
/// has and this machine lets run come first, then simulated networks.
[[nodiscard]] std::vector<std::unique_ptr<stage>> all_stages(scene over);

} // namespace parity
