// SPDX-License-Identifier: BSL-1.0
#include "sim/listen_socket.hpp"

#include "sim/allocation.hpp"
#include "sim/engine.hpp"
#include "sim/stream_socket.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace eddy::sim::detail {

listen_socket::listen_socket(
    engine_of_host& driver,
    endpoint::transport kind,
    const address& bound,
    const socket_options& options
)
    : engine_(&driver), kind_(kind), bound_(bound), options_(options),
      number_(driver.owner().next_object()) {
    home().add(*this);
    driver.owner().record({occurrence::listening, driver.home().id(), number_, bound.port()});
}

kernel& listen_socket::home() const noexcept {
    return engine_->home().kernel();
}

bool listen_socket::is_full() const noexcept {
    // One more than asked for, as Linux does: "full" there is "above the limit".
    return backlog_.size() + expected_ > static_cast<std::size_t>(std::max(options_.backlog, 1));
}

void listen_socket::arrive(std::shared_ptr<stream_socket> socket) {
    --expected_;
    if (!is_open_) {
        socket->close(stream_socket::ending::reset);
        return;
    }
    auto& owner = engine_->owner();
    owner.record({occurrence::queued, engine_->home().id(), number_, socket->number()});
    backlog_.push_back(std::move(socket));
    if (accepting_) {
        const duration late =
            owner.random().up_to(choice::accept, engine_->home().options.accept_delay);
        engine_->deliver([self = shared_from_this()] { self->accept_ready(); }, late);
    }
}

bool listen_socket::start_accept(accept_op& op) {
    op.error = engine_->owner().faults().strike(operation::accept, engine_->home());
    if (op.error || try_accept(op)) {
        return true;
    }
    accepting_ = &op;
    return false;
}

bool listen_socket::try_accept(accept_op& op) {
    // As accept4: without a free descriptor it fails even when nobody waits.
    auto held = home().open_descriptor();
    if (!held) {
        op.error = held.error();
        return true;
    }
    if (backlog_.empty()) {
        return false;
    }
    auto socket = std::move(backlog_.front());
    backlog_.pop_front();
    engine_->owner().record({occurrence::accepted, engine_->home().id(), number_, socket->number()}
    );
    op.accepted = make_stream(std::move(socket), std::move(*held));
    return true;
}

void listen_socket::accept_ready() {
    if (accepting_ && try_accept(*accepting_)) {
        auto& op = *std::exchange(accepting_, nullptr);
        const in_process completion(engine_->home());
        op.complete(op);
    }
}

void listen_socket::close() {
    is_open_ = false;
    accepting_ = nullptr;
    home().remove(*this);
    engine_->owner().record({occurrence::listener_closed, engine_->home().id(), number_});
    for (const auto& socket : std::exchange(backlog_, {})) {
        socket->close(stream_socket::ending::reset);
    }
}

namespace {

class acceptor_of_host final : public acceptor {
public:
    acceptor_of_host(std::shared_ptr<listen_socket> socket, descriptor held)
        : held_(std::move(held)), socket_(std::move(socket)) {}

    ~acceptor_of_host() override {
        const in_kernel call;
        socket_->close();
    }

    bool start_accept(accept_op& op) override {
        const in_kernel call;
        return socket_->start_accept(op);
    }
    void cancel_accept() noexcept override { socket_->cancel_accept(); }
    [[nodiscard]] endpoint local() const override { return {socket_->kind(), socket_->bound()}; }
    [[nodiscard]] error_code share_port() noexcept override {
        socket_->share_port();
        return {};
    }

private:
    descriptor held_;
    std::shared_ptr<listen_socket> socket_;
};

} // namespace

std::unique_ptr<acceptor> make_acceptor(std::shared_ptr<listen_socket> socket, descriptor held) {
    return std::make_unique<acceptor_of_host>(std::move(socket), std::move(held));
}

} // namespace eddy::sim::detail
