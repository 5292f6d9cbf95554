// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "server/admission.hpp"

#include <atomic>
#include <cstddef>
#include <utility>

namespace eddy::detail {

class server_state;

/// A piece of work that a drain has to wait for: an accept loop, a session, a connection on its way
/// to another loop. Counted from its making to its destruction, wherever that is.
class work_token {
public:
    explicit work_token(server_state& counted, admission_slot slot = {}) noexcept;
    work_token(work_token&& other) noexcept
        : slot_(std::move(other.slot_)), state_(std::exchange(other.state_, nullptr)) {}
    work_token& operator=(work_token&&) = delete;
    ~work_token();

    [[nodiscard]] admission_slot& slot() noexcept { return slot_; }

private:
    admission_slot slot_; // of a session
    server_state* state_;
};

/// Counts a session, or one on its way, towards the load of its loop.
class load_guard {
public:
    explicit load_guard(std::atomic<std::size_t>& load) noexcept : load_(&load) {
        load_->fetch_add(1, std::memory_order_relaxed);
    }
    load_guard(load_guard&& other) noexcept : load_(std::exchange(other.load_, nullptr)) {}
    load_guard& operator=(load_guard&&) = delete;
    ~load_guard() {
        if (load_) {
            load_->fetch_sub(1, std::memory_order_relaxed);
        }
    }

private:
    std::atomic<std::size_t>* load_;
};

} // namespace eddy::detail
