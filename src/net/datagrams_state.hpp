// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>
#include <eddy/net/datagrams.hpp>

#include "net/datagram_counters.hpp"

#include <array>
#include <memory>
#include <vector>

namespace eddy::detail {

/// What a `datagrams` object is made of; see `session_state`, whose shape this has.
class datagrams_state final : public flushable {
public:
    /// Datagrams in one receive: as many as the system takes in one call, and what a handler may do
    /// in one go.
    static constexpr std::size_t receive_batch = 32;

    explicit datagrams_state(std::unique_ptr<datagram_port> opened)
        : owner_(&loop::current()), port_(std::move(opened)), local_(port_->local()) {}

    ~datagrams_state() { close(); }

    [[nodiscard]] loop& owner() const noexcept { return *owner_; }
    /// Lends what was received, until the next receive.
    [[nodiscard]] std::span<const datagram> lend() noexcept {
        is_lent_ = true;
        return {datagrams_.data(), received_};
    }

    bool try_receive(receive_awaiter& reader);
    void wait_for_receive(receive_awaiter& reader);
    void leave(receive_awaiter& reader) noexcept;

    bool accept(send_awaiter& sender);
    void wait_for_room(send_awaiter& sender) noexcept { senders_.push_back(sender); }
    void flush() noexcept override;

    void close() noexcept;
    void request_drain();

    [[nodiscard]] bool is_draining() const noexcept { return is_draining_; }
    [[nodiscard]] const endpoint& local() const noexcept { return local_; }
    [[nodiscard]] datagram_port* port() const noexcept { return port_.get(); }
    [[nodiscard]] const std::shared_ptr<datagram_counters>& counters() const noexcept {
        return counted_;
    }

private:
    struct state_receive final : receive_op {
        explicit state_receive(datagrams_state& whole) noexcept
            : receive_op([](io_op& op) noexcept {
                  static_cast<state_receive&>(op).self->on_receive();
              }),
              self(&whole) {}
        datagrams_state* self;
    };
    struct state_send final : send_op {
        explicit state_send(datagrams_state& whole) noexcept
            : send_op([](io_op& op) noexcept { static_cast<state_send&>(op).self->on_send(); }),
              self(&whole) {}
        datagrams_state* self;
    };
    struct limit_timer final : timer {
        explicit limit_timer(datagrams_state& whole) noexcept
            : timer([](timer& due) noexcept { static_cast<limit_timer&>(due).self->on_limit(); }),
              self(&whole) {}
        datagrams_state* self;
    };

    struct pause_timer final : timer {
        explicit pause_timer(datagrams_state& whole) noexcept
            : timer([](timer& due) noexcept { static_cast<pause_timer&>(due).self->go_on(); }),
              self(&whole) {}
        datagrams_state* self;
    };

    bool can_finish(receive_awaiter& reader);
    [[nodiscard]] bool must_pause() const noexcept;
    void go_on() noexcept;
    void take_received() noexcept;
    void fail() noexcept;
    void on_receive() noexcept;
    void finish_reader() noexcept;
    void on_limit() noexcept;
    void send() noexcept;
    void take_sent() noexcept;
    void on_send() noexcept;
    void wake_senders() noexcept;
    std::span<const std::byte> keep(std::span<const std::byte> message);

    loop* owner_;
    std::unique_ptr<datagram_port> port_;
    endpoint local_;
    std::shared_ptr<datagram_counters> counted_ = std::make_shared<datagram_counters>();

    std::array<datagram, receive_batch> datagrams_;
    std::size_t received_ = 0;
    state_receive receive_{*this};
    receive_awaiter* reader_ = nullptr;
    limit_timer timer_{*this};
    unsigned errors_ = 0; // of receives, one after the other
    pause_timer pause_{*this};
    bool is_paused_ = false;
    error_code failure_;

    std::vector<datagram> queue_;
    std::size_t sent_ = 0; // of queue_
    std::vector<block_handle> kept_;
    std::size_t kept_used_ = 0; // bytes of the last block of kept_
    state_send send_{*this};
    intrusive_list senders_;
    bool is_lent_ = false;
    bool receive_pending_ = false;
    bool send_pending_ = false;
    bool is_draining_ = false;
};

} // namespace eddy::detail
