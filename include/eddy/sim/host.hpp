// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>
#include <eddy/net/address.hpp>
#include <eddy/sim/profile.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace eddy::sim {

class world;

namespace detail {
class kernel;
class engine_of_host;
} // namespace detail

/// A machine in a world: addresses, an operating system, and a process with one loop (or more, see
/// `make_engine`).
///
/// Life cycle: alive → crashed (its process ended; `loop` starts another) or killed (gone for
/// good). Everything is called between events: from the scenario, or from a function given to
/// `world::after`.
class EDDY_EXPORT host {
public:
    /// Called by `world::add_host`.
    host(world& owner, std::uint32_t id, std::string name);
    host(const host&) = delete;
    host& operator=(const host&) = delete;
    ~host();

    /// As given to `world::add_host`, and as names are looked up.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// 10.0.0.N and fd00::N; the first host is 1. Port 0.
    [[nodiscard]] address ipv4() const;
    /// The same for version 6.
    [[nodiscard]] address ipv6() const;

    /// How its operating system behaves from now on.
    host_options options;

    /// The process's loop.
    [[nodiscard]] eddy::loop& loop();
    /// An engine for one more loop of this host, for a server with several. Its loop must be
    /// destroyed before the world.
    [[nodiscard]] std::unique_ptr<engine> make_engine();

    /// Starts a task that `world::run` waits for; it runs up to its first wait before this returns.
    /// What it throws, `world::run` throws.
    void spawn(task<> work);
    /// Starts a task that may run as long as the world.
    void spawn_daemon(task<> work);
    /// Runs the world until `main` has finished on this host, and gives its result.
    template <class Value>
    Value run(task<Value> main) {
        return loop().run(std::move(main));
    }

    /// The process receives a signal, as far as an engine watches signals.
    void signal(int number);
    /// The process ends here and now; the kernel closes its sockets. A later `loop` is that of a
    /// new process.
    void crash();
    /// The machine vanishes: nothing is sent any more, not even that it is gone. Peers are left
    /// with half-open connections.
    void kill();
    /// The process does not get to run for so long; its kernel goes on.
    void stall(duration length);
    /// The steady clock is found to have moved on by so much, as after a suspended virtual machine.
    void jump(duration distance);

    /// False after `kill`.
    [[nodiscard]] bool is_alive() const noexcept { return alive_; }
    /// The time on this host's steady clock.
    [[nodiscard]] time_point now() const noexcept;
    /// Sockets that are open now: what a leak test looks at.
    [[nodiscard]] std::size_t open_descriptors() const noexcept;

    /// @name What engines and sockets use
    /// @{

    /// Its world.
    [[nodiscard]] world& owner() const noexcept { return *world_; }
    /// From 1, in the order of `world::add_host`; 0 is the world itself.
    [[nodiscard]] std::uint32_t id() const noexcept { return id_; }
    /// Its operating system.
    [[nodiscard]] detail::kernel& kernel() const noexcept { return *kernel_; }
    /// When its process goes on; in the past when it does not stand still.
    [[nodiscard]] time_point stalled_until() const noexcept { return stalled_until_; }
    /// How far its clock has jumped.
    [[nodiscard]] duration clock_offset() const noexcept { return clock_offset_; }
    /// Whether packets to `candidate` stay on this host.
    [[nodiscard]] bool is_own(const address& candidate) const;
    /// A loop's engine came to be, or went.
    void add_engine(detail::engine_of_host& made) { engines_.push_back(&made); }
    /// @copydoc add_engine
    void remove_engine(const detail::engine_of_host& gone) { std::erase(engines_, &gone); }

    /// @}
    /// @name What the world uses
    /// @{

    /// Tasks of `spawn` that have not finished.
    [[nodiscard]] std::size_t unfinished() const noexcept;
    /// One line for each of them: where it waits.
    [[nodiscard]] std::string describe_unfinished() const;
    /// Destroys the loop and the tasks, which closes their sockets.
    void destroy_process() noexcept;

    /// @}

private:
    struct watched_task;
    static task<> watch(task<> work, watched_task& entry, world& where);

    world* world_;
    std::uint32_t id_;
    std::string name_;
    bool alive_ = true;
    duration clock_offset_ = duration::zero();
    time_point stalled_until_{};
    std::unique_ptr<detail::kernel> kernel_;
    std::vector<detail::engine_of_host*> engines_;
    std::vector<std::unique_ptr<watched_task>> watched_;
    std::unique_ptr<eddy::loop> loop_;
};

} // namespace eddy::sim
