// SPDX-License-Identifier: BSL-1.0
#include "sim/datagram_socket.hpp"

#include "sim/allocation.hpp"
#include "sim/engine.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

namespace eddy::sim::detail {
namespace {

// The largest payloads: of UDP with the header of IP and without (IPv6 does not count its own), and
// of a Unix datagram, the system's own default.
constexpr std::size_t largest_udp = 65'507;
constexpr std::size_t largest_udp6 = 65'527;
constexpr std::size_t largest_local = 212'992;
/// What the kernel adds to each queued datagram when it counts it against the receive buffer.
constexpr std::size_t overhead = 256;
/// net.unix.max_dgram_qlen
constexpr std::size_t local_queue = 10;

bool is_udp(endpoint::transport kind) noexcept {
    return kind == endpoint::transport::udp;
}

std::size_t largest_to(endpoint::transport kind, const address& target) noexcept {
    if (!is_udp(kind)) {
        return largest_local;
    }
    return target.kind() == address::family::ipv6 ? largest_udp6 : largest_udp;
}

} // namespace

datagram_socket::datagram_socket(
    engine_of_host& driver,
    endpoint::transport kind,
    const address& bound,
    const socket_options& options
)
    : engine_(&driver), kind_(kind), bound_(bound), options_(options),
      number_(owner().next_object()),
      capacity_(
          options.receive_buffer ? options.receive_buffer : driver.home().options.receive_buffer
      ) {
    driver.home().kernel().add(*this);
    record(occurrence::port_bound, bound.port());
}

world& datagram_socket::owner() const noexcept {
    return engine_->owner();
}

void datagram_socket::record(occurrence what, std::uint64_t amount) {
    owner().record({what, engine_->home().id(), number_, amount});
}

// Receiving

bool datagram_socket::start_receive(receive_op& op) {
    lent_.clear();
    op.received = 0;
    op.error = owner().faults().strike(operation::receive, engine_->home());
    if (op.error) {
        return true;
    }
    const auto& options = engine_->home().options;
    const bool at_once = !op.wait || !owner().random().chance(choice::spurious, options.spurious);
    if (at_once && try_receive(op)) {
        return true;
    }
    if (!op.wait) {
        op.error = errc::would_block;
        return true;
    }
    receiving_ = &op;
    if (!at_once) {
        wake_receiver();
    }
    return false;
}

bool datagram_socket::try_receive(receive_op& op) {
    const auto& options = engine_->home().options;
    if (is_udp(kind_) && owner().random().chance(choice::noise, options.noise)) {
        op.error = system_error(ECONNREFUSED);
        record(occurrence::refused);
        return true;
    }
    if (queue_.empty()) {
        return false;
    }
    std::size_t count = std::min(op.datagrams.size(), queue_.size());
    count -= owner().random().missing(choice::short_read, options.short_reads, count);
    for (std::size_t i = 0; i < count; ++i) {
        lent_.push_back(std::move(queue_.front()));
        queue_.pop_front();
        const shipment& taken = lent_.back();
        queued_bytes_ -= taken.bytes.size() + overhead;
        const auto whole = std::span(taken.bytes);
        op.datagrams[i].data = whole.first(std::min(whole.size(), options_.max_datagram));
        op.datagrams[i].is_truncated = whole.size() > options_.max_datagram;
        op.datagrams[i].peer = seen_from(bound_, taken.peer);
        op.datagrams[i].local = seen_from(bound_, taken.local);
        record(occurrence::received, whole.size());
        owner().trace().add_payload(whole);
    }
    op.received = count;
    for (const auto& waiting : std::exchange(waiting_senders_, {})) {
        if (const auto sender = waiting.lock()) {
            sender->wake_sender();
        }
    }
    return true;
}

void datagram_socket::wake_receiver() {
    engine_->deliver([self = shared_from_this()] { self->receive_ready(); });
}

void datagram_socket::receive_ready() {
    if (receiving_ && try_receive(*receiving_)) {
        auto& op = *std::exchange(receiving_, nullptr);
        const in_process completion(engine_->home());
        op.complete(op);
    }
}

void datagram_socket::arrive(shipment arrived) {
    if (!has_room(arrived.bytes.size())) {
        ++overflows_;
        record(occurrence::dropped, arrived.bytes.size());
        return;
    }
    queued_bytes_ += arrived.bytes.size() + overhead;
    queue_.push_back(std::move(arrived));
    if (receiving_) {
        wake_receiver();
    }
}

bool datagram_socket::has_room(std::size_t bytes) const noexcept {
    return is_udp(kind_) ? queue_.empty() || queued_bytes_ + bytes + overhead <= capacity_
                         : queue_.size() < local_queue;
}

// Sending

bool datagram_socket::start_send(send_op& op) {
    op.sent = 0;
    op.error = owner().faults().strike(operation::send, engine_->home());
    if (op.error) {
        return true;
    }
    auto& random = owner().random();
    const auto& options = engine_->home().options;
    if (random.chance(choice::spurious, options.spurious)) {
        sending_ = &op;
        wake_sender();
        return false;
    }
    std::size_t count = op.datagrams.size();
    count -= random.missing(choice::short_write, options.short_writes, count);
    while (op.sent != count && !op.error) {
        op.error = send(op.datagrams[op.sent]);
        op.sent += op.error ? 0U : 1U;
    }
    if (op.sent != 0) {
        op.error = {}; // as sendmmsg: the next call meets the error again
    }
    if (op.error == errc::would_block) {
        op.error = {};
        sending_ = &op;
        return false;
    }
    return true;
}

void datagram_socket::wake_sender() {
    engine_->deliver([self = shared_from_this()] { self->send_ready(); });
}

void datagram_socket::send_ready() {
    if (sending_) {
        auto& op = *std::exchange(sending_, nullptr);
        const in_process completion(engine_->home());
        op.complete(op); // with none sent: there may be room now
    }
}

error_code datagram_socket::send(const datagram& sent) {
    const address to = unmapped(sent.peer);
    if (sent.data.size() > largest_to(kind_, to)) {
        return system_error(EMSGSIZE);
    }
    shipment carried{{sent.data.begin(), sent.data.end()}, {}, to};
    return is_udp(kind_) ? send_udp(sent, std::move(carried))
                         : send_local(sent, std::move(carried));
}

error_code datagram_socket::send_udp(const datagram& sent, shipment carried) {
    const address& to = carried.local;
    if (!to.is_ip() || to.port() == 0) {
        return system_error(EINVAL);
    }
    if (to.kind() == address::family::ipv6 && bound_.kind() == address::family::ipv4) {
        return system_error(EAFNOSUPPORT);
    }
    if (to.kind() == address::family::ipv4 && bound_.kind() == address::family::ipv6 &&
        !options_.dual_stack) {
        return system_error(ENETUNREACH);
    }
    auto& home = engine_->home();
    const address from = unmapped(sent.local);
    carried.peer = from.is_ip() && !from.is_any() ? from.with_port(bound_.port()) : bound_;
    if (carried.peer.is_any()) {
        carried.peer = home.kernel().address_towards(to).with_port(bound_.port());
    }
    record(occurrence::sent, carried.bytes.size());
    host* target = owner().find(home, to);
    if (!target) {
        return {};
    }
    const std::size_t bytes = carried.bytes.size();
    // Where nobody is bound it is lost: Linux tells an ICMP error only to connected sockets (ip(7),
    // IP_RECVERR).
    const auto arrive = [target, carried = std::move(carried)] {
        if (auto* port = target->kernel().find_port(endpoint::transport::udp, carried.local)) {
            port->arrive(carried);
        }
    };
    owner().link(home, *target).send_datagram(bytes, arrive);
    return {};
}

error_code datagram_socket::send_local(const datagram& sent, shipment carried) {
    auto* port = engine_->home().kernel().find_port(kind_, sent.peer);
    if (!port) {
        // Abstract names are not files.
        return system_error(sent.peer.path().starts_with('@') ? ECONNREFUSED : ENOENT);
    }
    if (!port->has_room(carried.bytes.size())) {
        port->waiting_senders_.push_back(weak_from_this());
        return errc::would_block;
    }
    carried.peer = bound_;
    record(occurrence::sent, carried.bytes.size());
    port->arrive(std::move(carried));
    return {};
}

void datagram_socket::close() {
    receiving_ = nullptr;
    sending_ = nullptr;
    engine_->home().kernel().remove(*this);
    record(occurrence::closed);
    for (const auto& waiting : std::exchange(waiting_senders_, {})) {
        if (const auto sender = waiting.lock()) {
            sender->wake_sender();
        }
    }
}

namespace {

class port_of_host final : public datagram_port {
public:
    port_of_host(std::shared_ptr<datagram_socket> socket, descriptor held)
        : held_(std::move(held)), socket_(std::move(socket)) {}

    ~port_of_host() override {
        const in_kernel call;
        socket_->close();
    }

    bool start_receive(receive_op& op) override {
        const in_kernel call;
        return socket_->start_receive(op);
    }
    bool start_send(send_op& op) override {
        const in_kernel call;
        return socket_->start_send(op);
    }
    void cancel_receive() noexcept override { socket_->cancel_receive(); }
    void cancel_send() noexcept override { socket_->cancel_send(); }
    [[nodiscard]] std::uint64_t overflows() const noexcept override { return socket_->overflows(); }
    [[nodiscard]] endpoint local() const override { return {socket_->kind(), socket_->bound()}; }
    [[nodiscard]] error_code share_port() noexcept override {
        socket_->share_port();
        return {};
    }

private:
    descriptor held_;
    std::shared_ptr<datagram_socket> socket_;
};

} // namespace

std::unique_ptr<datagram_port> make_port(std::shared_ptr<datagram_socket> socket, descriptor held) {
    return std::make_unique<port_of_host>(std::move(socket), std::move(held));
}

} // namespace eddy::sim::detail
