// SPDX-License-Identifier: BSL-1.0
// What every engine must do when it receives from a TCP connection, seen at the seam: above all
// that no byte is lost, doubled or out of its order, whatever is cancelled when.
#include <eddy/core/block_pool.hpp>

#include "platform/byte_pipe.hpp"
#include "support/connections.hpp"
#include "support/engines.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace eddy {
namespace {

using test::buffers_out;
using test::connect;
using test::connection;
using test::loop_of_each_engine;
using test::read_now;
using test::read_probe;
using test::settle;

std::string numbered(std::size_t size) {
    std::string text;
    for (unsigned i = 0; text.size() < size; ++i) {
        text += std::to_string(i) + " ";
    }
    text.resize(size);
    return text;
}

/// From now on the engine may receive ahead, as after any read that was cancelled.
void give_a_read_up(loop& where, const connection& of) {
    read_probe given_up;
    REQUIRE_FALSE(of.ours->start_read(given_up));
    settle(where);
    of.ours->cancel_read();
}

TEST_CASE("connection: bytes that were taken for a cancelled read wait for the next one") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 1);
    read_probe given_up;
    REQUIRE_FALSE(ends[0].ours->start_read(given_up));
    settle(*here);
    ends[0].ours->cancel_read();
    ends[0].put("one ");
    settle(*here);
    ends[0].put("two ");
    settle(*here);

    CHECK(given_up.completions == 0);
    const std::string first = read_now(*ends[0].ours, 2); // in parts
    const std::string rest = read_now(*ends[0].ours);
    CHECK(first + rest + read_now(*ends[0].ours) == "one two ");
    ends[0].put("three");
    CHECK(read_now(*ends[0].ours) == "three"); // without the loop in between
}

TEST_CASE("connection: what is spliced comes behind what was received before") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 1);
    auto pipe = platform::byte_pipe::open();
    REQUIRE(pipe);
    REQUIRE(ends[0].ours->can_splice());
    give_a_read_up(*here, ends[0]);
    ends[0].put("received ");
    settle(*here);

    splice_target target{.pipe = pipe->input(), .room = pipe->capacity()};
    const auto piped = [&] {
        std::array<char, 256> room;
        const ssize_t count = ::read(pipe->output(), room.data(), room.size());
        return std::string(room.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    };
    std::string text;
    for (const char* word : {"at once ", "and again "}) {
        read_probe ready;
        ready.pipe = &target;
        ready.wait = false; // not every engine looks by itself
        REQUIRE(ends[0].ours->start_read(ready));
        text += piped();
        ends[0].put(word);
    }
    CHECK(text + read_now(*ends[0].ours) == "received at once and again ");

    read_probe waiting;
    waiting.pipe = &target;
    REQUIRE_FALSE(ends[0].ours->start_read(waiting));
    settle(*here);
    ends[0].put("later");
    settle(*here);
    CHECK(waiting.completions == 1);
    CHECK(piped() == "later");

    read_probe ordinary;
    REQUIRE_FALSE(ends[0].ours->start_read(ordinary));
    settle(*here);
    ends[0].put("the rest");
    settle(*here);
    CHECK(ordinary.text() == "the rest");
}

TEST_CASE("connection: small and large messages come in their order, whatever came before") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 1);
    const std::string all = numbered(400'000);
    // Nine small ones in a row, because large ones are not forgotten at once.
    constexpr std::array<std::size_t, 20> sizes = {5, 2'047, 2'048,  9'000, 40'000, 7, 100,
                                                   1, 1,     1,      1,     1,      1, 1,
                                                   1, 1,     20'000, 2,     60'000, 3};
    std::size_t sent = 0;
    std::string text;
    for (const std::size_t size : sizes) {
        std::vector<std::unique_ptr<read_probe>> reads; // one that is done may be looked at yet
        ends[0].put(all.substr(sent, size));
        sent += size;
        while (text.size() < sent) {
            reads.push_back(std::make_unique<read_probe>(5'000));
            read_probe& read = *reads.back();
            if (!ends[0].ours->start_read(read)) {
                test::run_until(*here, [&] { return read.completions != 0; });
            }
            REQUIRE(read.bytes != 0);
            text += read.text();
        }
        CHECK(text == all.substr(0, sent));
    }
}

TEST_CASE("connection: of one with large messages nothing is taken before somebody reads") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 1);
    const auto send = [&](std::string_view text) {
        give_a_read_up(*here, ends[0]);
        ends[0].put(text);
        settle(*here);
    };
    const auto read_all = [&](std::size_t size) {
        for (std::size_t read = 0; read < size;) {
            const std::size_t now = read_now(*ends[0].ours).size();
            read += now;
            if (now == 0) {
                settle(*here);
            }
        }
    };
    const std::string large = numbered(9'000);
    send(large);
    read_all(large.size());
    send(large);
    CHECK(buffers_out(*here) == 0);
    read_all(large.size());

    for (int small = 0; small < 9; ++small) {
        send("small");
        read_all(5);
    }
    send("small");
    const std::size_t expected = here->driver().name() == "uring" ? 1 : 0;
    test::run_until(*here, [&] { return buffers_out(*here) == expected; });
    CHECK(buffers_out(*here) == expected);
}

TEST_CASE("connection: the end that comes together with large messages is told behind them") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 1);
    std::string text;
    for (const std::size_t size : {std::size_t(9'000), std::size_t(20'000)}) {
        read_probe read;
        REQUIRE_FALSE(ends[0].ours->start_read(read));
        settle(*here);
        ends[0].put(numbered(size));
        if (size == 20'000) {
            REQUIRE(::shutdown(ends[0].peer.get(), SHUT_WR) == 0);
        }
        test::run_until(*here, [&] { return read.completions != 0; });
        text += read.text();
    }
    for (error_code last; !last;) {
        read_probe read;
        if (!ends[0].ours->start_read(read)) {
            test::run_until(*here, [&] { return read.completions != 0; });
        }
        REQUIRE((read.bytes != 0 || read.error));
        text += read.text();
        last = read.error;
    }
    CHECK(text == numbered(9'000) + numbered(20'000));
}

/// Notes the turn of the loop that completes it.
struct turn_probe : read_probe {
    explicit turn_probe(const loop& on) : where(&on) {
        complete = [](io_op& op) noexcept {
            auto& self = static_cast<turn_probe&>(op);
            ++self.completions;
            self.turn = self.where->turns();
        };
    }

    const loop* where;
    std::uint32_t turn = 0;
};

TEST_CASE("connection: each large message is a turn, many small ones are one together") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 8);
    const auto turns_of = [&](std::string_view text) {
        std::vector<std::unique_ptr<turn_probe>> reads;
        for (const auto& each : ends) {
            reads.push_back(std::make_unique<turn_probe>(*here));
            REQUIRE_FALSE(each.ours->start_read(*reads.back()));
        }
        settle(*here);
        for (const auto& each : ends) {
            each.put(text);
        }
        std::set<std::uint32_t> turns;
        for (std::size_t i = 0; i < ends.size(); ++i) {
            test::run_until(*here, [&] { return reads[i]->completions != 0; });
            turns.insert(reads[i]->turn);
            for (std::size_t read = reads[i]->bytes; read < text.size();) {
                const std::size_t now = read_now(*ends[i].ours).size();
                read += now;
                if (now == 0) {
                    settle(*here);
                }
            }
        }
        return turns.size();
    };
    const std::string large(16'384, 'x');
    turns_of(large); // from now on the connections are known for it
    CHECK(turns_of(large) == ends.size());
    CHECK((turns_of("small") < ends.size()) == (here->driver().name() != "asio"));
}

TEST_CASE("connection: a lent block has the bytes, also after the stream is gone") {
    const auto here = loop_of_each_engine();
    auto ends = connect(*here, 1);
    const std::size_t size = GENERATE(as<std::size_t>(), 5, 9000);
    const std::string text = numbered(size);
    read_probe lent;
    lent.into = {};
    REQUIRE_FALSE(ends[0].ours->start_read(lent));
    settle(*here);
    ends[0].put(text);
    settle(*here);

    REQUIRE(lent.completions == 1);
    REQUIRE(lent.lent);
    ends[0].ours.reset();
    const std::string_view bytes(reinterpret_cast<const char*>(lent.lent->data), lent.bytes);
    CHECK(bytes == text);
}

TEST_CASE("connection: a peer that nobody reads from is held up, and nothing is lost") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 1);
    give_a_read_up(*here, ends[0]);
    const std::string much = numbered(32 << 20);
    std::size_t sent = 0;
    for (int idle = 0; idle < 3;) { // until it is refused, however long the loop goes on
        const ssize_t count =
            ::send(ends[0].peer.get(), much.data() + sent, much.size() - sent, MSG_DONTWAIT);
        sent += count > 0 ? static_cast<std::size_t>(count) : 0;
        idle = count > 0 ? 0 : idle + 1;
        settle(*here);
    }
    REQUIRE(sent < much.size());

    std::string text;
    while (text.size() < sent) {
        const std::string part = read_now(*ends[0].ours);
        text += part;
        if (part.empty()) {
            settle(*here);
        }
    }
    CHECK(text == much.substr(0, sent));
}

TEST_CASE("connection: one that nobody reads from leaves the others their buffers") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 1);
    give_a_read_up(*here, ends[0]);
    std::string sent;
    for (char each = 'a'; each <= 'p'; ++each) {
        ends[0].put({&each, 1});
        sent += each;
        settle(*here);
    }

    CHECK(buffers_out(*here) <= 2);
    std::string text;
    while (text.size() < sent.size()) {
        const std::string part = read_now(*ends[0].ours);
        REQUIRE_FALSE(part.empty());
        text += part;
    }
    CHECK(text == sent);
}

TEST_CASE("connection: more of them have bytes at once than there are buffers, each gets its own") {
    const auto here = loop_of_each_engine();
    const auto ends = connect(*here, 150);
    std::vector<std::unique_ptr<read_probe>> reads;
    for (const auto& each : ends) {
        reads.push_back(std::make_unique<read_probe>());
        REQUIRE_FALSE(each.ours->start_read(*reads.back()));
    }
    settle(*here);
    const bool is_held = GENERATE(false, true);
    if (is_held) { // buffers stay with streams that nobody reads from
        for (const auto& each : ends) {
            each.ours->cancel_read();
        }
    }
    for (int turn = 0; turn < 3; ++turn) {
        for (std::size_t i = 0; i < ends.size(); ++i) {
            ends[i].put(std::to_string(i) + " ");
        }
        settle(*here);
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
        CHECK(reads[i]->completions == (is_held ? 0 : 1));
        std::string text = is_held ? "" : reads[i]->text();
        for (std::string more = read_now(*ends[i].ours); !more.empty();
             more = read_now(*ends[i].ours)) {
            text += more;
        }
        const std::string word = std::to_string(i) + " ";
        CHECK(text == word + word + word);
    }
}

TEST_CASE("connection: a reader gets its bytes while those that nobody reads fill all buffers") {
    const auto here = loop_of_each_engine();
    const auto idle = connect(*here, 150);
    for (const auto& each : idle) {
        read_probe given_up;
        REQUIRE_FALSE(each.ours->start_read(given_up));
        each.ours->cancel_read();
        each.put("unread");
    }
    const auto busy = connect(*here, 1);
    read_probe read;
    REQUIRE_FALSE(busy[0].ours->start_read(read));
    settle(*here);

    busy[0].put("wanted");
    settle(*here);

    CHECK(read.text() == "wanted");
}

} // namespace
} // namespace eddy
