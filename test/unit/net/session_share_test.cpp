// SPDX-License-Identifier: BSL-1.0
// How much a session moves before the others have their turn.
#include <eddy/core/scope.hpp>
#include <eddy/net/session.hpp>

#include "net/session_state.hpp"
#include "platform/byte_pipe.hpp"
#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

namespace eddy {
namespace {

using test::session_fixture;
using test::stream_script;

constexpr std::size_t share = 256 * 1024;

/// The most that a session has moved in one turn of its loop, as far as it is looked at.
class most_in_a_turn {
public:
    most_in_a_turn(test::manual_loop& owner, const session& of) noexcept
        : loop_(&owner), of_(&of) {}

    void look() {
        const auto now = of_->stats().bytes_received + of_->stats().bytes_sent;
        const auto turn = loop_->engine().turns();
        in_turn_ = std::exchange(turn_, turn) == turn ? in_turn_ : 0;
        in_turn_ += now - std::exchange(moved_, now);
        most_ = std::max(most_, in_turn_);
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return most_; }

private:
    test::manual_loop* loop_;
    const session* of_;
    unsigned turn_ = 0;
    std::size_t in_turn_ = 0;
    std::size_t most_ = 0;
    std::size_t moved_ = 0;
};

TEST_CASE(
    "session: handler of a firehose, moves no more than its share in a turn", "[net][session]"
) {
    session_fixture fixture;
    fixture.script.arrived.assign(4 * 1024 * 1024, 'x');
    fixture.script.feed_end();
    fixture.run([&](session& peer, stream_script& script) -> task<> {
        most_in_a_turn seen(fixture.loop, peer);
        bool goes_on = true;
        while (goes_on) {
            const auto bytes = co_await peer.read();
            goes_on = bytes.has_value();
            if (goes_on) {
                co_await peer.write(*bytes);
            }
            seen.look();
        }
        co_await peer.flush();
        CHECK(script.sent.size() == 4 * 1024 * 1024);
        constexpr std::size_t most = share + detail::block_pool::block_size;
        CHECK(seen.bytes() <= most);
        CHECK(fixture.loop.engine().turns() >= 8 * 1024 * 1024 / most);
    });
}

/// Bytes that the system moves are not free either.
TEST_CASE(
    "session: firehose through a pipe, moves no more than its share in a turn", "[net][session]"
) {
    session_fixture fixture;
    constexpr std::size_t size = 16 * share;
    fixture.script.arrived.assign(size, 'x');
    fixture.script.feed_end();
    const auto pipe = platform::byte_pipe::open();
    REQUIRE(pipe);
    fixture.run([&](session& peer, stream_script& script) -> task<> {
        auto& state = detail::state_of(peer);
        splice_source drained{.descriptor = pipe->output()};
        most_in_a_turn seen(fixture.loop, peer);
        for (;;) {
            splice_target filled{.pipe = pipe->input(), .room = pipe->capacity()};
            detail::read_request wanted(detail::read_request::until::any, filled.room);
            wanted.pipe = &filled;
            const auto bytes =
                co_await detail::read_bytes_awaiter(state, wanted, deadline::never());
            if (!bytes) {
                break;
            }
            seen.look();
            co_await detail::write_of<1>(state, drained, filled.bytes);
            seen.look();
        }
        CHECK(script.sent.size() == size);
        CHECK(seen.bytes() <= share);
        CHECK(fixture.loop.engine().turns() >= 2 * size / share);
    });
}

TEST_CASE("session: more from a pipe than its share, waits for the next turn", "[net][session]") {
    session_fixture fixture;
    fixture.script.arrived.assign(share - 1000, 'x');
    const auto pipe = platform::byte_pipe::open();
    REQUIRE(pipe);
    const std::string text(10'000, 'y');
    REQUIRE(::write(pipe->input(), text.data(), text.size()) == 10'000);
    fixture.run([&](session& peer, stream_script& script) -> task<> {
        splice_source drained{.descriptor = pipe->output()};
        const auto before = fixture.loop.engine().turns();
        const auto whole = co_await peer.read_exactly(share - 1000);
        CHECK(whole.has_value());
        CHECK(fixture.loop.engine().turns() == before);
        co_await detail::write_of<1>(detail::state_of(peer), drained, text.size());
        CHECK(fixture.loop.engine().turns() == before + 1);
        CHECK(script.sent == text);
    });
}

TEST_CASE("session: one large message, is received and sent a share at a time", "[net][session]") {
    session_fixture fixture;
    constexpr std::size_t size = 8 * share;
    fixture.script.arrived.assign(size, 'x');
    fixture.run([&](session& peer, stream_script& script) -> task<> {
        const auto before = fixture.loop.engine().turns();
        const auto whole = co_await peer.read_exactly(size);
        CHECK(whole->size() == size);
        const auto between = fixture.loop.engine().turns();
        CHECK(between - before >= 7);
        CHECK(between - before <= 12);
        co_await peer.write(*whole);
        CHECK(script.sent.size() == size);
        CHECK(fixture.loop.engine().turns() - between >= 7);
        CHECK(fixture.loop.engine().turns() - between <= 12);
    });
}

TEST_CASE("session: two firehoses, take turns", "[net][session]") {
    session_fixture fixture;
    stream_script other_script;
    fixture.script.arrived.assign(2 * 1024 * 1024, 'x');
    other_script.arrived.assign(2 * 1024 * 1024, 'y');
    fixture.script.feed_end();
    other_script.feed_end();
    fixture.run([&](session& peer, stream_script& /*script*/) -> task<> {
        session other(std::make_unique<test::scripted_stream>(other_script));
        scope both;
        std::size_t widest = 0;
        const auto echo = [](session& mine, session& theirs, std::size_t& apart) -> task<> {
            while (auto bytes = co_await mine.read()) {
                co_await mine.write(*bytes);
                const auto a = mine.stats().bytes_received;
                const auto b = theirs.stats().bytes_received;
                apart = std::max<std::size_t>(apart, a > b ? a - b : b - a);
            }
        };
        both.spawn(echo(peer, other, widest));
        both.spawn(echo(other, peer, widest));
        co_await both.join();
        CHECK(widest <= share + detail::block_pool::block_size);
    });
}

} // namespace
} // namespace eddy
