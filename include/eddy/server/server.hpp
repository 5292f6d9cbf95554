// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagrams.hpp>
#include <eddy/net/endpoint.hpp>
#include <eddy/net/session.hpp>
#include <eddy/net/socket_options.hpp>
#include <eddy/server/handler.hpp>
#include <eddy/server/server_report.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eddy {

class loop;

namespace detail {
class server_state;
}

/// Settings of a whole server. Checked by the constructor, which throws `eddy::error`.
struct server_config {
    /// Loops, each on its own thread, 1 to 1,024. Sessions are spread over them; handlers of one session stay on one.
    unsigned workers = 1;
    /// What drives the loops: "auto" or "asio".
    std::string engine = "auto";
    /// How long a drain lets sessions finish; then their tasks are stopped, and 2 s later destroyed.
    duration drain_timeout = std::chrono::seconds(15);
    /// `run` drains on SIGINT and SIGTERM; a second one ends at once.
    bool handle_signals = true;
};

/// Settings of one listener.
struct listen_options {
    /// Stands in logs and reports; the endpoint when empty.
    std::string name;
    socket_options socket = {};
    session_limits limits = {};
    /// How long a close waits for the peer's end of stream.
    duration linger = session::default_linger;
};

/// Listeners, their sessions, and their life together.
///
/// Life cycle: configured → `start` → running → `drain` or `stop` → stopped, and `start` again. `run` does all of it.
/// Destruction stops what still runs, without waiting for sessions.
///
/// @par Errors
/// Set-up throws `eddy::error`, with nothing left half done: a bad endpoint in `serve`, an endpoint that cannot be bound in `start`.
/// An exception that leaves a handler ends its session alone; it is counted and logged once.
///
/// @par Thread safety
/// `request_drain`, `stop` and `report` from any thread; the rest from the thread that made it.
///
/// @par Example
/// @snippet examples/01_shout/main.cpp main
class EDDY_EXPORT server {
public:
    server();
    explicit server(server_config config);
    /// Runs on one loop that somebody else drives (a simulation, an `io_context` of the application); see `eddy/asio.hpp`.
    server(loop& foreign, server_config config);
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    /// Adds a listener. Before `start` only.
    ///
    /// @param at     A name listens on every address that it has.
    /// @param what   `task<>(session&)` for streams, `task<>(datagrams&)` for datagrams, or a `handler` with both.
    void serve(const endpoint& at, handler what);
    void serve(const endpoint& at, handler what, listen_options options);

    /// Has `announce` called by `run` and `start` when every endpoint is open, `endpoints()` has the ports and a signal would
    /// drain: the moment to say that the service is there. On the first loop; must not throw. Before `start` only.
    void on_ready(std::function<void()> announce);

    /// Starts, runs until a drain has ended or every listener has, and gives the exit status: 0 when all sessions finished by
    /// themselves, 1 when some had to be forced.
    int run();

    /// Binds every endpoint and begins to accept, on threads of its own. Throws `eddy::error`; then nothing runs.
    void start();

    /// Where the listeners are, with the ports that the system chose; in the order of `serve`. After `start`.
    [[nodiscard]] std::vector<endpoint> endpoints() const;

    /// Stops accepting, lets sessions finish, and returns the moment the last one has, or when `timeout` has passed and the
    /// rest was forced. From a thread that is not one of the loops.
    server_report drain(duration timeout);
    server_report drain();

    /// Begins a drain and returns. Any thread, any number of times; the second call forces.
    void request_drain() noexcept;

    /// Closes everything at once: sessions are reset. From a thread that is not one of the loops; does nothing when stopped.
    server_report stop();

    /// Waits until a drain or stop, begun by whomever, has ended. On a foreign loop: `co_await` it.
    [[nodiscard]] task<> stopped();

    [[nodiscard]] server_report report() const;

private:
    server_report finished();

    std::unique_ptr<detail::server_state> state_;
};

} // namespace eddy
