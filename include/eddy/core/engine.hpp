// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>
#include <eddy/core/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eddy {

class acceptor;
class address;
class endpoint;
class loop;
class datagram_port;
class stream;
struct connect_op;
struct resolve_op;
struct socket_options;

/// Work that blocks, to be done off the loop. Owned by the engine from `start_offload` until
/// `finish`.
class offload_job {
public:
    virtual ~offload_job() = default;

    /// Does the work. Called on another thread (in a simulation: on the only one).
    virtual void work() noexcept = 0;

    /// Called on the loop after `work`, also when nobody waits any more.
    virtual void finish() noexcept = 0;
};

/// Told about the signals of the process, on the loop.
class signal_sink {
public:
    virtual void on_signal(int number) noexcept = 0;

protected:
    ~signal_sink() = default;
};

/// What drives one loop: where time, readiness and sockets come from. The seam between Eddy and the
/// world.
///
/// Implementations: an epoll set, io_uring, Boost.Asio's reactor, the simulator. Every call but
/// `wake` is made on the loop's thread. An engine calls `loop::turn()` after every completion it
/// reports, when the armed time has come, and after `wake()`; in that case `loop::begin_round()`
/// comes first, behind what was ready with it. What it reports after `loop::begin_turn()` belongs
/// to that turn, and need not wake the loop for another.
///
/// **Operations** (`read_op`, `write_op`, `accept_op` …) belong to the caller. `start_*` gives true
/// when the operation has finished already; otherwise the engine keeps its address and calls
/// `op.complete(op)` once, later, never from inside `start_*`. A `cancel_*` detaches at once:
/// afterwards the engine touches neither the operation nor its memory, and does not complete it.
class EDDY_EXPORT engine {
public:
    virtual ~engine() = default;

    /// Short name for logs and reports: "epoll", "uring", "asio", "sim".
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// Ties the engine to its loop, once, before anything else.
    virtual void attach(loop& owner) = 0;

    /// Ends that, before the loop is destroyed: when this returns, no thread and nothing that is
    /// queued anywhere reaches the loop through the engine any more.
    virtual void detach() noexcept = 0;

    /// Drives the loop until `stop`.
    virtual void run() = 0;
    virtual void stop() noexcept = 0;

    /// Makes the loop take a turn soon. The one call that is legal on any thread.
    virtual void wake() noexcept = 0;

    /// The time, unless the loop has it cached.
    [[nodiscard]] virtual time_point now() const noexcept = 0;

    /// Makes the loop take a turn at `at`. One time is armed: a later call replaces it;
    /// `time_point::max()` disarms.
    virtual void arm_timer(time_point at) noexcept = 0;

    /// Where a sequence of random numbers begins: another number with each call. In a simulation it
    /// follows from the seed of the world.
    [[nodiscard]] virtual std::uint64_t random_seed() noexcept;

    virtual void start_offload(std::unique_ptr<offload_job> job) = 0;

    /// From now on the sink hears SIGINT, SIGTERM and SIGQUIT; null ends that.
    virtual void watch_signals(signal_sink* sink) = 0;

    virtual result<std::unique_ptr<acceptor>>
    listen(const endpoint& at, const socket_options& options) = 0;
    virtual result<std::unique_ptr<datagram_port>>
    bind(const endpoint& at, const socket_options& options) = 0;
    virtual bool start_connect(connect_op& op) = 0;
    virtual void cancel_connect(connect_op& op) noexcept = 0;
    virtual bool start_resolve(resolve_op& op) = 0;
    virtual void cancel_resolve(resolve_op& op) noexcept = 0;

    /// Looks up the name of a listener. May block, so only before the loop runs.
    virtual result<std::vector<address>>
    resolve_now(const std::string& host, std::uint16_t port) = 0;
};

/// Makes the engine of that name: "uring" (Linux 6.1, in builds with liburing), "epoll" (Linux),
/// "asio", or "auto": what the environment variable `EDDY_ENGINE` names, or else the first of those
/// that works here; when io_uring is refused, one line of the log tells the cause.
/// Throws `eddy::error` for an unknown one, and when the system does not give what it needs.
EDDY_EXPORT std::unique_ptr<engine> make_engine(std::string_view name = "auto");

} // namespace eddy
