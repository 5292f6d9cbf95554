// SPDX-License-Identifier: BSL-1.0
// What actors do with a connection.
#include <eddy/core/sleep.hpp>

#include "parity/actor.hpp"

#include <fmt/format.h>

#include <vector>

namespace parity {

using namespace std::chrono_literals;
using eddy::errc;
using eddy::session;
using eddy::task;

namespace {

/// A kernel that has taken nothing for so long is full.
constexpr auto no_progress = 50ms;

/// How often somebody looks for an effect that has no event of its own.
constexpr auto another_look = 1ms;

} // namespace

// Reading

task<> actor::read_line(session& from, eddy::deadline limit, std::size_t max) {
    const auto line = co_await from.read_line(max, limit);
    outcome("read line", line.error(), line ? *line : "");
}

task<> actor::read_until(session& from, std::string delimiter, std::size_t max) {
    const auto text = co_await from.read_until(delimiter, max);
    outcome("read until " + quoted(delimiter), text.error(), text ? *text : "");
}

task<> actor::read_exactly(session& from, std::size_t size, eddy::deadline limit) {
    const auto bytes = co_await from.read_exactly(size, limit);
    outcome("read exactly", bytes.error(), bytes ? raw::text_of(*bytes) : "");
}

task<> actor::read_all(session& from, std::size_t max) {
    const auto bytes = co_await from.read_all(max);
    outcome("read all", bytes.error(), bytes ? raw::text_of(*bytes) : "");
}

task<> actor::read_some(session& from, std::size_t size) {
    std::vector<std::byte> into(size);
    const auto count = co_await from.read_some(into);
    outcome("read some", count.error(), count ? raw::text_of(std::span(into).first(*count)) : "");
}

task<> actor::read_to_end(session& from) {
    std::string all;
    for (;;) {
        const auto bytes = co_await from.read();
        if (!bytes) {
            ending(all, bytes.error());
            co_return;
        }
        all += raw::text_of(*bytes);
    }
}

task<> actor::read_some(eddy::stream& from, std::size_t size) {
    std::vector<std::byte> into(size);
    auto wait = raw::wait_for<eddy::read_op>(
        [&](auto& op) {
            op.into = into;
            return from.start_read(op);
        },
        [&](auto&) { from.cancel_read(); }
    );
    auto& done = co_await wait;
    outcome("read some", done.error, raw::text_of(std::span(into).first(done.bytes)));
}

task<> actor::read_to_end(eddy::stream& from) {
    const auto heard = co_await raw::read_all(from);
    ending(heard.text, heard.error);
}

// Writing

task<> actor::write(session& to, std::string text) {
    const auto written = co_await to.write(text);
    outcome("write " + quoted(text), written.error());
}

task<> actor::write_parts(session& to, std::string a, std::string b, std::string c) {
    const auto written = co_await to.write(a, b, c);
    outcome("write " + quoted(a + b + c), written.error());
}

task<> actor::write(eddy::stream& to, std::string text) {
    const auto failure = co_await raw::write(to, text);
    outcome("write " + quoted(text), failure);
}

void actor::try_write(session& to, const std::string& text) {
    outcome("try to write " + quoted(text), to.try_write(text).error());
}

task<> actor::flush(session& to, eddy::deadline limit) {
    const auto flushed = co_await to.flush(limit);
    outcome("flush", flushed.error());
}

task<std::size_t> actor::fill(session& to) {
    const auto chunk = pattern(251 * 16); // whole periods: the chunks together are one pattern
    std::size_t written = 0;
    const auto fill_outbox = [&] {
        while (to.try_write(chunk)) {
            written += chunk.size();
        }
    };
    eddy::error_code failure;
    while (!failure) {
        fill_outbox();
        failure = (co_await to.flush(eddy::within(no_progress))).error();
    }
    fill_outbox();
    outcome("fill", failure);
    co_return written;
}

task<> actor::write_until_broken(session& to) {
    eddy::error_code failure;
    while (!failure) {
        (void)to.try_write("are you there?");
        failure = (co_await to.flush()).error();
        co_await eddy::sleep(another_look);
    }
    outcome("write until broken", failure);
}

task<> actor::write_until_broken(eddy::stream& to) {
    eddy::error_code failure;
    while (!failure) {
        failure = co_await raw::write(to, "are you there?");
        co_await eddy::sleep(another_look);
    }
    outcome("write until broken", failure);
}

// The end

void actor::shutdown(session& of) {
    of.shutdown_send();
    note("shut down");
}

task<> actor::close(session& peer) {
    co_await peer.close();
    note("close");
}

void actor::abort(session& peer) {
    peer.abort();
    note("abort");
}

} // namespace parity
