// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/action.hpp>
#include <eddy/core/owner.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/net/endpoint.hpp>
#include <eddy/net/session.hpp>
#include <eddy/net/socket_options.hpp>
#include <eddy/server/handler.hpp>
#include <eddy/server/proxy_rules.hpp>
#include <eddy/server/server_report.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace eddy {

class loop;

namespace detail {
class server_state;
}

/// Settings of a whole server. Checked by the constructor, which throws `eddy::error`.
struct server_config {
    /// Loops, each on its own thread, 1 to 1,024. Sessions are spread over them, as
    /// `listen_options::accepting` says; a session stays on its loop. Without effect on a foreign
    /// loop.
    unsigned workers = 1;
    /// What drives the loops: "auto", "uring" (Linux 6.1), "epoll" or "asio", as `make_engine` has
    /// them; `start` throws for others, and for one that does not work here.
    /// Without effect on a foreign loop.
    std::string engine = "auto";
    /// How long the server goes on accepting after a drain was asked for, while `is_ready` says no
    /// already: for balancers that take a while to notice. Zero, the default: not at all.
    duration drain_delay = {};
    /// How long a drain lets sessions finish, zero or more, counted from the end of `drain_delay`;
    /// then their tasks are stopped, and 2 s later the sessions are reset and the tasks destroyed.
    duration drain_timeout = std::chrono::seconds(15);
    /// How long a drain leaves sessions alone that are between two messages; one that gets a
    /// message meanwhile is served. Zero, the default: they are told to end at once. Within
    /// `drain_timeout`, as is the next.
    duration drain_idle_grace = {};
    /// The time, after `drain_idle_grace`, over which those sessions are told to end, evenly: all
    /// at once they would come back to somebody else all at once. Zero, the default: at once.
    duration drain_spread = {};
    /// Most sessions of all listeners together; zero: any number. Without a limit, too, the last 8
    /// to 64 descriptors of the process are left for other things than sessions: accepting waits.
    std::size_t max_sessions = 0;
    /// Most sessions from one IPv4 address, or from the /64 of an IPv6 address; zero: any number.
    /// More are reset: waiting would let one source keep all others out.
    std::size_t max_sessions_per_source = 0;
    /// Connections a second that all listeners together accept, and as many at once after a quiet
    /// second; zero: any number. The others wait in the kernel's backlog.
    std::uint32_t accept_rate = 0;
    /// The same for each IPv4 address, or /64 of an IPv6 address; zero: any number. More are reset:
    /// in the backlog they would keep all others waiting. Of 65,536 sources the latest are known.
    std::uint32_t accept_rate_per_source = 0;
    /// Bytes of inboxes, outboxes and coroutines above which the sessions that hold more than their
    /// share (this, divided by the sessions) stop reading, until there is an eighth less than this.
    /// Zero: no mark; otherwise 1 MiB or more. What handlers allocate themselves and the kernel's
    /// buffers do not count.
    std::size_t memory_soft = 0;
    /// Bytes above which the sessions that hold most are closed, with a reset, until there is less:
    /// `close_reason::memory`. Zero: no mark; otherwise 1 MiB or more, and not below `memory_soft`.
    /// Leave room above it: what comes in one turn of a loop, or a sixteenth of the lower mark, may
    /// be there before anything is done.
    std::size_t memory_hard = 0;
    /// A handler that keeps its loop from everything else for longer is named in the log, and once
    /// more after a second; 10 ms or more, zero: nobody watches. Without effect on a foreign loop.
    duration watchdog = std::chrono::milliseconds(100);
    /// `run` drains on SIGINT and SIGTERM, and a second one forces; SIGQUIT forces at once. `start`
    /// hears no signals.
    bool handle_signals = true;
};

/// What becomes of a connection for which `max_sessions` leaves no place.
enum class when_full : std::uint8_t {
    queue,  ///< It waits in the kernel's backlog until a session ends.
    refuse, ///< It is accepted and reset at once.
    /// It is accepted and reset a second later: a client that comes back at once is slowed down.
    slow_refuse,
    reply, ///< It is sent `listen_options::refusal` and closed, within a second.
};

/// Which loops of a server accept what comes to a listener. With one loop there is no difference.
enum class accept_on : std::uint8_t {
    /// The first one, which gives each session to the loop that has fewest. Datagrams are all
    /// received there.
    first_loop,
    /// Each, on a socket of its own (a group of SO_REUSEPORT), and its sessions stay with it. The
    /// system spreads connections and datagrams by a hash of both addresses, not by load. A handler
    /// of datagrams runs once for each loop, with the peers that come to that socket. Only for
    /// `tcp://` and `udp://`.
    every_loop,
};

/// Settings of one listener.
struct listen_options {
    /// Stands in logs and reports; the endpoint when empty.
    std::string name = {};
    socket_options socket = {}; ///< Also of the sockets that are accepted.
    /// Of every session.
    session_limits limits = {.deadlines = session_deadlines::of_server()};
    accept_on accepting = accept_on::first_loop;
    /// Most sessions of this listener, on all loops together; zero: any number.
    std::size_t max_sessions = 0;
    when_full full = when_full::queue;
    std::string refusal = {
    }; ///< For `when_full::reply`: what one is told for whom there is no place.
    proxy_rules proxy = {}; ///< Whether sessions begin with the PROXY header of who stands before.
    /// How long the close after a handler waits for the peer's end of stream; zero: not at all.
    duration linger = session::default_linger;
};

/// Listeners, their sessions, and their life together.
///
/// Life cycle: configured → `start` → running → `drain` or `stop` → stopped, and `start` again.
/// `run` does all of it. Destruction stops what still runs, without waiting for sessions.
///
/// @par Errors
/// Set-up throws `eddy::error`, with nothing left half done: a bad endpoint in `serve`, an endpoint
/// that cannot be bound in `start`. A call at the wrong time throws `std::logic_error`. An
/// exception that leaves a handler ends its session alone; it is counted and logged once.
///
/// @par Thread safety
/// `request_drain`, `stop`, `is_ready` and `report` from any thread; the rest from the thread that
/// made it.
///
/// @par Example
/// @snippet examples/01_shout/main.cpp main
class EDDY_EXPORT server {
public:
    server();
    explicit server(server_config config);
    /// Runs on one loop that somebody else drives (a simulation, an `io_context` of the
    /// application); see `eddy/asio.hpp`. Use `start`, `request_drain` and `stopped`: `run`,
    /// `drain` and `stop` would wait for that loop, so they throw `std::logic_error` while the
    /// server runs. The loop must outlive the server.
    server(loop& foreign, server_config config);
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    /// Adds a listener. Before `start` only, or after the server has stopped. Throws `eddy::error`
    /// for options that make no sense: a negative time, a low watermark above the high one, a reply
    /// without words, sockets for every loop where there is no port.
    ///
    /// @param at    Throws when the text is no endpoint. A name listens on every address that it
    /// has.
    /// @param what  `task<>(session&)` for streams, `task<>(datagrams&)` for datagrams, or a
    /// `handler`
    ///              with both. Throws when it does not take what `at` brings.
    void serve(const endpoint& at, handler what);
    void serve(const endpoint& at, handler what, listen_options options);

    /// Has `announce` called by `run` and `start` when every endpoint is open, `endpoints()` has
    /// the ports and a signal would drain: the moment to say that the service is there. On the
    /// first loop; must not throw. Before `start` only.
    void on_ready(action announce);

    /// Starts, runs until a drain has ended or every listener has (those of `stdio:` and of a
    /// connected `fd:` end with their session), and gives the exit status: 0 when all sessions
    /// finished by themselves, 1 when some had to be forced. The first loop is on this thread.
    /// Throws as `start`.
    int run();

    /// Binds every endpoint and begins to accept, on threads of its own, with the counts at zero.
    ///
    /// @par Errors
    /// Throws `eddy::error` with the endpoint, the cause and the remedy; then nothing runs and
    /// nothing is bound. `std::logic_error` when it runs already.
    void start();

    /// Where the listeners are, with the ports that the system chose; in the order of `serve`.
    /// After `start`. Of a name with several addresses: the first, whose port all of them have.
    [[nodiscard]] std::vector<endpoint> endpoints() const;

    /// Goes on accepting for `server_config::drain_delay`, then stops accepting, lets sessions
    /// finish, and returns the moment the last one has, or when `timeout` has passed and the rest
    /// was forced (up to 2 s later). Waits for a drain that is
    /// under way without changing its time. Does nothing when stopped. Throws `std::logic_error` on
    /// a loop, and for a server on a foreign one.
    server_report drain(duration timeout);
    /// The same with `server_config::drain_timeout`.
    server_report drain();

    /// Begins a drain of `server_config::drain_timeout` and returns. Any thread, any number of
    /// times; a call during a drain forces. Does nothing when stopped.
    void request_drain() noexcept;

    /// Closes everything at once: sessions are reset and their tasks destroyed where they wait.
    /// Does nothing when stopped. Throws `std::logic_error` on a loop, and for a server on a
    /// foreign one, where a second `request_drain` does the same.
    server_report stop();

    /// Waits until a drain or stop, begun by whomever, has ended. On the server's first loop, which
    /// is for those who run that loop themselves.
    ///
    /// @par Cancellation
    /// Throws `eddy::cancelled`; the drain goes on.
    [[nodiscard]] task<> stopped();

    /// True from the moment that it accepts until the end is asked for: what a health check should
    /// say. Any thread.
    [[nodiscard]] bool is_ready() const noexcept;

    /// What the listeners have done since `start`; kept after the end, until the next one.
    [[nodiscard]] server_report report() const;

private:
    server_report finished();

    detail::owner<detail::server_state> state_;
};

} // namespace eddy
