// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/net/datagrams.hpp>

#include <array>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace eddy {
namespace detail {
namespace {

/// Datagrams in one receive. As many as the system takes in one call is more than a handler should
/// do in one go.
constexpr std::size_t receive_batch = 32;

/// A sender waits while this many are queued, until all of them have gone.
constexpr std::size_t queue_max = 64;

/// UDP over IPv4: 65,535 less the headers of IP and UDP (RFC 768).
constexpr std::size_t payload_max = 65'507;

} // namespace

/// What a `datagrams` object is made of; see `session_state`, whose shape this has.
class datagrams_state final : public flushable {
public:
    explicit datagrams_state(std::unique_ptr<packet_port> opened)
        : owner_(&loop::current()), port_(std::move(opened)), local_(port_->local()) {}

    ~datagrams_state() { close(); }

    [[nodiscard]] loop& owner() const noexcept { return *owner_; }
    [[nodiscard]] std::span<const packet> received() const noexcept {
        return {packets_.data(), received_};
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
    [[nodiscard]] packet_port* port() const noexcept { return port_.get(); }
    [[nodiscard]] datagram_stats stats() const noexcept;

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

    bool can_finish(receive_awaiter& reader);
    void take_received() noexcept;
    void on_receive() noexcept;
    void finish_reader() noexcept;
    void on_limit() noexcept;
    void send() noexcept;
    void take_sent() noexcept;
    void on_send() noexcept;
    void wake_senders() noexcept;
    std::span<const std::byte> keep(std::span<const std::byte> message);

    loop* owner_;
    std::unique_ptr<packet_port> port_;
    endpoint local_;
    datagram_stats stats_;

    std::array<packet, receive_batch> packets_;
    std::size_t received_ = 0;
    state_receive receive_{*this};
    receive_awaiter* reader_ = nullptr;
    limit_timer timer_{*this};
    error_code failure_;

    std::vector<packet> queue_;
    std::size_t sent_ = 0; // of queue_
    std::vector<block_handle> kept_;
    std::size_t kept_used_ = 0; // bytes of the last block of kept_
    state_send send_{*this};
    intrusive_list senders_;
    bool receive_pending_ = false;
    bool send_pending_ = false;
    bool is_draining_ = false;
};

// Receiving.

bool datagrams_state::try_receive(receive_awaiter& reader) {
    if (reader_) {
        throw std::logic_error(
            "eddy: two receives at once on a datagram socket; one must end before the next begins"
        );
    }
    if (!receive_pending_) {
        received_ = 0; // the loan ends
    }
    return can_finish(reader);
}

bool datagrams_state::can_finish(receive_awaiter& reader) {
    for (;;) {
        if (received_ != 0) {
            return true;
        }
        if (failure_) {
            reader.failure_ = failure_;
            return true;
        }
        if (receive_pending_ && !is_draining_) {
            return false;
        }
        if (receive_pending_) {
            port_->cancel_receive();
            receive_pending_ = false;
        }
        receive_.packets = packets_;
        receive_.wait = !is_draining_;
        receive_.error = {};
        receive_.received = 0;
        if (!port_->start_receive(receive_)) {
            receive_pending_ = true;
            return false;
        }
        if (receive_.error == errc::would_block) {
            reader.failure_ = errc::draining;
            return true;
        }
        take_received();
    }
}

/// Sorts out what handlers must not see.
void datagrams_state::take_received() noexcept {
    if (receive_.error) {
        // An earlier reply met a closed port, or a route is gone: noise on a socket that talks to
        // many.
        ++stats_.receive_errors;
        if (receive_.error == boost::system::errc::bad_file_descriptor) {
            failure_ = receive_.error;
        }
        return;
    }
    for (std::size_t i = 0; i != receive_.received; ++i) {
        if (packets_[i].is_truncated) {
            ++stats_.truncated;
        } else {
            ++stats_.received;
            if (received_ != i) {
                packets_[received_] = std::move(packets_[i]);
            }
            ++received_;
        }
    }
}

void datagrams_state::on_receive() noexcept {
    receive_pending_ = false;
    received_ = 0;
    take_received();
    if (reader_ && can_finish(*reader_)) {
        finish_reader();
    }
}

void datagrams_state::finish_reader() noexcept {
    owner_->disarm(timer_);
    std::exchange(reader_, nullptr)->wake();
}

void datagrams_state::wait_for_receive(receive_awaiter& reader) {
    reader_ = &reader;
    if (!reader.limit_.is_never()) {
        owner_->arm(timer_, reader.limit_.at());
    }
}

void datagrams_state::leave(receive_awaiter& reader) noexcept {
    if (reader_ == &reader) {
        reader_ = nullptr;
        owner_->disarm(timer_);
    }
}

void datagrams_state::on_limit() noexcept {
    if (reader_) {
        reader_->failure_ = errc::timed_out;
        finish_reader();
    }
}

// Sending.

bool datagrams_state::accept(send_awaiter& sender) {
    if (failure_) {
        sender.failure_ = failure_;
        return true;
    }
    if (sender.message_.size() > payload_max) {
        sender.failure_ = errc::too_long;
        return true;
    }
    packet queued;
    queued.data = keep(sender.message_.bytes());
    queued.peer = *sender.peer_;
    if (sender.source_) {
        queued.local = *sender.source_;
    }
    queue_.push_back(std::move(queued));
    if (queue_.size() < queue_max) {
        owner_->flush_later(*this);
        return true;
    }
    flush();
    return queue_.size() < queue_max;
}

/// Copies a message into memory that stays until everything that is queued is sent.
std::span<const std::byte> datagrams_state::keep(std::span<const std::byte> message) {
    if (kept_.empty() || kept_.back()->size - kept_used_ < message.size()) {
        kept_.push_back(owner_->blocks().take(message.size()));
        kept_used_ = 0;
    }
    std::byte* place = kept_.back()->data + kept_used_;
    if (!message.empty()) {
        std::memcpy(place, message.data(), message.size());
    }
    kept_used_ += message.size();
    return {place, message.size()};
}

void datagrams_state::flush() noexcept {
    unlink();
    if (port_ && !send_pending_) {
        send();
    }
    wake_senders();
}

void datagrams_state::send() noexcept {
    while (sent_ != queue_.size()) {
        send_.packets = std::span(queue_).subspan(sent_);
        send_.error = {};
        send_.sent = 0;
        if (!port_->start_send(send_)) {
            send_pending_ = true;
            return;
        }
        take_sent();
    }
    queue_.clear();
    kept_.clear();
    sent_ = 0;
    kept_used_ = 0;
}

void datagrams_state::take_sent() noexcept {
    sent_ += send_.sent;
    stats_.sent += send_.sent;
    if (send_.error) {
        ++stats_.send_errors; // that one is lost; the others have other peers
        ++sent_;
    }
}

void datagrams_state::on_send() noexcept {
    send_pending_ = false;
    take_sent();
    flush();
}

void datagrams_state::wake_senders() noexcept {
    while (!senders_.empty() && (failure_ || queue_.size() < queue_max)) {
        auto& sender = static_cast<send_awaiter&>(*senders_.pop_front());
        sender.failure_ = failure_;
        sender.wake();
    }
}

// The end.

void datagrams_state::request_drain() {
    if (std::exchange(is_draining_, true)) {
        return;
    }
    if (reader_ && can_finish(*reader_)) {
        finish_reader();
    }
}

void datagrams_state::close() noexcept {
    if (!port_) {
        return;
    }
    if (!send_pending_) {
        send(); // what the transport takes at once
    }
    port_->cancel_receive();
    port_->cancel_send();
    stats_.overflows = port_->overflows();
    failure_ = errc::closed;
    received_ = 0;
    if (reader_) {
        reader_->failure_ = failure_;
        finish_reader();
    }
    wake_senders();
    port_.reset();
}

datagram_stats datagrams_state::stats() const noexcept {
    auto counted = stats_;
    if (port_) {
        counted.overflows = port_->overflows();
    }
    return counted;
}

// The awaiters.

receive_awaiter::~receive_awaiter() {
    state_->leave(*this);
}

bool receive_awaiter::await_ready() {
    is_done_ = state_->try_receive(*this);
    return is_done_ && state_->owner().spend();
}

bool receive_awaiter::start() {
    if (is_done_) {
        wake();
    } else {
        state_->wait_for_receive(*this);
    }
    return true;
}

void receive_awaiter::on_stop() noexcept {
    failure_ = errc::cancelled;
    state_->leave(*this);
    wake();
}

result<std::span<const packet>> receive_awaiter::await_resume() noexcept {
    if (failure_) {
        return failure_;
    }
    return state_->received();
}

send_awaiter::send_awaiter(
    datagrams_state& to, const address& peer, const address& source, byte_view message
)
    : state_(&to), peer_(&peer), source_(&source), message_(message) {}

bool send_awaiter::await_ready() {
    is_done_ = state_->accept(*this);
    return is_done_ && state_->owner().spend();
}

bool send_awaiter::start() {
    if (is_done_) {
        wake();
    } else {
        state_->wait_for_room(*this);
    }
    return true;
}

void send_awaiter::on_stop() noexcept {
    failure_ = errc::cancelled;
    wake();
}

} // namespace detail

namespace {

/// For sockets that choose by themselves.
const address& any_source() noexcept {
    static const address none;
    return none;
}

} // namespace

datagrams::datagrams(std::unique_ptr<packet_port> port)
    : state_(std::make_unique<detail::datagrams_state>(std::move(port))) {}

datagrams::datagrams(datagrams&&) noexcept = default;
datagrams& datagrams::operator=(datagrams&&) noexcept = default;
datagrams::~datagrams() = default;

result<datagrams> datagrams::open(const endpoint& at, const socket_options& options) {
    auto port = loop::current().driver().bind(at, options);
    if (!port) {
        return port.error();
    }
    return datagrams(std::move(*port));
}

result<datagrams> datagrams::open(const endpoint& at) {
    return open(at, socket_options());
}

detail::receive_awaiter datagrams::receive(deadline limit) {
    return {*state_, limit};
}

detail::send_awaiter datagrams::send(const address& to, byte_view message) {
    return {*state_, to, any_source(), message};
}

detail::send_awaiter datagrams::reply(const packet& received, byte_view message) {
    return {*state_, received.peer, received.local, message};
}

void datagrams::close() noexcept {
    state_->close();
}

void datagrams::request_drain() {
    state_->request_drain();
}

bool datagrams::is_draining() const noexcept {
    return state_->is_draining();
}

endpoint datagrams::local() const {
    return state_->local();
}

datagram_stats datagrams::stats() const noexcept {
    return state_->stats();
}

native_handle datagrams::native() const noexcept {
    return state_->port() ? state_->port()->native() : -1;
}

} // namespace eddy
