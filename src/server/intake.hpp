// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/event.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/server/server.hpp>

#include "server/admission.hpp"
#include "server/listener.hpp"
#include "server/work_token.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace eddy::detail {

class server_state;
class shard;

/// How one loop of a server accepts: for all listeners on the first loop, for those of
/// `accept_on::every_loop` on the others. On its loop only, but for what says otherwise.
///
/// When it may accept is decided by accept_policy and admission.
class intake {
public:
    intake(server_state& whole, shard& here, const std::weak_ptr<server_state*>& anchor);
    intake(const intake&) = delete;
    intake& operator=(const intake&) = delete;

    /// How many acceptors will be started. Before the loop runs: the end must not need memory.
    void expect(std::size_t acceptors) { closing_.resize(acceptors); }
    void start(listener& from, std::unique_ptr<acceptor> at) noexcept;
    void start(listener& from, std::unique_ptr<datagram_port> port) noexcept;

    /// Stops accepting. What has stopped is not closed yet: a client that is refused there and
    /// tries the next one must not be served by a server that goes. So `close_soon` follows, when
    /// nothing of the server accepts any more.
    void request_stop() noexcept;
    /// Serves who waits in the backlogs, and closes. Any loop of the server, once.
    void close_soon() noexcept;
    /// Ends all at once.
    void force() noexcept;

    /// There may be room again for those who wait for it. Called on the first loop.
    void look_again() noexcept;

private:
    class pause;
    class held_refusal;

    /// Of a listener that has stopped.
    struct stopped_acceptor {
        listener* of = nullptr;
        std::unique_ptr<acceptor> at;
        std::unique_ptr<stream> held; // accepted, and then there was no place left
        std::optional<work_token> token;
    };

    [[nodiscard]] loop& owner() const noexcept;
    [[nodiscard]] listener_counts& counts(listener& of) const noexcept;
    task<>
    accept_loop(listener& from, std::unique_ptr<acceptor> at, std::size_t number, work_token token);
    [[nodiscard]] admission::lack lacks(const listener& at) noexcept;
    [[nodiscard]] address source_of(const listener& from, const stream& accepted) const;
    std::unique_ptr<stream> screen(listener& from, std::unique_ptr<stream> accepted) noexcept;
    error_code
    admit(listener& from, std::unique_ptr<stream>& accepted, admission::rule limits) noexcept;
    error_code
    begin(listener& from, std::unique_ptr<stream> accepted, admission_slot slot) noexcept;
    void turn_away(listener& from, std::unique_ptr<stream> refused, when_full how) noexcept;
    task<> refuse_later(std::unique_ptr<stream> refused, held_refusal held);
    task<>
    refuse_with_words(const listener& from, std::unique_ptr<stream> refused, held_refusal held);
    void note_failure(listener& from, const error_code& cause) noexcept;
    void note_pause(listener& from, const error_code& cause) noexcept;
    void close() noexcept;
    void sweep(stopped_acceptor& from) noexcept;
    void settle(listener& from, std::unique_ptr<stream> accepted) noexcept;

    server_state* state_;
    shard* here_;
    std::weak_ptr<server_state*> anchor_;
    post_node_ptr close_order_;
    std::size_t started_ = 0;
    std::vector<stopped_acceptor> closing_; // a place for each, in the order of `start`
    event room_made_;
    std::atomic<unsigned> paused_{0};
    std::atomic<bool> is_told_{false}; // of room; it has not looked yet
    bool is_stopping_ = false;
    scope accepting_; // declared last: its tasks use all of the above
};

} // namespace eddy::detail
