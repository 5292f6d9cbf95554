// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/sim/conform.hpp>
#include <eddy/sim/failure.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <charconv>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::session;
using eddy::task;
namespace sim = eddy::sim;

// [conversation]
sim::conversation netstrings() {
    sim::conversation talk;
    talk.send("5:hello,").expect("5:hello,");
    talk.send("0:,").expect("0:,");
    talk.send("11:hello world,").expect("11:hello world,");
    talk.refuse("99999999:").refuse("hello");
    return talk;
}
// [conversation]

sim::conversation lines() {
    sim::conversation talk;
    talk.send("one\n").expect("ONE\n");
    talk.send("two\n").expect("TWO\n");
    return talk;
}

std::string to_upper(std::string_view text) {
    std::string upper(text);
    for (char& each : upper) {
        each = each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each;
    }
    return upper;
}

/// A right handler: https://cr.yp.to/proto/netstrings.txt, at most 1,000 bytes each.
task<> echo_netstrings(session& peer) {
    for (;;) {
        const auto prefix = co_await peer.read_until(":", 4);
        if (!prefix) {
            co_return;
        }
        std::size_t size = 0;
        const char* end = prefix->data() + prefix->size();
        const auto parsed = std::from_chars(prefix->data(), end, size);
        if (parsed.ptr != end || parsed.ec != std::errc() || size > 1'000) {
            co_return;
        }
        const auto body = co_await peer.read_exactly(size + 1);
        if (!body || body->back() != std::byte{','}) {
            co_return;
        }
        const std::string head = std::to_string(size) + ':';
        co_await peer.write(head, *body);
    }
}

task<> shout(session& peer) {
    while (auto line = co_await peer.read_line()) {
        const std::string answer = to_upper(*line) + '\n';
        co_await peer.write(answer);
    }
}

/// What `conform` says about a handler.
std::string verdict(
    const eddy::handler& tested,
    const sim::conversation& talk = lines(),
    const sim::conform_options& options = {}
) {
    try {
        sim::conform(tested, talk, options);
    } catch (const sim::failure& broken) {
        return broken.what();
    }
    return "";
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

TEST_CASE("conform: handlers that keep the rules, pass", "[sim][conform]") {
    const auto netstring_report = sim::conform(echo_netstrings, netstrings());
    const auto line_report = sim::conform(shout, lines());

    CHECK(netstring_report.runs > 100);
    CHECK(line_report.runs > 50);
}

// The planted bugs.

task<> forget_partial_line(session& peer) {
    while (auto bytes = co_await peer.read()) {
        const std::string text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
        std::size_t begin = 0;
        for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
            const std::string answer = to_upper(text.substr(begin, end - begin + 1));
            co_await peer.write(answer);
            begin = end + 1;
        }
    }
}

task<> answer_only_the_first_of_many(session& peer) {
    std::string pending;
    while (auto bytes = co_await peer.read()) {
        pending.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
        if (const auto end = pending.find('\n'); end != pending.npos) {
            const std::string answer = to_upper(pending.substr(0, end + 1));
            pending.erase(0, end + 1);
            co_await peer.write(answer);
        }
    }
}

task<> answer_the_fragment_at_the_end(session& peer) {
    for (;;) {
        const auto line = co_await peer.read_line();
        if (!line && line.error() == errc::truncated) {
            const auto rest = co_await peer.read();
            const std::string answer(reinterpret_cast<const char*>(rest->data()), rest->size());
            co_await peer.write(answer);
        }
        if (!line) {
            co_return;
        }
        const std::string answer = to_upper(*line) + '\n';
        co_await peer.write(answer);
    }
}

task<> ignore_the_end(session& peer) {
    for (;;) {
        const auto line = co_await peer.read_line();
        if (line) {
            const std::string answer = to_upper(*line) + '\n';
            co_await peer.write(answer);
        }
    }
}

task<> ignore_the_drain(session& peer) {
    for (;;) {
        const auto line = co_await peer.read_line();
        if (line) {
            const std::string answer = to_upper(*line) + '\n';
            co_await peer.write(answer);
        } else if (line.error() == errc::draining) {
            co_await eddy::sleep(1h);
        } else {
            co_return;
        }
    }
}

task<> wait_for_what_never_comes(session& peer) {
    eddy::event never;
    co_await shout(peer);
    co_await never.wait();
}

task<> swallow_the_stop(session& peer) {
    for (;;) {
        const auto line = co_await peer.read_line();
        if (line) {
            const std::string answer = to_upper(*line) + '\n';
            co_await peer.write(answer);
        } else if (line.error() != errc::cancelled) {
            co_return;
        }
    }
}

task<> leave_a_task(session& peer) {
    auto tick = []() -> task<> {
        for (;;) {
            co_await eddy::sleep(1h);
        }
    };
    eddy::spawn_on(eddy::loop::current(), tick());
    co_await shout(peer);
}

task<> throw_at_a_reset(session& peer) {
    for (;;) {
        const auto line = co_await peer.read_line();
        if (!line && line.error() == errc::reset) {
            throw std::runtime_error("the peer is rude");
        }
        if (!line) {
            co_return;
        }
        const std::string answer = to_upper(*line) + '\n';
        co_await peer.write(answer);
    }
}

task<> collect_everything(session& peer) {
    std::string all;
    while (auto bytes = co_await peer.read()) {
        all.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
        for (auto end = all.find('\n'); end != all.npos; end = all.find('\n')) {
            const std::string answer = to_upper(all.substr(0, end + 1));
            all.erase(0, end + 1);
            co_await peer.write(answer);
        }
    }
}

task<> write_after_close(session& peer) {
    while (auto line = co_await peer.read_line()) {
        const std::string answer = to_upper(*line) + '\n';
        co_await peer.write(answer);
    }
    peer.shutdown_send();
    co_await peer.write("bye\n");
}

/// Blocks the thread instead of the task, for good.
task<> block_the_loop(session& peer) {
    static const std::atomic<bool> never{false};
    co_await peer.read_line();
    co_await peer.write("ONE\n");
    co_await peer.read_line();
    never.wait(false);
}

task<> believe_the_length(session& peer) {
    for (;;) {
        const auto prefix = co_await peer.read_until(":", 10);
        if (!prefix) {
            co_return;
        }
        const std::size_t size = static_cast<std::size_t>(std::atol(std::string(*prefix).c_str()));
        const auto body = co_await peer.read_exactly(size + 1);
        if (!body) {
            co_return;
        }
        const std::string head = std::to_string(size) + ':';
        co_await peer.write(head, *body);
    }
}

TEST_CASE("conform: planted bugs, each named", "[sim][conform]") {
    struct row {
        const char* bug;
        eddy::handler handler;
        const char* when;
        const char* what;
    };
    const std::vector<row> rows{
        {"partial frame",
         forget_partial_line,
         "forgets a partial frame: with cut after byte 1",
         "no answer within 60 s"},
        {"late words", write_after_close, "writes after close: with as it stands", "writes on"},
        {"second frame", answer_only_the_first_of_many, "all messages at once", "no answer"},
        {"fragment", answer_the_fragment_at_the_end, "end of stream after byte 1", "answers differ"
        },
        {"busy loop", ignore_the_end, "as it stands", "runs in circles"},
        {"drain", ignore_the_drain, "a drain after event", "ignores the drain"},
        {"hang", wait_for_what_never_comes, "as it stands", "does not end; it waits at"},
        {"stop", swallow_the_stop, "a stop after event", "in circles"},
        {"task", leave_a_task, "as it stands", "leaves 1 task(s) behind"},
        {"exception", throw_at_a_reset, "a reset after event", "throws: the peer is rude"},
        {"memory", collect_everything, "one message without end", "more than 524288"},
    };
    for (const auto& [bug, handler, when, what] : rows) {
        const auto said = verdict(handler);
        INFO(bug << ": " << said);
        CHECK(contains(said, when));
        CHECK(contains(said, what));
    }
}

TEST_CASE("conform: a handler that blocks its thread, named and left behind", "[sim][conform]") {
    sim::conform_options impatient;
    impatient.longest_turn = 200ms;

    const auto said = verdict(block_the_loop, lines(), impatient);

    INFO(said);
    CHECK(contains(said, "blocks the loop: with as it stands (seed 1, step"));
    CHECK(contains(said, "does not come back; it waits at"));
    CHECK(contains(said, "conform_test.cpp"));
}

TEST_CASE("conform: in this thread when no turn is too long", "[sim][conform]") {
    sim::conform_options in_debugger;
    in_debugger.longest_turn = eddy::duration::zero();

    CHECK(verdict(shout, lines(), in_debugger).empty());
    CHECK(contains(verdict(throw_at_a_reset, lines(), in_debugger), "conform: throws: with a reset")
    );
}

TEST_CASE("conform: a message that must be refused and is not, named", "[sim][conform]") {
    const auto said = verdict(believe_the_length, netstrings());

    INFO(said);
    CHECK(contains(said, "sent \"99999999:\", which must be refused"));
    CHECK(contains(said, "does not end; it waits at"));
    CHECK(contains(said, "conform_test.cpp"));
}

} // namespace
