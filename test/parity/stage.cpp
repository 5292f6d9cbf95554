// SPDX-License-Identifier: BSL-1.0
#include "parity/stage.hpp"

#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/core/when_any.hpp>
#include <eddy/sim/world.hpp>

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <unistd.h>
#include <vector>

namespace parity {
namespace {

using namespace std::chrono_literals;
using eddy::task;
using transport = eddy::endpoint::transport;
namespace sim = eddy::sim;

/// Far beyond what any scenario takes on a loaded machine: only a hang gets here.
constexpr auto patience = 30s;

bool is_ipv6(scene which) noexcept {
    return which == scene::tcp6 || which == scene::udp6;
}

bool is_dual(scene which) noexcept {
    return which == scene::dual || which == scene::dual_udp;
}

bool is_udp(scene which) noexcept {
    return which == scene::udp || which == scene::udp6 || which == scene::dual_udp;
}

bool has_host(scene which) noexcept {
    return which == scene::tcp || which == scene::tcp6 || which == scene::dual || is_udp(which);
}

/// The endpoint of `host` with port 0, or of any host where the server takes both families.
eddy::endpoint ip_place(scene which, const eddy::address& host) {
    return is_dual(which) ? eddy::endpoint(is_udp(which) ? "udp://[::]:0" : "tcp://[::]:0")
                          : eddy::endpoint(is_udp(which) ? transport::udp : transport::tcp, host);
}

/// `bound`, or, when that is any address, `host` at the same port.
eddy::endpoint ip_reach(const eddy::endpoint& bound, const eddy::address& host) {
    const auto numeric = bound.numeric();
    if (!numeric || !numeric->is_any()) {
        return bound;
    }
    return {bound.kind(), host.with_port(bound.port())};
}

task<> both(const std::function<task<>()>& server, const std::function<task<>()>& client) {
    eddy::scope sides;
    sides.spawn(server());
    sides.spawn(client());
    co_await sides.join();
}

task<> lose_patience() {
    co_await eddy::sleep(patience);
    throw std::runtime_error("the scenario hangs");
}

/// Sockets of this machine, with both sides on one loop.
class real_stage final : public stage {
public:
    real_stage(scene over, std::string_view engine)
        : stage(over), loop_(eddy::make_engine(engine)) {}

    std::string name() const override { return std::string(engine_name()); }

    eddy::endpoint server_place() override { return place(); }

    eddy::endpoint client_place() override {
        return is_dual(over()) ? eddy::endpoint(transport::udp, host()) : place();
    }

    eddy::endpoint reach(const eddy::endpoint& bound) override {
        return has_host(over()) ? ip_reach(bound, host()) : bound;
    }

    void run(std::function<task<>()> server, std::function<task<>()> client) override {
        // Parameters, not captures: the coroutine outlives the lambda.
        auto watched = [](task<> sides) -> task<> {
            co_await eddy::when_any(std::move(sides), lose_patience());
        };
        loop_.run(watched(both(server, client)));
    }

private:
    [[nodiscard]] std::string_view engine_name() const {
        return const_cast<eddy::loop&>(loop_).driver().name();
    }

    /// An address that no other process binds to, so that a port which was just closed stays
    /// closed.
    [[nodiscard]] eddy::address host() const {
        if (is_ipv6(over())) {
            return {eddy::address::ipv6_bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0};
        }
        const auto process = static_cast<unsigned>(::getpid());
        const auto octet = [process](unsigned shift) {
            return static_cast<std::uint8_t>(process >> shift & 0xFFU);
        };
        const auto second = static_cast<std::uint8_t>(64U + (octet(16) & 0x3FU));
        return {eddy::address::ipv4_bytes{127, second, octet(8), octet(0)}, 0};
    }

    [[nodiscard]] eddy::endpoint place() const {
        static std::atomic<unsigned> names{0};
        const auto name = fmt::format("eddy-parity-{}-{}", ::getpid(), ++names);
        const auto path = (std::filesystem::temp_directory_path() / name).string();
        switch (over()) {
        case scene::unix_path:
            return "unix:" + path;
        case scene::unix_abstract:
            return "unix:@" + name;
        case scene::unixgram:
            return "unixgram:" + path;
        case scene::mem:
            return "mem:" + name;
        default:
            return ip_place(over(), host());
        }
    }

    eddy::loop loop_;
};

enum class layout : std::uint8_t { one_host, two_hosts };

/// A simulated network: two hosts with a link, or one host that talks to itself.
class sim_stage final : public stage {
public:
    sim_stage(scene over, layout hosts)
        : stage(over), layout_(hosts), world_(calm()), server_(&world_.add_host("server")),
          client_(hosts == layout::one_host ? server_ : &world_.add_host("client")) {}

    std::string name() const override {
        return layout_ == layout::one_host ? "sim with one host" : "sim with two hosts";
    }

    eddy::endpoint server_place() override {
        return has_host(over()) ? ip_place(over(), address_of(*server_)) : local_place("server");
    }

    eddy::endpoint client_place() override {
        return has_host(over()) ? eddy::endpoint(transport::udp, address_of(*client_))
                                : local_place("client");
    }

    eddy::endpoint reach(const eddy::endpoint& bound) override {
        return has_host(over()) ? ip_reach(bound, address_of(*server_)) : bound;
    }

    void run(std::function<task<>()> server, std::function<task<>()> client) override {
        server_->spawn(server());
        client_->spawn(client());
        try {
            world_.run();
        } catch (...) {
            server_->crash(); // while what the tasks refer to is still there
            client_->crash();
            throw;
        }
    }

private:
    static sim::world_options calm() {
        sim::world_options options;
        options.profile = sim::profile::calm();
        return options;
    }

    [[nodiscard]] eddy::address address_of(const sim::host& which) const {
        return is_ipv6(over()) ? which.ipv6() : which.ipv4();
    }

    [[nodiscard]] eddy::endpoint local_place(const std::string& side) const {
        switch (over()) {
        case scene::unix_abstract:
            return "unix:@" + side;
        case scene::unixgram:
            return "unixgram:/run/" + side;
        case scene::mem:
            return "mem:parity-" + side;
        default:
            return "unix:/run/" + side;
        }
    }

    layout layout_;
    sim::world world_;
    sim::host* server_;
    sim::host* client_;
};

bool has_engine(std::string_view name) {
    try {
        return eddy::make_engine(name) != nullptr;
    } catch (const eddy::error&) {
        return false; // not in this build, or not on this machine
    }
}

} // namespace

std::string_view name_of(scene which) noexcept {
    switch (which) {
    case scene::tcp:
        return "tcp";
    case scene::tcp6:
        return "tcp6";
    case scene::dual:
        return "dual";
    case scene::unix_path:
        return "unix";
    case scene::unix_abstract:
        return "unix abstract";
    case scene::mem:
        return "mem";
    case scene::udp:
        return "udp";
    case scene::udp6:
        return "udp6";
    case scene::dual_udp:
        return "dual udp";
    case scene::unixgram:
        return "unixgram";
    }
    return "?";
}

std::vector<std::unique_ptr<stage>> all_stages(scene over) {
    std::vector<std::unique_ptr<stage>> stages;
    for (const auto* engine : {"asio", "epoll", "uring"}) {
        if (has_engine(engine)) {
            stages.push_back(std::make_unique<real_stage>(over, engine));
        }
    }
    stages.push_back(std::make_unique<sim_stage>(over, layout::one_host));
    if (has_host(over)) { // nothing else reaches another host
        stages.push_back(std::make_unique<sim_stage>(over, layout::two_hosts));
    }
    return stages;
}

} // namespace parity
