// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/when_any.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/net/reply_guard.hpp>
#include <eddy/net/session.hpp>
#include <eddy/services/chargen.hpp>

#include "services/chargen_text.hpp"
#include "services/reply_options.hpp"
#include "services/standard.hpp"

#include <random>
#include <string>
#include <utility>

namespace eddy::services {
namespace {

constexpr unsigned first_printable = ' ';
constexpr unsigned printable_count = '~' - ' ' + 1;
constexpr unsigned columns = 72;
constexpr std::size_t datagram_max = 512;

task<> generate(session& peer) {
    while (!peer.is_draining()) {
        const auto written = co_await peer.write(detail::chargen_text());
        if (!written) {
            co_return;
        }
    }
}

/// Takes what the peer sends, so that it never waits for us, until there is a reason to end.
task<> listen(session& peer) {
    for (;;) {
        const auto data = co_await peer.read();
        if (data.error() == errc::end_of_stream) {
            co_await peer.on_drain(); // it may have nothing to say and still read
        }
        if (!data) {
            co_return;
        }
    }
}

task<> chargen_session(session& peer) {
    co_await when_any(generate(peer), listen(peer));
}

task<> generate_datagrams(datagrams& socket, reply_rules rules) {
    reply_guard guard(socket, std::move(rules));
    // "a random number (between 0 and 512) of characters": nobody has to be surprised by it.
    std::minstd_rand random; // NOLINT(cert-msc32-c,cert-msc51-cpp)
    std::uniform_int_distribution<std::size_t> length(0, datagram_max);
    while (const auto batch = co_await socket.receive()) {
        for (const datagram& received : *batch) {
            if (guard.allows(received)) {
                co_await socket.reply(received, detail::chargen_text().substr(0, length(random)));
            }
        }
    }
}

std::string make_text() {
    std::string text;
    for (unsigned line = 0; line != printable_count; ++line) {
        for (unsigned column = 0; column != columns; ++column) {
            text += static_cast<char>(first_printable + (line + column) % printable_count);
        }
        text += "\r\n";
    }
    return text;
}

} // namespace

std::string_view detail::chargen_text() {
    static const std::string text = make_text();
    return text;
}

handler chargen(chargen_options options) {
    if (options.udp) {
        const auto answer = [rules = std::move(options.replies)](datagrams& socket) {
            return generate_datagrams(socket, rules);
        };
        return {&chargen_session, answer};
    }
    return &chargen_session;
}

service detail::chargen_service() {
    return {
        .name = "chargen",
        .summary = "Generates characters (RFC 864).",
        .options = detail::with_reply_options({{
            .name = "udp",
            .standard = false,
            .effect = "Answers datagrams too. The answer is larger than the question, so with a "
                      "forged source address it can be turned against others.",
        }}),
        .make =
            [](const option_values& values) {
                return chargen(
                    {.udp = std::get<bool>(values.at("udp")),
                     .replies = detail::reply_rules_of(values)}
                );
            },
    };
}

} // namespace eddy::services
