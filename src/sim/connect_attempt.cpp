// SPDX-License-Identifier: BSL-1.0
#include "sim/connect_attempt.hpp"

#include "sim/allocation.hpp"
#include "sim/engine.hpp"

#include <cerrno>
#include <memory>
#include <utility>

namespace eddy::sim::detail {
namespace {

using namespace std::chrono_literals;

/// Linux gives up looking for a neighbour's hardware address after three tries, one a second.
constexpr duration no_neighbour = 3s;
constexpr duration first_syn_retry = 1s;

} // namespace

connect_attempt::connect_attempt(engine_of_host& driver, connect_op& op, descriptor held)
    : engine_(&driver), home_(&driver.home()), op_(&op), held_(std::move(held)), asked_(op.target) {
    auto& kernel = driver.home().kernel();
    ours_.kind = op.transport;
    ours_.peer = unmapped(op.target);
    ours_.local = kernel.source_for(ours_.peer);
    ours_.options = op.options;
    ours_.in_order = std::make_shared<time_point>();
}

bool connect_attempt::start() {
    home_->owner().record({occurrence::connecting, home_->id(), 0, ours_.peer.port()});
    return ours_.kind == endpoint::transport::tcp ? start_tcp() : start_local();
}

void connect_attempt::cancel() noexcept {
    op_ = nullptr;
    held_ = descriptor(); // events on their way keep the attempt for a while
    if (is_connected_) {
        here_->close(stream_socket::ending::orderly); // nobody takes it any more
    }
}

bool connect_attempt::start_local() {
    auto& home = *home_;
    target_ = &home;
    auto* listener = home.kernel().find_listener(ours_.kind, ours_.peer);
    if (!listener) {
        // Abstract names are not files.
        op_->error = system_error(ours_.peer.path().starts_with('@') ? ECONNREFUSED : ENOENT);
        return true;
    }
    if (listener->is_full()) {
        op_->error = system_error(EAGAIN);
        return true;
    }
    make_sides(*listener);
    listener->expect();
    listener->arrive(there_);
    op_->connected = make_stream(here_, std::move(held_));
    return true;
}

bool connect_attempt::start_tcp() {
    auto& owner = home_->owner();
    target_ = owner.find(*home_, ours_.peer);
    const auto self = shared_from_this();
    if (!target_) {
        owner.after(no_neighbour, [self] { self->finish(system_error(EHOSTUNREACH)); });
        return false;
    }
    const auto give_up = [self] {
        if (!self->is_answered_) {
            self->finish(system_error(ETIMEDOUT));
        }
    };
    owner.after(home_->options.connect_timeout, give_up, event_queue::kind::housekeeping);
    send_syn();
    return false;
}

void connect_attempt::send_syn() {
    if (op_) {
        auto& way = home_->owner().link(*home_, *target_);
        way.send_segment(ours_.in_order, 0, [self = shared_from_this()] { self->syn_arrives(); });
    }
}

void connect_attempt::syn_arrives() {
    auto& owner = home_->owner();
    auto& back = owner.link(*target_, *home_);
    auto* listener = target_->kernel().find_listener(ours_.kind, ours_.peer);
    const auto self = shared_from_this();
    if (!listener) {
        owner.record({occurrence::refused, target_->id(), 0, ours_.peer.port()});
        back.send_segment(std::make_shared<time_point>(), 0, [self] {
            self->is_answered_ = true;
            self->finish(system_error(ECONNREFUSED));
        });
        return;
    }
    if (listener->is_full()) {
        owner.record({occurrence::backlog_full, target_->id(), 0, ours_.peer.port()});
        owner.after(
            first_syn_retry * (1 << tries_++),
            [self] { self->send_syn(); },
            event_queue::kind::housekeeping
        );
        return;
    }
    make_sides(*listener);
    listener->expect();
    back.send_segment(there_->setup().in_order, 0, [self, kept = listener->shared_from_this()] {
        self->answer_arrives(kept);
    });
}

void connect_attempt::answer_arrives(const std::shared_ptr<listen_socket>& listener) {
    is_answered_ = true;
    if (!op_) {
        listener->withdraw();
        here_->close(stream_socket::ending::reset);
        return;
    }
    // The ACK travels in the order of the stream, so that no byte overtakes it.
    auto& way = home_->owner().link(*home_, *target_);
    way.send_segment(ours_.in_order, 0, [listener, there = there_] { listener->arrive(there); });
    finish({});
}

void connect_attempt::make_sides(const listen_socket& listener) {
    auto& owner = home_->owner();
    auto& home = *home_;

    stream_setup ours = ours_;
    ours.local = seen_from(asked_, ours_.local);
    ours.peer = asked_;
    ours.out = &owner.link(home, *target_);

    stream_setup theirs;
    theirs.kind = ours_.kind;
    theirs.local = seen_from(listener.bound(), ours_.peer);
    theirs.peer = seen_from(listener.bound(), ours_.local);
    theirs.options = listener.options();
    theirs.out = &owner.link(*target_, home);
    theirs.in_order = std::make_shared<time_point>();

    here_ = std::make_shared<stream_socket>(home.kernel(), std::move(ours));
    there_ = std::make_shared<stream_socket>(target_->kernel(), std::move(theirs));
    stream_socket::pair(here_, there_);
}

void connect_attempt::finish(error_code error) {
    if (!op_) {
        return; // cancelled, perhaps with the whole process: the engine may be gone
    }
    is_connected_ = !error;
    engine_->deliver([self = shared_from_this(), error] {
        auto* op = std::exchange(self->op_, nullptr);
        if (!op) {
            return;
        }
        op->state = nullptr;
        self->engine_->forget(self.get());
        op->error = error;
        if (!error && self->here_->is_broken()) { // reset before the program has looked
            self->here_->close(stream_socket::ending::orderly);
            op->error = system_error(ECONNRESET);
        }
        if (op->error) {
            self->held_ = descriptor();
        } else {
            auto& home = *self->home_;
            home.owner().record({occurrence::connected, home.id(), self->here_->number()});
            op->connected = make_stream(std::move(self->here_), std::move(self->held_));
        }
        const in_process completion(*self->home_);
        op->complete(*op);
    });
}

} // namespace eddy::sim::detail
