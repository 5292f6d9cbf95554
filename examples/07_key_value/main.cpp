// SPDX-License-Identifier: BSL-1.0

// A store of keys and values that redis-cli and redis-benchmark can talk to: PING, SET, GET and DEL
// of the Redis protocol, as arrays of strings or as lines
// (https://redis.io/docs/reference/protocol-spec).

#include <eddy/messages/serve_messages.hpp>
#include <eddy/server.hpp>
#include <eddy/wire/line.hpp>

#include <array>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

namespace {

namespace wire = eddy::wire;

constexpr std::size_t words_max = 16;
constexpr std::size_t command_max = std::size_t{512} * 1024; // bytes of all words

/// The words of a command, where they arrived.
struct command {
    std::array<std::string_view, words_max> words;
    std::size_t count = 0;
};

/// "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", or "GET k\n".
class redis_codec {
public:
    using message = command;

    wire::decoded<command> decode(std::span<const std::byte> arrived) noexcept {
        return arrived[0] == std::byte{'*'} ? decode_array(eddy::byte_view(arrived).text())
                                            : decode_line(arrived);
    }
    /// Of a reply, which has its form already.
    static wire::encoded encode(std::string_view reply) {
        return wire::frame{.body = eddy::byte_view(reply).bytes()};
    }

private:
    /// A line that is a mark and a number, at most `max`.
    static wire::decoded<std::size_t>
    read_number(std::string_view text, std::size_t at, char mark, std::size_t max) noexcept {
        constexpr std::size_t longest = 21; // the mark and 20 digits: 64 bits
        wire::line lines({.max = longest});
        const auto line = lines.decode(eddy::byte_view(text.substr(at)).bytes());
        if (!line) {
            return line.no_message(at);
        }
        std::size_t number = 0;
        const auto digits = line->substr(line->starts_with(mark) ? 1 : line->size());
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
            return wire::refusal::malformed(at, "a mark, a number and CRLF are expected");
        }
        if (number > max) {
            return wire::refusal::too_long(at, number, max);
        }
        return {number, line.size()};
    }

    static wire::decoded<command> decode_array(std::string_view text) noexcept {
        const auto count = read_number(text, 0, '*', words_max);
        if (!count) {
            return count.no_message();
        }
        command found;
        auto at = count.size();
        for (auto left = command_max; found.count != *count; ++found.count) {
            const auto size = read_number(text, at, '$', left);
            if (!size) {
                return size.no_message();
            }
            at += size.size();
            if (text.size() < at + *size + 2) {
                return wire::need{at + *size + 2};
            }
            found.words[found.count] = text.substr(at, *size);
            left -= *size;
            at += *size + 2;
            if (!text.substr(0, at).ends_with("\r\n")) {
                return wire::refusal::malformed(at - 2, "a string ends with CRLF");
            }
        }
        return {found, at};
    }

    wire::decoded<command> decode_line(std::span<const std::byte> arrived) noexcept {
        const auto line = line_.decode(arrived);
        if (!line) {
            return line.no_message();
        }
        command found;
        for (auto rest = *line; !rest.empty() && found.count != words_max;) {
            const auto word = rest.substr(0, rest.find(' '));
            rest.remove_prefix(std::min(rest.size(), word.size() + 1));
            if (!word.empty()) {
                found.words[found.count++] = word;
            }
        }
        return {found, line.size()};
    }

    wire::line line_{{.max = 1024}};
};

std::string as_string(std::string_view value) {
    return '$' + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

/// For one loop, so without a lock.
class store {
public:
    std::string execute(const command& asked) {
        std::string name(asked.words[0]);
        for (char& c : name) {
            c = static_cast<char>(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
        }
        const auto key = asked.words[1];
        if (asked.count == 0) {
            return {}; // an empty line has no answer
        }
        if (name == "PING" && asked.count <= 2) {
            return asked.count == 1 ? "+PONG\r\n" : as_string(key);
        }
        if (name == "SET" && asked.count == 3) {
            values_.insert_or_assign(std::string(key), asked.words[2]);
            return "+OK\r\n";
        }
        if (name == "GET" && asked.count == 2) {
            const auto found = values_.find(key);
            return found == values_.end() ? "$-1\r\n" : as_string(found->second);
        }
        if (name == "DEL" && asked.count == 2) {
            const auto found = values_.find(key);
            const bool is_there = found != values_.end();
            if (is_there) {
                values_.erase(found);
            }
            return is_there ? ":1\r\n" : ":0\r\n";
        }
        return "-ERR PING, SET key value, GET key and DEL key are known\r\n";
    }

private:
    std::map<std::string, std::string, std::less<>> values_;
};

} // namespace

int main(int argc, char** argv) {
    try {
        store values;
        eddy::server server; // one worker, so one loop
        server.serve(
            argc > 1 ? argv[1] : "tcp://127.0.0.1:6379",
            eddy::serve_messages(
                redis_codec(), [&](const command& asked) { return values.execute(asked); }
            )
        );
        return server.run();
    } catch (const eddy::error& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
