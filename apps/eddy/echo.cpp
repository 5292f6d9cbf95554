// SPDX-License-Identifier: BSL-1.0
#include "echo.hpp"

#include <eddy/core/escape.hpp>
#include <eddy/core/loop.hpp>

#include "exchange.hpp"
#include "failure.hpp"
#include "terminal.hpp"

#include <fmt/format.h>

namespace client {
namespace {

[[noreturn]] void throw_wrong_echo(const echo_options& options, std::string_view received) {
    throw failure(
        exit_status::wrong_answer,
        fmt::format(
            "{}: wrong echo: sent \"{}\", received \"{}\"",
            options.where.to_string(),
            eddy::escaped(options.word),
            eddy::escaped(received)
        )
    );
}

eddy::task<std::string> echo_over_stream(const echo_options& options) {
    const auto limit = eddy::within(options.timeout);
    auto peer = co_await open_session(options.where, options.timeout);
    co_await peer.write(options.word);
    std::string received;
    while (received.size() < options.word.size()) {
        const auto bytes = co_await peer.read(limit);
        if (!bytes) {
            throw answer_failure(
                options.where.to_string(),
                bytes.error(),
                fmt::format("{} of {} bytes came back", received.size(), options.word.size()),
                options.timeout
            );
        }
        received += eddy::byte_view(*bytes).text();
        if (!options.word.starts_with(received)) {
            throw_wrong_echo(options, received);
        }
    }
    co_return received;
}

eddy::task<std::string> echo_once(const echo_options& options) {
    if (!options.where.is_datagram()) {
        co_return co_await echo_over_stream(options);
    }
    auto received = co_await ask(options.where, options.word, options.timeout);
    if (received != options.word) {
        throw_wrong_echo(options, received);
    }
    co_return received;
}

} // namespace

void run_echo(const echo_options& options) {
    eddy::loop loop;
    const auto received = loop.run(echo_once(options));
    print("Received: ");
    print_received(received);
    print("\n");
}

} // namespace client
