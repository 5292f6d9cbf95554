// SPDX-License-Identifier: BSL-1.0
#include "server/shard.hpp"

#include <eddy/core/log.hpp>
#include <eddy/core/sleep.hpp>

#include "server/server_state.hpp"

#include <exception>
#include <string>

namespace eddy::detail {
namespace {

/// Sessions that are told of a drain before the loop does other things.
constexpr unsigned told_per_turn = 64;

/// Counts a session in and out, also when its task is destroyed where it waits.
class live_count {
public:
    live_count(listener& from, std::atomic<std::size_t>& load) noexcept
        : from_(&from), load_(&load) {
        from_->live.fetch_add(1, std::memory_order_relaxed);
    }
    live_count(const live_count&) = delete;
    live_count& operator=(const live_count&) = delete;
    ~live_count() {
        if (!has_ended_) {
            from_->forced.fetch_add(1, std::memory_order_relaxed);
        }
        from_->live.fetch_sub(1, std::memory_order_relaxed);
        load_->fetch_sub(1, std::memory_order_relaxed);
    }

    void end(std::atomic<std::uint64_t>& how) noexcept {
        has_ended_ = true;
        how.fetch_add(1, std::memory_order_relaxed);
    }

private:
    listener* from_;
    std::atomic<std::size_t>* load_;
    bool has_ended_ = false;
};

/// Awaits the handler and counts how it ended: an exception ends its session only.
task<> run_handler(task<> handled, listener& from, live_count& counted) {
    std::string reason;
    try {
        co_await std::move(handled);
        counted.end(from.finished);
        co_return;
    } catch (const cancelled&) {
        counted.end(from.forced);
        co_return;
    } catch (const std::exception& thrown) {
        reason = thrown.what();
    } catch (...) {
        reason = "an exception that is no std::exception";
    }
    counted.end(from.failed);
    log::error(
        "a handler failed; its session ends", {{"listener", from.label()}, {"reason", reason}}
    );
}

} // namespace

work_token::work_token(server_state& counted) : state_(&counted) {
    counted.work_began();
}

work_token::~work_token() {
    if (state_) {
        state_->work_ended();
    }
}

void shard::begin(listener& from, std::unique_ptr<stream> accepted, work_token token) {
    load_.fetch_add(1, std::memory_order_relaxed);
    if (loop_->is_current()) {
        spawn(from, std::move(accepted), std::move(token));
        return;
    }
    loop_->post([this, &from, handed = std::move(accepted), token = std::move(token)]() mutable {
        spawn(from, std::move(handed), std::move(token));
    });
}

void shard::spawn(listener& from, std::unique_ptr<stream> accepted, work_token token) {
    if (is_forced_) { // it was on its way while the others were ended
        load_.fetch_sub(1, std::memory_order_relaxed);
        return;
    }
    sessions_.spawn(run_session(from, std::move(accepted), std::move(token)));
}

void shard::begin(listener& from, std::unique_ptr<packet_port> port, work_token token) {
    load_.fetch_add(1, std::memory_order_relaxed);
    sessions_.spawn(run_datagrams(from, std::move(port), std::move(token)));
}

task<> shard::run_session(
    listener& from, std::unique_ptr<stream> accepted, [[maybe_unused]] work_token token
) {
    live_count counted(from, load_);
    std::unique_ptr<session> peer;
    try {
        peer = std::make_unique<session>(std::move(accepted), from.options.limits);
    } catch (const error& refused) { // no room for one more in the loop's poll set
        from.accept_errors.fetch_add(1, std::memory_order_relaxed);
        counted.end(from.failed);
        co_return;
    }
    from.accepted.fetch_add(1, std::memory_order_relaxed);
    const live_session entry(*this, *peer);
    co_await run_handler(from.service(*peer), from, counted);
    co_await peer->close(from.options.linger);
    from.bytes_received.fetch_add(peer->stats().bytes_received, std::memory_order_relaxed);
    from.bytes_sent.fetch_add(peer->stats().bytes_sent, std::memory_order_relaxed);
    state_->session_ended();
}

task<> shard::run_datagrams(
    listener& from, std::unique_ptr<packet_port> port, [[maybe_unused]] work_token token
) {
    live_count counted(from, load_);
    datagrams socket(std::move(port));
    from.accepted.fetch_add(1, std::memory_order_relaxed);
    const live_session entry(*this, socket);
    co_await run_handler(from.service(socket), from, counted);
    socket.close();
}

void shard::enter(live_session& entered) {
    live_.push_back(entered);
    if (is_draining_) {
        tell(entered);
    }
}

void shard::tell(live_session& told) {
    if (told.stream_session) {
        told.stream_session->request_drain();
    } else {
        told.socket->request_drain();
    }
}

void shard::drain() {
    is_draining_ = true;
    loop_->tasks().spawn(tell_all());
}

task<> shard::tell_all() {
    // Taken out and put back one by one: sessions come and go while this waits.
    intrusive_list untold;
    untold.take(live_);
    unsigned told = 0;
    while (auto* node = untold.pop_front()) {
        live_.push_back(*node);
        tell(static_cast<live_session&>(*node));
        if (++told % told_per_turn == 0) {
            co_await yield();
        }
    }
}

void shard::request_stop() {
    sessions_.request_stop();
}

void shard::force() {
    is_forced_ = true;
    for (auto* node = live_.front(); node; node = live_.next(*node)) {
        if (auto* forced = static_cast<live_session&>(*node).stream_session) {
            forced->abort();
        }
    }
    sessions_.destroy_all();
}

} // namespace eddy::detail
