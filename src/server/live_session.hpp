// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/intrusive_list.hpp>
#include <eddy/core/promise.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/net/session.hpp>

#include "server/listener.hpp"

#include <exception>
#include <utility>

namespace eddy::detail {

class served_session;

/// A session or a datagram socket that a drain must reach.
struct live_session : list_node {
    live_session(task_context& its, session& one) noexcept : task(&its), stream_session(&one) {}
    live_session(task_context& its, datagrams& one) noexcept : task(&its), socket(&one) {}

    /// Between two messages: nothing is left to read or to send.
    [[nodiscard]] bool is_idle() const noexcept {
        return stream_session && !stream_session->holds_buffer() &&
               stream_session->outbox_size() == 0;
    }

    /// In the lists of those whom a drain has not told yet.
    struct turn : list_node {
        explicit turn(live_session* its) noexcept : whose(its) {}
        live_session* whose;
    };

    task_context* task; ///< The `served_session` of a session.
    session* stream_session = nullptr;
    datagrams* socket = nullptr;
    reading_pause pause; ///< While it holds too much.
    turn to_be_told{this};
    bool was_idle = false; ///< When it was told.
};

/// Counts a session in and out, also when its task is destroyed where it waits.
class live_count {
public:
    explicit live_count(listener_counts& counts) noexcept : counts_(&counts) {
        counts_->live.add(1);
    }
    live_count(const live_count&) = delete;
    live_count& operator=(const live_count&) = delete;
    ~live_count() {
        if (!has_ended_) {
            counts_->forced.add(1);
        }
        counts_->live.subtract(1);
    }

    [[nodiscard]] listener_counts& counts() const noexcept { return *counts_; }

    /// Only the first end counts.
    void end(relaxed_count listener_counts::* how) noexcept {
        if (!std::exchange(has_ended_, true)) {
            (counts_->*how).add(1);
        }
    }

    /// Counts how its handler ended, and logs when that is a failure. A handler that returns
    /// because it was stopped has not finished by itself.
    void note_end(
        const listener& from, const std::exception_ptr& thrown, bool is_stopped, bool was_idle
    ) noexcept;

private:
    void end_well(bool was_idle) noexcept {
        if (was_idle && !has_ended_) {
            counts_->idle_closed.add(1);
        }
        end(&listener_counts::finished);
    }

    listener_counts* counts_;
    bool has_ended_ = false;
};

} // namespace eddy::detail
