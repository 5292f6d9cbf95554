// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/intrusive_list.hpp>

namespace eddy {

class stop_source;

/// Something to be told when a stop is requested. Linked into a `stop_source`; unlinks itself when
/// destroyed.
class stop_callback : public detail::list_node {
public:
    using function = void (*)(stop_callback&) noexcept;

    explicit stop_callback(function on_stop) noexcept : on_stop_(on_stop) {}

private:
    friend class stop_source;
    function on_stop_;
};

/// The one place where a stop is requested for a family of tasks.
///
/// Single-threaded, unlike `std::stop_source`: it costs no atomic and no allocation, and must be
/// used on the loop that owns the tasks. From other threads post to that loop.
class stop_source {
public:
    stop_source() noexcept = default;
    stop_source(const stop_source&) = delete;
    stop_source& operator=(const stop_source&) = delete;

    [[nodiscard]] bool stop_requested() const noexcept { return requested_; }

    /// Runs every subscribed callback once, in order of subscription. Later calls do nothing.
    void request_stop() noexcept {
        if (requested_) {
            return;
        }
        requested_ = true;
        // Popped one by one: a callback may unlink others or itself.
        while (detail::list_node* node = callbacks_.pop_front()) {
            auto& callback = static_cast<stop_callback&>(*node);
            callback.on_stop_(callback);
        }
    }

    /// Links `callback`. When a stop was requested already it is not called: ask `stop_requested()`
    /// first.
    void subscribe(stop_callback& callback) noexcept { callbacks_.push_back(callback); }

private:
    detail::intrusive_list callbacks_;
    bool requested_ = false;
};

/// A view of a `stop_source` that can only look. Must not outlive it: a task's token lives as long
/// as the task.
class stop_token {
public:
    stop_token() noexcept = default;
    explicit stop_token(stop_source& source) noexcept : source_(&source) {}

    [[nodiscard]] bool stop_requested() const noexcept {
        return source_ && source_->stop_requested();
    }

    void subscribe(stop_callback& callback) const noexcept {
        if (source_) {
            source_->subscribe(callback);
        }
    }

private:
    stop_source* source_ = nullptr;
};

} // namespace eddy
