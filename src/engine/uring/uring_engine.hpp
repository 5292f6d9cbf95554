// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/cache_line.hpp>

#include "engine/linux/bridged_engine.hpp"
#include "engine/posix/slot_table.hpp"
#include "engine/uring/buffer_ring.hpp"
#include "engine/uring/ring.hpp"
#include "engine/uring/ring_user.hpp"
#include "platform/unique_fd.hpp"

#include <cstdint>
#include <memory>

namespace eddy::detail {

/// Drives a loop by an io_uring of its own (io_uring(7)), and Asio's objects beside it.
///
/// The loop waits in its ring until somebody asks for `context()`; from then on it waits in Asio,
/// which watches an eventfd that the ring writes.
class alignas(cache_line) uring_engine final : public bridged_engine {
public:
    /// Throws `eddy::error` when the system gives no ring.
    uring_engine();
    ~uring_engine() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "uring"; }
    result<watched_fd_ptr> watch(platform::unique_fd fd, watched_fd::kind what) override;
    std::unique_ptr<stream>
    make_stream(platform::unique_fd connected, endpoint::transport kind) override;
    std::unique_ptr<stream>
    make_stream(watched_fd_ptr connected, endpoint::transport kind) override;
    void run() override;

    // What the users of the ring use.

    /// Gives a slot. Throws `std::bad_alloc`.
    [[nodiscard]] std::uint32_t enter(ring_user& user) { return slots_.enter(&user); }
    /// Frees the slot; what is under way for it reaches nobody.
    void leave(std::uint32_t slot) noexcept { slots_.leave(slot); }
    /// A request that `slot` will hear of. Null when the system takes none now: then `ask_again`
    /// comes.
    [[nodiscard]] ::io_uring_sqe* ask(std::uint32_t slot, request what) noexcept;
    /// Ends a request that is under way. True when the kernel has not seen it, so that no outcome
    /// comes.
    bool cancel(std::uint32_t slot, request what) noexcept;
    /// Tells `user` once more, after the others.
    void tell_later(ring_user& user) noexcept { noted_.push_back(user); }
    [[nodiscard]] buffer_ring& buffers() noexcept { return buffers_; }

    /// True when so much happens at once that sends are better made together. A lone one would
    /// only come later.
    [[nodiscard]] bool gathers_sends() const noexcept { return in_round_ && noted_at_once_ > 2; }
    /// Counts one that was asked for.
    void gathered_send() noexcept;

    /// Makes what was cancelled take effect, when nothing else is about to: a socket with requests
    /// is open until they have ended.
    void settle() noexcept;

private:
    struct round_guard;

    [[nodiscard]] ::io_uring_sqe* prepare(std::uint64_t tag) noexcept;
    [[nodiscard]] std::uint64_t tag_of(std::uint32_t slot, request what) const noexcept;
    void open_ring();
    void announce();
    void watch_own() noexcept;
    void bind_ring();
    [[nodiscard]] bool is_due() const noexcept override;
    void tell_some();
    void round(duration longest) override;
    [[nodiscard]] std::unique_ptr<asio_bridge> make_bridge() override;
    void bridged_round();
    void fetch(duration longest) noexcept;
    void submit() noexcept;
    void reap() noexcept;
    void note(const ::io_uring_cqe& completion) noexcept;
    void note_own(const outcome& what) noexcept;

    buffer_ring buffers_; // outlives the ring
    slot_table<ring_user> slots_;
    std::unique_ptr<ring> ring_;
    // A member, because an exception may leave a round: what was not told yet would never come
    // again.
    intrusive_list noted_;
    unsigned noted_at_once_ = 0; // by the last wait
    unsigned gathered_ = 0;      // sends since the last submission
    bool watches_alarm_ = false;
    bool watches_clock_ = false;
    bool some_must_ask_again_ = false;
    bool in_round_ = false;
};

} // namespace eddy::detail
