// SPDX-License-Identifier: BSL-1.0
#include "sim/stream_socket.hpp"

#include <eddy/sim/world.hpp>

#include "sim/allocation.hpp"
#include "sim/engine.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

namespace eddy::sim::detail {
namespace {

// Linux's defaults once the first keep-alive probe has gone: another every 10 s as Eddy sets it,
// given up after six.
constexpr duration probe_interval = std::chrono::seconds(10);
constexpr unsigned probes_until_dead = 6;

/// The code with which every engine tells that a connection broke.
error_code as_stream_error(error_code error) noexcept {
    const bool broke = error == system_error(ECONNRESET) || error == system_error(EPIPE);
    return broke ? make_error_code(errc::reset) : error;
}

std::size_t or_default(std::size_t asked, std::size_t usual) noexcept {
    return asked ? asked : usual;
}

} // namespace

stream_socket::stream_socket(kernel& home, stream_setup setup)
    : home_(&home), setup_(std::move(setup)), number_(owner().next_object()),
      send_capacity_(or_default(setup_.options.send_buffer, home.home().options.send_buffer)),
      receive_capacity_(
          or_default(setup_.options.receive_buffer, home.home().options.receive_buffer)
      ) {}

void stream_socket::pair(const self_ptr& a, const self_ptr& b) {
    for (const auto& [one, other] : {std::pair(a, b), std::pair(b, a)}) {
        one->peer_ = other;
        one->back_ = other->setup_.out;
        one->window_ = other->receive_capacity_;
        one->last_heard_ = one->last_progress_ = one->owner().now();
        one->home_->add(one);
        if (one->is_tcp() && one->setup_.options.keepalive > duration::zero()) {
            one->schedule_probe(one->setup_.options.keepalive);
        }
    }
}

void stream_socket::record(occurrence what, std::uint64_t amount) {
    owner().record({what, home_->home().id(), number_, amount});
}

// Reading

bool stream_socket::start_read(read_op& op) {
    const auto& options = home_->home().options;
    op.bytes = 0;
    op.error = as_stream_error(owner().faults().strike(operation::read, home_->home()));
    if (op.error) {
        return true;
    }
    const bool at_once = !op.wait || !owner().random().chance(choice::spurious, options.spurious);
    if (at_once && try_read(op)) {
        return true;
    }
    if (!op.wait) {
        op.error = errc::would_block;
        return true;
    }
    reading_ = &op;
    if (!at_once) {
        wake_reader();
    }
    return false;
}

bool stream_socket::try_read(read_op& op) {
    if (incoming_.empty()) {
        if (error_ && !(is_tcp() && end_received_)) { // TCP: after the end nothing else is read
            op.error = std::exchange(error_, {});
        } else if (end_received_ || is_dead_) {
            op.error = errc::end_of_stream;
        } else {
            return false;
        }
        record(occurrence::read);
        return true;
    }
    auto into = op.into;
    if (into.empty()) {
        try {
            const in_process memory(home_->home()); // the loop's, not the kernel's
            op.lent = engine_->driven().blocks().take();
        } catch (const std::bad_alloc&) {
            op.error = make_error_code(std::errc::not_enough_memory);
            return true;
        }
        into = {op.lent->data, op.lent->size};
    }
    std::size_t bytes = std::min(into.size(), incoming_.size());
    bytes -= owner().random().missing(choice::short_read, home_->home().options.short_reads, bytes);
    incoming_.pop(into.first(bytes));
    op.bytes = bytes;
    record(occurrence::read, bytes);
    if (!is_dead_ && !end_received_) {
        send(0, [bytes](stream_socket& sender) { sender.window_opened(bytes); });
    }
    return true;
}

void stream_socket::wake_reader() {
    if (reading_ && !read_wake_pending_) {
        read_wake_pending_ = true;
        engine_->deliver([self = shared_from_this()] { self->read_ready(); });
    }
}

void stream_socket::read_ready() {
    read_wake_pending_ = false;
    if (reading_ && try_read(*reading_)) {
        auto& op = *std::exchange(reading_, nullptr);
        const in_process completion(home_->home());
        op.complete(op);
    }
}

// Writing

std::size_t stream_socket::room() const noexcept {
    const std::size_t used = outgoing_.size() + in_flight_;
    return send_capacity_ - std::min(send_capacity_, used);
}

bool stream_socket::start_write(write_op& op) {
    const auto& options = home_->home().options;
    op.bytes = 0;
    op.error = as_stream_error(owner().faults().strike(operation::write, home_->home()));
    if (op.error) {
        return true;
    }
    const bool at_once = !owner().random().chance(choice::spurious, options.spurious);
    if (at_once && try_write(op, op.buffers)) {
        return true;
    }
    writing_ = &op;
    to_write_.assign(op.buffers.begin(), op.buffers.end());
    if (!at_once) {
        wake_writer();
    }
    return false;
}

bool stream_socket::try_write(write_op& op, std::span<const std::span<const std::byte>> buffers) {
    if (error_ && is_tcp()) { // on a Unix socket it is left for the reader
        op.error = std::exchange(error_, {});
    } else if (is_dead_ || end_queued_ || peer_has_closed_) {
        op.error = errc::reset;
    }
    if (op.error) {
        record(occurrence::written);
        return true;
    }
    std::size_t total = 0;
    for (const auto& each : buffers) {
        total += each.size();
    }
    std::size_t bytes = std::min(total, room());
    if (bytes == 0 && total != 0) {
        return false;
    }
    bytes -=
        owner().random().missing(choice::short_write, home_->home().options.short_writes, bytes);
    op.bytes = bytes;
    record(occurrence::written, bytes);
    for (const auto& each : buffers) {
        const auto part = each.first(std::min(each.size(), bytes));
        outgoing_.push(part);
        bytes -= part.size();
    }
    pump();
    return true;
}

void stream_socket::wake_writer() {
    if (writing_ && !write_wake_pending_) {
        write_wake_pending_ = true;
        engine_->deliver([self = shared_from_this()] { self->write_ready(); });
    }
}

void stream_socket::write_ready() {
    write_wake_pending_ = false;
    if (!writing_) {
        return;
    }
    const bool for_nothing =
        owner().random().chance(choice::spurious, home_->home().options.spurious);
    if (for_nothing || try_write(*writing_, to_write_)) {
        auto& op = *std::exchange(writing_, nullptr);
        const in_process completion(home_->home());
        op.complete(op);
    }
}

void stream_socket::shutdown_send() {
    if (!end_queued_ && !is_dead_) {
        end_queued_ = true;
        pump();
    }
}

void stream_socket::close(ending how) {
    reading_ = nullptr;
    writing_ = nullptr;
    is_open_ = false;
    record(occurrence::closed);
    const bool resets = !incoming_.empty() || how == ending::reset;
    incoming_.clear();
    if (resets && !is_dead_) {
        outgoing_.clear();
        send_reset();
    } else if (end_sent_ && !is_tcp()) {
        send(0, [](stream_socket& peer) { peer.arrive_end(true); });
    } else {
        shutdown_send();
    }
    end_if_done();
}

// The network

template <class Arrive>
void stream_socket::send(std::size_t bytes, Arrive arrive) {
    setup_.out->send_segment(
        setup_.in_order,
        bytes,
        [peer = peer_, self = weak_from_this(), back = back_, bytes, arrive = std::move(arrive)](
        ) mutable {
            if (const auto there = peer.lock()) {
                there->heard();
                arrive(*there);
            } else if (bytes != 0) {
                // Nobody has that connection any more.
                auto answered = std::make_shared<time_point>();
                back->send_segment(answered, 0, [self] {
                    if (const auto sender = self.lock()) {
                        sender->arrive_reset();
                    }
                });
            }
        }
    );
}

void stream_socket::pump() {
    while (!outgoing_.empty() && window_ != 0 && !is_dead_) {
        const std::size_t segment =
            std::min({outgoing_.size(), window_, setup_.out->options.segment_size});
        const bool waits_for_more = !setup_.options.no_delay && in_flight_ != 0 && is_tcp();
        if (waits_for_more && segment == outgoing_.size() &&
            segment < setup_.out->options.segment_size) {
            return; // Nagle's algorithm
        }
        send_segment(segment);
    }
    if (end_queued_ && !end_sent_ && outgoing_.empty() && !is_dead_) {
        end_sent_ = true;
        record(occurrence::end_sent);
        send(0, [closed = !is_open_ && !is_tcp()](stream_socket& peer) {
            peer.arrive_end(closed);
        });
        end_if_done();
    }
}

void stream_socket::send_segment(std::size_t bytes) {
    bytes -= owner().random().missing(choice::segment, setup_.out->options.cut, bytes);
    std::vector<std::byte> payload(bytes);
    outgoing_.pop(payload);
    window_ -= bytes;
    if (in_flight_ == 0) {
        last_progress_ = owner().now();
    }
    in_flight_ += bytes;
    send(bytes, [payload = std::move(payload)](stream_socket& peer) {
        peer.arrive_segment(payload);
    });
    if (is_tcp()) {
        watch_acknowledgements();
    }
}

void stream_socket::heard() noexcept {
    last_heard_ = owner().now();
    unanswered_probes_ = 0;
}

void stream_socket::arrive_segment(std::span<const std::byte> bytes) {
    if (is_dead_) {
        return;
    }
    if (!is_open_) {
        send_reset();
        end_if_done();
        return;
    }
    record(occurrence::segment, bytes.size());
    owner().trace().add_payload(bytes);
    incoming_.push(bytes);
    send(0, [taken = bytes.size()](stream_socket& sender) { sender.acknowledged(taken); });
    wake_reader();
}

void stream_socket::acknowledged(std::size_t bytes) {
    if (is_dead_) {
        return;
    }
    in_flight_ -= bytes;
    last_progress_ = owner().now();
    pump();
    if (room() >= send_capacity_ / 3) { // as Linux does: not for every byte
        wake_writer();
    }
}

void stream_socket::window_opened(std::size_t bytes) {
    window_ += bytes;
    pump();
}

void stream_socket::arrive_end(bool peer_has_closed) {
    if (is_dead_) {
        return;
    }
    if (!end_received_) {
        record(occurrence::end_received);
    }
    end_received_ = true;
    if (peer_has_closed) {
        peer_has_closed_ = true;
        wake_writer();
    }
    wake_reader();
    end_if_done();
}

void stream_socket::send_reset() {
    record(occurrence::reset_sent);
    is_dead_ = true;
    send(0, [](stream_socket& peer) { peer.arrive_reset(); });
}

void stream_socket::arrive_reset() {
    if (!is_dead_) {
        record(occurrence::reset_received);
        fail(errc::reset);
    }
}

void stream_socket::fail(error_code why) {
    is_dead_ = true;
    error_ = why;
    outgoing_.clear();
    in_flight_ = 0;
    wake_reader();
    wake_writer();
    end_if_done();
}

void stream_socket::end_if_done() {
    if (!is_open_ && (is_dead_ || (end_sent_ && end_received_))) {
        const auto keep = shared_from_this(); // the kernel's may be the last reference
        home_->remove(*this);
    }
}

// Peers that are gone

void stream_socket::watch_acknowledgements() {
    if (std::exchange(watching_, true)) {
        return;
    }
    const duration limit = home_->home().options.retransmit_timeout;
    const auto check = [self = weak_from_this(), limit] {
        const auto socket = self.lock();
        if (!socket) {
            return;
        }
        socket->watching_ = false;
        if (socket->in_flight_ == 0 || socket->is_dead_) {
            return;
        }
        if (socket->owner().now() - socket->last_progress_ < limit) {
            socket->watch_acknowledgements();
            return;
        }
        socket->record(occurrence::timed_out);
        socket->fail(system_error(ETIMEDOUT));
    };
    owner().after(limit, check, event_queue::kind::housekeeping);
}

void stream_socket::schedule_probe(duration after) {
    const auto check = [self = weak_from_this()] {
        if (const auto socket = self.lock(); socket && !socket->is_dead_ && socket->is_open_) {
            socket->probe();
        }
    };
    owner().after(after, check, event_queue::kind::housekeeping);
}

void stream_socket::probe() {
    const duration silent = owner().now() - last_heard_;
    if (silent < setup_.options.keepalive) {
        schedule_probe(setup_.options.keepalive - silent);
        return;
    }
    if (unanswered_probes_ == probes_until_dead) {
        record(occurrence::timed_out);
        fail(system_error(ETIMEDOUT));
        return;
    }
    ++unanswered_probes_;
    setup_.out->send_datagram(0, [peer = peer_, back = back_, self = weak_from_this()] {
        const bool is_known = !peer.expired();
        back->send_datagram(0, [self, is_known] {
            if (const auto prober = self.lock()) {
                is_known ? prober->heard() : prober->arrive_reset();
            }
        });
    });
    schedule_probe(probe_interval);
}

// The program's end

namespace {

class stream_of_host final : public stream {
public:
    stream_of_host(std::shared_ptr<stream_socket> socket, descriptor held)
        : held_(std::move(held)), socket_(std::move(socket)) {}

    ~stream_of_host() override {
        const in_kernel call;
        socket_->close(ending_);
    }

    error_code attach(loop& owner) override {
        const in_kernel call;
        auto& driver = engine_of(owner);
        socket_->attach(driver);
        return driver.owner().faults().strike(operation::attach, driver.home());
    }
    bool start_read(read_op& op) override {
        const in_kernel call;
        return socket_->start_read(op);
    }
    bool start_write(write_op& op) override {
        const in_kernel call;
        return socket_->start_write(op);
    }
    void cancel_read() noexcept override { socket_->cancel_read(); }
    void cancel_write() noexcept override { socket_->cancel_write(); }
    void shutdown_send() noexcept override {
        const in_kernel call;
        socket_->shutdown_send();
    }
    void abort() noexcept override {
        // A Unix socket knows no SO_LINGER: there an abort is a close.
        if (socket_->setup().kind == endpoint::transport::tcp) {
            ending_ = stream_socket::ending::reset;
        }
    }
    [[nodiscard]] address local() const override { return socket_->setup().local; }
    [[nodiscard]] address peer() const override { return socket_->setup().peer; }

private:
    descriptor held_;
    std::shared_ptr<stream_socket> socket_;
    stream_socket::ending ending_ = stream_socket::ending::orderly;
};

} // namespace

std::unique_ptr<stream> make_stream(std::shared_ptr<stream_socket> socket, descriptor held) {
    return std::make_unique<stream_of_host>(std::move(socket), std::move(held));
}

} // namespace eddy::sim::detail
