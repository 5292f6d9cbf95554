// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/escape.hpp>
#include <eddy/core/log.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/net/reply_guard.hpp>
#include <eddy/net/session.hpp>
#include <eddy/services/message_reply.hpp>

#include "services/reply_options.hpp"
#include "services/standard.hpp"

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace eddy::services {
namespace {

constexpr std::string_view reply = "I got your message";
constexpr std::size_t longest_message = 65'535;

// A datagram without a byte is a message and is answered, as by the services of RFC 867 and 868.
// That makes nobody a weapon of a forged source: counted with its headers the reply is not even
// twice as long, where 3 times is held to be the limit (RFC 9000, 8).
constexpr std::size_t shortest_datagram = 20 + 8; // the headers of IPv4 and UDP
static_assert(shortest_datagram + reply.size() < 2 * shortest_datagram);

result<std::string_view> as_text(const result<std::span<const std::byte>>& data) {
    return data ? result(byte_view(*data).text()) : result<std::string_view>(data.error());
}

class message_replier {
public:
    explicit message_replier(message_reply_options options) : options_(std::move(options)) {}

    task<> operator()(session& peer) const {
        return options_.framing == message_framing::line ? answer_lines(peer) : answer_reads(peer);
    }

    task<> operator()(datagrams& socket) const {
        reply_guard guard(socket, options_.replies);
        while (const auto batch = co_await socket.receive()) {
            for (const datagram& received : *batch) {
                if (guard.allows(received)) {
                    show(byte_view(received.data).text().substr(0, options_.max), received.peer);
                    co_await socket.reply(received, reply);
                }
            }
        }
    }

private:
    task<> answer_reads(session& peer) const {
        while (const auto data = co_await peer.read()) {
            // What a read lends is as much as has arrived; a message is no more than `max` of it.
            for (auto rest = byte_view(*data).text(); !rest.empty();) {
                const auto message = rest.substr(0, options_.max);
                rest.remove_prefix(message.size());
                show(message, peer.client());
                co_await peer.write(reply);
            }
        }
    }

    task<> answer_lines(session& peer) const {
        for (;;) {
            auto line = co_await peer.read_line(options_.max);
            if (line.error() == errc::too_long) {
                line = as_text(co_await peer.read_exactly(options_.max));
            } else if (line.error() == errc::truncated) {
                line = as_text(co_await peer.read()); // the last one, without its newline
            }
            if (!line) {
                co_return;
            }
            show(*line, peer.client());
            co_await peer.write(reply);
        }
    }

    void show(std::string_view message, const address& from) const {
        if (options_.log && log::is_enabled(log::level::info)) {
            log::info("Here is the message: " + escaped(message), {{"peer", from.to_string()}});
        }
    }

    message_reply_options options_;
};

message_framing framing_of(const std::string& word) {
    return word == "line" ? message_framing::line : message_framing::read;
}

} // namespace

handler message_reply(message_reply_options options) {
    if (options.max == 0 || options.max > longest_message) {
        throw std::invalid_argument("eddy: message_reply: max must be from 1 to 65,535");
    }
    return message_replier(std::move(options));
}

service detail::message_reply_service() {
    return {
        .name = "message-reply",
        .summary = "Logs each message and replies \"I got your message\".",
        .options = detail::with_reply_options({
            {.name = "framing",
             .standard = std::string("read"),
             .effect = "What makes a message of a stream: what a read gives, or a line.",
             .choices = {"read", "line"}},
            {.name = "max",
             .standard = std::int64_t(255),
             .effect = "The longest message; more counts as several messages.",
             .unit = "bytes",
             .lowest = 1,
             .highest = std::int64_t(longest_message)},
            {.name = "log",
             .standard = true,
             .effect = "Each message goes to the log, as \"Here is the message: ...\"."},
        }),
        .make =
            [](const option_values& values) {
                return message_reply({
                    .framing = framing_of(std::get<std::string>(values.at("framing"))),
                    .max = static_cast<std::size_t>(std::get<std::int64_t>(values.at("max"))),
                    .log = std::get<bool>(values.at("log")),
                    .replies = detail::reply_rules_of(values),
                });
            },
    };
}

} // namespace eddy::services
