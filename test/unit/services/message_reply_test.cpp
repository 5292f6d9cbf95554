// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/log.hpp>
#include <eddy/services/message_reply.hpp>

#include "conversation.hpp"
#include "support/catch.hpp"

#include <mutex>
#include <stdexcept>
#include <vector>

using namespace eddy;
using services::message_framing;
using services::message_reply;
using services::message_reply_options;

namespace {

/// Keeps what is logged.
class log_recorder {
public:
    log_recorder() {
        log::set_sink(
            [](log::level /*at*/, std::string_view line, void* self) {
                static_cast<log_recorder*>(self)->keep(line);
            },
            this
        );
    }
    log_recorder(const log_recorder&) = delete;
    log_recorder& operator=(const log_recorder&) = delete;
    ~log_recorder() { log::set_sink(nullptr, nullptr); }

    /// The messages that were shown, as far as they begin with the service's words.
    std::vector<std::string> messages() {
        log::flush();
        const std::lock_guard guard(mutex_);
        return messages_;
    }

private:
    void keep(std::string_view line) {
        constexpr std::string_view words = "Here is the message: ";
        const auto begin = line.find(words);
        if (begin != std::string_view::npos) {
            line.remove_prefix(begin + words.size());
            const std::lock_guard guard(mutex_);
            messages_.emplace_back(line.substr(0, line.rfind(" peer=")));
        }
    }

    std::mutex mutex_;
    std::vector<std::string> messages_;
};

/// What a session that sends `text` and ends its side gets.
std::string replies_to(const message_reply_options& options, const std::string& text) {
    static std::string got;
    static std::string said;
    said = text;
    test::converse(message_reply(options), [](session& client) -> task<> {
        co_await client.write(said);
        client.shutdown_send();
        got = co_await test::read_to_end(client);
    });
    return got;
}

std::string times(unsigned count) {
    std::string text;
    while (count-- != 0) {
        text += "I got your message";
    }
    return text;
}

} // namespace

TEST_CASE(
    "message-reply: message, is shown escaped and answered by 18 bytes", "[services][message_reply]"
) {
    log_recorder log;

    CHECK(replies_to({}, "hello\n\x1b[2J") == "I got your message");
    CHECK(log.messages() == std::vector<std::string>{R"(hello\n\x1b[2J)"});
}

TEST_CASE("message-reply: session, stays open for further messages", "[services][message_reply]") {
    test::converse(message_reply({.log = false}), [](session& client) -> task<> {
        for (int i = 0; i != 3; ++i) {
            co_await client.write("again");
            const auto reply = co_await client.read_exactly(18);
            REQUIRE(reply);
            CHECK(byte_view(*reply).text() == "I got your message");
        }
    });
}

TEST_CASE(
    "message-reply: more than 255 bytes at once, are several messages", "[services][message_reply]"
) {
    log_recorder log;

    CHECK(replies_to({}, std::string(600, 'x')) == times(3));
    REQUIRE(log.messages().size() == 3);
    CHECK(log.messages()[0].size() == 255);
    CHECK(log.messages()[2].size() == 90);
}

TEST_CASE(
    "message-reply: line framing, one reply a line, also without the last newline",
    "[services][message_reply]"
) {
    log_recorder log;
    const message_reply_options lines{.framing = message_framing::line};

    CHECK(replies_to(lines, "one\r\ntwo\n\nend") == times(4));
    CHECK(log.messages() == std::vector<std::string>{"one", "two", "", "end"});
}

TEST_CASE(
    "message-reply: line that is too long, counts as several messages", "[services][message_reply]"
) {
    log_recorder log;
    const message_reply_options lines{.framing = message_framing::line, .max = 4};

    CHECK(replies_to(lines, "abcdefghij\nk\n") == times(4));
    CHECK(log.messages() == std::vector<std::string>{"abcd", "efgh", "ij", "k"});
}

TEST_CASE("message-reply: log off, shows nothing", "[services][message_reply]") {
    log_recorder log;

    CHECK(replies_to({.log = false}, "secret") == times(1));
    CHECK(log.messages().empty());
}

TEST_CASE(
    "message-reply: datagram, is one message whatever its length", "[services][message_reply]"
) {
    log_recorder log;
    const auto sent =
        test::answers(message_reply(), {"a", "", std::string(1000, 'x')}, test::client_address());

    REQUIRE(sent.size() == 3);
    CHECK(sent[1].data == "I got your message");
    REQUIRE(log.messages().size() == 3);
    CHECK(log.messages()[0] == "a");
    CHECK(log.messages()[1].empty());
    CHECK(log.messages()[2].size() == 255);
}

TEST_CASE("message-reply: length out of range, is refused", "[services][message_reply]") {
    CHECK_THROWS_AS(message_reply({.max = 0}), std::invalid_argument);
    CHECK_THROWS_AS(message_reply({.max = 65'536}), std::invalid_argument);
    CHECK_NOTHROW(message_reply({.max = 65'535}));
}
