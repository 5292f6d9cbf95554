// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/channel.hpp>
#include <eddy/net/connect.hpp>

#include "parity/stage.hpp"
#include "parity/transcript.hpp"
#include "sim/raw_operations.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace parity {

/// What the two sides of a scenario share. They may be on different loops.
struct plot {
    explicit plot(stage& at) : where(&at) {}

    struct cue {
        eddy::channel<std::size_t> heard{1};
        std::size_t value = 0;
    };

    stage* where;
    std::map<std::string, cue> cues;
    std::optional<eddy::endpoint> server; ///< Where the server is, for clients.
    eddy::address client;                 ///< Where the last client is.
};

/// One side of a scenario: does what it is told and notes each step with its outcome.
///
/// What must be equal on every engine is in the notes, and nothing else: no numbers of ports, no
/// sizes of the kernel's buffers.
class actor {
public:
    explicit actor(plot& shared) noexcept : plot_(&shared) {}

    [[nodiscard]] const transcript& told() const noexcept { return told_; }
    void note(std::string line) { told_.push_back(std::move(line)); }

    // Between the two sides: the only order of events that a scenario may count on.

    /// Lets every `hear` of that name go on, now and later.
    void give(const std::string& cue, std::size_t value = 0);
    eddy::task<std::size_t> hear(std::string cue);

    /// Runs `waiting` up to its first wait, stops it there, and waits until it has ended.
    eddy::task<> stop(eddy::task<> waiting);

    // Connections

    /// Listens where the stage says, and gives the cue "listening".
    void listen(const eddy::socket_options& options = {});
    /// Tries to listen at another place.
    void try_to_listen(const eddy::endpoint& at, const eddy::socket_options& options = {});
    [[nodiscard]] eddy::endpoint listening_at() const { return listener_->local(); }
    void share_port();
    void close_listener();

    /// Both listen first unless that is done.
    eddy::task<eddy::session> accept();
    eddy::task<std::unique_ptr<eddy::stream>> accept_stream();
    /// Waits for a connection that is not expected to come: to be stopped.
    eddy::task<> accept_nobody();

    /// Both wait until the server listens, and give the cue "connected": a server that resets
    /// before it has been given may make the connect fail.
    eddy::task<eddy::session> connect(eddy::connect_options options = {});
    eddy::task<std::unique_ptr<eddy::stream>> connect_stream(eddy::socket_options options = {});
    /// Tries to connect, to the server unless told where.
    eddy::task<> try_to_connect(eddy::connect_options options = {});
    eddy::task<> try_to_connect(eddy::endpoint to, eddy::connect_options options = {});

    // A session

    eddy::task<> read_line(
        eddy::session& from,
        eddy::deadline limit = eddy::deadline::never(),
        std::size_t max = eddy::session::default_line_max
    );
    eddy::task<> read_until(
        eddy::session& from,
        std::string delimiter,
        std::size_t max = eddy::session::default_line_max
    );
    eddy::task<> read_exactly(
        eddy::session& from, std::size_t size, eddy::deadline limit = eddy::deadline::never()
    );
    eddy::task<> read_all(eddy::session& from, std::size_t max = eddy::session::default_all_max);
    /// Reads into a buffer of that size.
    eddy::task<> read_some(eddy::session& from, std::size_t size);
    /// Reads until there is no more, and notes what ended it.
    eddy::task<> read_to_end(eddy::session& from);

    eddy::task<> write(eddy::session& to, std::string text);
    eddy::task<> write_parts(eddy::session& to, std::string a, std::string b, std::string c);
    void try_write(eddy::session& to, const std::string& text);
    eddy::task<> flush(eddy::session& to, eddy::deadline limit = eddy::deadline::never());
    /// Writes until the peer's kernel, this one's and the outbox take no more; gives the number of
    /// bytes written.
    eddy::task<std::size_t> fill(eddy::session& to);
    /// Writes until that fails, as it does some time after the peer has gone.
    eddy::task<> write_until_broken(eddy::session& to);
    void shutdown(eddy::session& of);
    eddy::task<> close(eddy::session& peer);
    void abort(eddy::session& peer);

    // A bare stream: no outbox, no inbox

    eddy::task<> read_some(eddy::stream& from, std::size_t size);
    eddy::task<> read_to_end(eddy::stream& from);
    eddy::task<> write(eddy::stream& to, std::string text);
    eddy::task<> write_until_broken(eddy::stream& to);

    // Datagrams

    using port_ptr = std::unique_ptr<eddy::datagram_port>;

    /// Binds where the stage says; the server gives the cue "listening".
    port_ptr bind_server(const eddy::socket_options& options = {});
    port_ptr bind_client(const eddy::socket_options& options = {});
    void try_to_bind(const eddy::endpoint& at, const eddy::socket_options& options = {});
    /// Waits until the server listens or is bound, and says where.
    eddy::task<eddy::address> server_address();

    eddy::task<> send(eddy::datagram_port& through, std::string text, eddy::address to);
    /// Sends to whom `received` came from, from the address that it came to.
    eddy::task<> reply(eddy::datagram_port& through, std::string text, raw::datagram received);
    eddy::task<raw::datagram> receive(eddy::datagram_port& from);

    [[nodiscard]] plot& shared() const noexcept { return *plot_; }

private:
    void outcome(const std::string& verb, const eddy::error_code& error);
    void outcome(const std::string& verb, const eddy::error_code& error, std::string_view text);
    void ending(std::string_view text, const eddy::error_code& error);
    void listen_once();
    void publish(const eddy::endpoint& bound);
    eddy::task<std::unique_ptr<eddy::stream>> take_connection();

    plot* plot_;
    transcript told_;
    std::unique_ptr<eddy::acceptor> listener_;
};

/// `size` bytes of which none can be mistaken for its neighbour.
[[nodiscard]] std::string pattern(std::size_t size);

} // namespace parity
