// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace eddy::detail {

class server_state;

/// What tells a server's first loop, from any, that work has ended. Made once and sent again and
/// again: at the end of a session nobody can be told that there is no memory for it. Outlives the
/// server for as long as it is on its way.
class last_word final : public post_node {
public:
    /// @param anchor  Expires when the server is gone; then it does nothing.
    last_word(server_state& whole, std::weak_ptr<server_state*> anchor) noexcept
        : whole_(&whole), anchor_(std::move(anchor)) {}

    /// Any thread. One that is on its way already stands for this one too.
    void send_to(loop& first) noexcept {
        if (!is_on_its_way_.exchange(true, std::memory_order_acq_rel)) {
            holders_.fetch_add(1, std::memory_order_relaxed);
            first.post(post_node_ptr(this));
        }
    }

    void run() override;
    void let_go() noexcept override {
        if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

private:
    server_state* whole_;
    std::weak_ptr<server_state*> anchor_;
    std::atomic<bool> is_on_its_way_{false};
    std::atomic<int> holders_{1};
};

} // namespace eddy::detail
