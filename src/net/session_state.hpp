// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>
#include <eddy/net/proxy_header.hpp>
#include <eddy/net/session.hpp>

#include "net/deadline_policy.hpp"
#include "net/inbox.hpp"
#include "net/outbox.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace eddy::detail {

/// What a session is made of. Stays in place while the `session` object moves.
///
/// The read side has at most one reader (an awaiter) and one operation at the transport; the
/// operation may outlive its reader, whose bytes then wait in the inbox for the next one. The write
/// side is the outbox and one operation.
class session_state final : public flushable {
public:
    session_state(std::unique_ptr<stream> transport, const session_limits& limits);
    /// The same with limits that outlive it, as all sessions of a listener have.
    session_state(std::unique_ptr<stream> transport, const session_limits* shared);
    ~session_state();

    [[nodiscard]] loop& owner() noexcept { return *owner_; }

    // The read side.

    /// True when `reader` can finish without waiting.
    bool try_read(read_awaiter& reader);
    void wait_for_read(read_awaiter& reader);
    void leave(read_awaiter& reader) noexcept;
    inbox& received() noexcept { return inbox_; }
    void pause_reading() noexcept;
    /// The same for want of memory: the deadline of a message that has begun runs on.
    void hold_reading() noexcept;
    void resume_reading() noexcept;

    // The write side.

    /// Takes a message; false when its writer has to wait.
    bool accept(write_awaiter& writer);
    [[nodiscard]] bool is_above_high() const noexcept { return outbox_.size() > limits_->high; }
    void wait_for_room(write_awaiter& writer) noexcept;
    void leave(write_awaiter& writer) noexcept;
    void wait_for_flush(flush_awaiter& waiting) noexcept { flushers_.push_back(waiting); }
    void flush() noexcept override;
    result<void> try_write(byte_view message);
    result<void> post(byte_view message);
    void shutdown_send();

    // Before the protocol begins.

    void begin_opening(close_reason what) noexcept;
    void end_opening() noexcept { times_.opening = close_reason::none; }
    [[nodiscard]] bool is_opening() const noexcept { return times_.opening != close_reason::none; }
    /// The header of a proxy has come; its client's time begins now.
    void set_proxied(proxy_header told);
    [[nodiscard]] const proxy_header* proxied() const noexcept { return proxied_.get(); }

    // Life.

    [[nodiscard]] bool is_quiet();
    void request_drain();
    void wait_for_drain(drain_awaiter& waiting) noexcept { drain_waiters_.push_back(waiting); }
    void begin_close() noexcept { is_closing_ = true; }
    void close_now(errc reason) noexcept;
    /// Ends what its handler would have gone on with; the peer is told now.
    void end(close_reason why) noexcept;

    [[nodiscard]] bool ends_when_stalled() const noexcept {
        return limits_->deadlines.write_stall != duration::zero();
    }
    [[nodiscard]] bool is_open() const noexcept { return transport_ != nullptr; }
    [[nodiscard]] bool is_draining() const noexcept { return is_draining_; }
    [[nodiscard]] bool has_ended() const noexcept { return read_failure_ == errc::end_of_stream; }
    [[nodiscard]] const error_code& write_failure() const noexcept { return write_failure_; }
    [[nodiscard]] std::size_t outbox_size() const noexcept { return outbox_.size(); }
    [[nodiscard]] std::size_t held_memory() const noexcept {
        return inbox_.memory() + outbox_.memory();
    }
    [[nodiscard]] const session_stats& stats() const noexcept { return stats_; }
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    [[nodiscard]] close_reason ended_by() const noexcept { return ended_by_; }
    [[nodiscard]] stream* transport() const noexcept { return transport_.get(); }

private:
    session_state(std::unique_ptr<stream> transport, std::unique_ptr<const session_limits> own);

    struct session_read final : read_op {
        explicit session_read(session_state& whole) noexcept;
        session_state* self;
    };
    struct session_write final : write_op {
        explicit session_write(session_state& whole) noexcept;
        session_state* self;
    };
    struct limit_timer final : timer {
        explicit limit_timer(session_state& whole) noexcept;
        session_state* self;
    };

    [[gnu::cold, gnu::noinline]] error_code refuse_write() noexcept;
    [[gnu::noinline]] bool lend(write_awaiter& writer);
    [[gnu::noinline]] bool flush_to_high();
    bool can_finish(read_awaiter& reader);
    [[nodiscard]] bool is_at_end_for(const read_awaiter& reader) const noexcept;
    [[gnu::cold, gnu::noinline]] error_code end_of(const read_awaiter& reader) const noexcept;
    bool receive(const read_awaiter* reader, bool wait);
    void take_received() noexcept;
    void on_read() noexcept;
    bool serve_reader() noexcept;
    [[gnu::cold, gnu::noinline]] void go_on_reading() noexcept;
    void watch_reader() noexcept;
    bool stop_reading() noexcept;
    void finish_reader() noexcept;
    read_awaiter* forget_reader() noexcept;
    void arm(deadline limit);
    void on_limit() noexcept;
    [[nodiscard]] bool idle_is_armed() const noexcept;
    [[gnu::noinline]] void arm_deadlines() noexcept;
    void check_deadlines(time_point now) noexcept;
    bool serve_last_bytes(close_reason why) noexcept;
    [[nodiscard]] double jitter() const noexcept;

    /// What a session may move in one turn of the loop, in bytes, before the others have theirs:
    /// some 0.1 ms of work for the kernel.
    static constexpr std::size_t share_of_turn = 256 * 1024;
    /// Bytes that this session may still move in this turn.
    [[nodiscard]] std::size_t rest_of_share() noexcept {
        const auto now = static_cast<std::uint16_t>(owner_->turns());
        if (std::exchange(turn_, now) != now) {
            moved_ = 0;
        }
        return moved_ < share_of_turn ? share_of_turn - moved_ : 0;
    }
    void send() noexcept;
    bool start_write(std::size_t most) noexcept;
    [[gnu::noinline]] bool start_gathered_write(std::size_t most) noexcept;
    void took(std::size_t bytes) noexcept;
    void cancel_write() noexcept;
    void on_write() noexcept;
    [[gnu::noinline]] void wake_writers() noexcept;
    [[gnu::noinline]] void note_stall() noexcept;
    [[gnu::cold, gnu::noinline]] void fail(error_code why) noexcept;
    [[gnu::cold, gnu::noinline]] void die(error_code why) noexcept;
    [[gnu::cold, gnu::noinline]] void break_off(error_code why) noexcept;

    loop* owner_;
    std::unique_ptr<stream> transport_;
    std::unique_ptr<const session_limits> own_limits_;
    const session_limits* limits_;
    std::uint64_t id_;
    session_stats stats_;

    inbox inbox_;
    session_read read_{*this};
    read_awaiter* reader_ = nullptr;
    deadline read_limit_;
    error_code read_failure_;

    outbox outbox_;
    session_write write_{*this};
    intrusive_list writers_;  // wait for the low watermark
    intrusive_list flushers_; // wait for an empty outbox
    error_code write_failure_;

    std::unique_ptr<const proxy_header> proxied_;
    intrusive_list drain_waiters_;
    session_times times_;
    limit_timer timer_{*this};
    close_reason ended_by_ = close_reason::none;
    std::uint16_t pauses_ = 0; // reasons not to receive
    std::uint16_t turn_ = 0;   // the end of the number of the turn that moved_ counts for
    std::uint32_t moved_ = 0;  // bytes in either direction
    const bool has_deadlines_; // the clock is read for nobody else
    bool read_pending_ = false;
    bool write_pending_ = false;
    bool is_sealed_ = false; // shutdown_send was called
    bool fin_sent_ = false;
    bool is_draining_ = false;
    bool is_closing_ = false;
};

} // namespace eddy::detail
