// SPDX-License-Identifier: BSL-1.0
#include "send.hpp"

#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>

#include "exchange.hpp"
#include "failure.hpp"
#include "terminal.hpp"

namespace client {
namespace {

std::string message_of(const send_options& options) {
    if (options.message) {
        return *options.message;
    }
    return is_terminal(standard_stream::input) ? ask_for_line("Please enter the message: ")
                                               : read_input();
}

eddy::task<> write_and_end(eddy::session& peer, const std::string& message) {
    co_await peer.write(message);
    peer.shutdown_send(); // tells the peer that this is all of it
}

/// Prints what arrives, as it arrives, and ends it with a newline.
eddy::task<>
send_over_stream(eddy::endpoint where, const std::string& message, eddy::duration timeout) {
    auto peer = co_await open_session(where, timeout);
    // Beside the reading, because the peer may answer a long message before it has all of it.
    eddy::scope writing;
    writing.spawn(write_and_end(peer, message));
    std::optional<char> last; // of the reply
    eddy::error_code end;
    while (!end) {
        const auto bytes = co_await peer.read(eddy::within(timeout));
        end = bytes.error();
        if (bytes) {
            const auto text = eddy::byte_view(*bytes).text();
            print_received(text);
            last = text.back();
        }
    }
    if (last && last != '\n') {
        print("\n");
    }
    // A server that answers and waits for more is the rule among the old ones; its answer is whole.
    const bool is_over = end == eddy::errc::end_of_stream || end == eddy::errc::timed_out;
    if (!last || !is_over) {
        const auto* progress = last ? "the reply may not be complete" : "no reply came";
        throw answer_failure(where.to_string(), end, progress, timeout);
    }
}

eddy::task<> send_datagram(eddy::endpoint where, std::string message, eddy::duration timeout) {
    const auto reply = co_await ask(where, std::move(message), timeout);
    print_received(reply);
    if (!reply.ends_with('\n')) {
        print("\n");
    }
}

} // namespace

void run_send(const send_options& options) {
    const auto message = message_of(options);
    eddy::loop loop;
    loop.run(
        options.where.is_datagram() ? send_datagram(options.where, message, options.timeout)
                                    : send_over_stream(options.where, message, options.timeout)
    );
}

} // namespace client
