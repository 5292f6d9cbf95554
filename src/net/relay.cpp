// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/relay.hpp>
#include <eddy/net/session.hpp>

#include "net/session_state.hpp"
#include "net/splice_policy.hpp"
#include "platform/byte_pipe.hpp"

#include <algorithm>
#include <new>
#include <optional>

namespace eddy {
namespace {

using detail::read_request;

/// A direction that has nothing to pass on for this long gives its pipe back.
constexpr duration silence = std::chrono::seconds(1);

/// A session that is at its end without a fault of the network leaves nothing unsaid.
bool ends_quietly(const session& whole) noexcept {
    switch (whole.ended_by()) {
    case close_reason::first_byte:
    case close_reason::idle:
    case close_reason::lifetime:
        return true;
    default:
        return false;
    }
}

/// One direction: who sends, who receives, and the pipe between them, if there is one.
struct direction {
    direction(session& sender, session& receiver, relay_side side) noexcept
        : from(&sender), to(&receiver), sending_side(side) {}

    session* from;
    session* to;
    relay_side sending_side;
    std::uint64_t passed = 0;
    std::uint64_t spliced = 0;
    bool has_ended = false;
    detail::splice_policy policy;
    std::optional<platform::byte_pipe> pipe;
    splice_target filled;
    splice_source drained;
};

class relaying {
public:
    relaying(session& first, session& second, const relay_options& options)
        : options_(options), there_(first, second, relay_side::first),
          back_(second, first, relay_side::second),
          can_splice_(
              options.splice != splicing::never && has_splice(first) && has_splice(second)
          ) {}

    task<relay_report> run() {
        pumps_.spawn(pump(there_, back_));
        pumps_.spawn(pump(back_, there_));
        co_await pumps_.join();
        if (report_.error == errc::draining) {
            there_.to->shutdown_send();
            back_.to->shutdown_send();
        }
        report_.to_second = there_.passed;
        report_.to_first = back_.passed;
        report_.spliced = there_.spliced + back_.spliced;
        co_return report_;
    }

private:
    static bool has_splice(const session& whole) noexcept {
        return whole.is_open() && detail::state_of(whole).transport()->can_splice();
    }

    task<> pump(direction& way, const direction& other) {
        try {
            const bool has_all = co_await pass_all(way, other);
            if (!has_all) {
                co_return;
            }
        } catch (const std::bad_alloc&) {
            finish(make_error_code(std::errc::not_enough_memory), way.sending_side);
            co_return;
        }
        way.to->shutdown_send();
        way.has_ended = true;
        if (other.has_ended) {
            pumps_.request_stop();
        } else {
            co_await watch_drain(*way.from);
        }
    }

    /// True when the other side has taken everything up to the end; otherwise the relay is
    /// finished.
    task<bool> pass_all(direction& way, const direction& other) {
        for (;;) {
            const auto bytes = co_await read(way);
            if (!bytes && bytes.error() == errc::end_of_stream) {
                break;
            }
            if (!bytes && !goes_on_after(bytes.error(), way)) {
                co_return false;
            }
            if (!bytes) {
                continue;
            }
            count(way, bytes->size() + way.filled.bytes);
            const auto written = co_await write(way, *bytes);
            if (!written) {
                finish(written.error(), other.sending_side);
                co_return false;
            }
        }
        way.pipe.reset();
        // Whoever destroys the sessions next must lose nothing, and the report know what was lost.
        const auto flushed = co_await way.to->flush();
        if (!flushed) {
            finish(flushed.error(), other.sending_side);
        }
        co_return flushed.has_value();
    }

    detail::read_bytes_awaiter read(direction& way) {
        choose_way(way);
        way.filled = {
            .pipe = way.pipe ? way.pipe->input() : -1,
            .room = way.pipe ? way.pipe->capacity() : 0,
        };
        auto limit = way.pipe ? within(silence) : deadline::never();
        if (is_draining_) {
            limit = std::min(limit, quiet_at());
        }
        read_request wanted(read_request::until::any, way.pipe ? way.filled.room : std::size_t(-1));
        wanted.pipe = way.pipe ? &way.filled : nullptr;
        wanted.goes_on_in_drain = is_draining_;
        return {detail::state_of(*way.from), wanted, limit};
    }

    /// The bytes of a read that found some in the inbox although there is a pipe are written as
    /// they are.
    detail::write_of<1> write(direction& way, std::span<const std::byte> bytes) {
        auto& to = detail::state_of(*way.to);
        if (way.filled.bytes != 0) {
            way.drained = {.descriptor = way.pipe->output()};
            return {to, way.drained, way.filled.bytes};
        }
        return {to, bytes, detail::write_of<1>::when_cancelled::keep};
    }

    void choose_way(direction& way) const noexcept {
        const bool wants_pipe =
            can_splice_ && (way.policy.is_splicing() || options_.splice == splicing::always);
        if (!wants_pipe) {
            way.pipe.reset();
        } else if (!way.pipe) {
            way.pipe = platform::byte_pipe::open();
            if (!way.pipe) {
                way.policy.stop();
            }
        }
    }

    void count(direction& way, std::size_t bytes) noexcept {
        way.passed += bytes;
        way.spliced += way.filled.bytes;
        way.policy.passed(bytes);
        active_ = loop_clock::now();
    }

    /// What a read that gave nothing means. False: the direction has come to its end.
    bool goes_on_after(error_code error, direction& way) {
        if (error == errc::draining) {
            begin_drain();
            return true;
        }
        if (error == errc::timed_out) {
            way.policy.stop();
            return !is_draining_ || !finish_when_quiet();
        }
        finish(error, way.sending_side);
        return false;
    }

    /// A side that has said everything cannot notice a drain by reading.
    task<> watch_drain(session& ended) {
        co_await ended.on_drain();
        begin_drain();
        do {
            co_await sleep_until(quiet_at().at());
        } while (!finish_when_quiet());
    }

    void begin_drain() {
        if (!std::exchange(is_draining_, true)) {
            active_ = loop_clock::now();
        }
    }

    [[nodiscard]] deadline quiet_at() const noexcept {
        return deadline::after(active_, options_.drain_quiet);
    }

    bool finish_when_quiet() {
        if (there_.to->outbox_size() + back_.to->outbox_size() != 0) {
            active_ = loop_clock::now();
        }
        const bool is_quiet = quiet_at().at() <= loop_clock::now();
        if (is_quiet) {
            finish(errc::draining, relay_side::none);
        }
        return is_quiet;
    }

    /// The first error is the one that counts: what follows is its consequence.
    void finish(error_code error, relay_side failed) {
        if (report_.error) {
            return;
        }
        report_.error = error;
        if (error != errc::cancelled && failed != relay_side::none) {
            report_.failed = failed;
            end_both(failed == relay_side::first ? there_ : back_);
        }
        pumps_.request_stop();
    }

    /// What broke off must not look like an orderly end to anybody, also not to a session that
    /// broke for want of memory while its peer is well.
    static void end_both(const direction& broken) {
        if (ends_quietly(*broken.from)) {
            broken.to->shutdown_send();
        } else {
            broken.from->abort();
            broken.to->abort();
        }
    }

    relay_options options_;
    relay_report report_;
    direction there_;
    direction back_;
    bool can_splice_;
    bool is_draining_ = false;
    time_point active_{}; // when the last bytes passed
    scope pumps_;         // declared last: its tasks use all of the above
};

} // namespace

task<relay_report> relay(session& first, session& second, relay_options options) {
    relaying both(first, second, options);
    co_return co_await both.run();
}

} // namespace eddy
