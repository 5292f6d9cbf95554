// SPDX-License-Identifier: BSL-1.0
#include "sim/engine.hpp"

#include <eddy/core/loop.hpp>
#include <eddy/net/connect_op.hpp>

#include "net/memory.hpp"
#include "sim/allocation.hpp"
#include "sim/connect_attempt.hpp"
#include "sim/datagram_socket.hpp"
#include "sim/listen_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace eddy::sim::detail {
namespace {

using namespace std::chrono_literals;

/// How late a timer fires that is made to fail.
constexpr duration very_late = 10s;

} // namespace

engine_of_host& engine_of(eddy::loop& owner) {
    return dynamic_cast<engine_of_host&>(owner.driver());
}

engine_of_host::engine_of_host(host& home) : home_(&home) {
    home.add_engine(*this);
}

engine_of_host::~engine_of_host() {
    home_->remove_engine(*this);
}

// Driving the loop

void engine_of_host::run() {
    if (auto* happens = std::exchange(due_, nullptr)) {
        (*happens)();
        const in_process turn(*home_);
        loop_->turn();
        return;
    }
    // A program's own call, outside of any event: the world goes on until the program stops the
    // loop.
    if (!owner().run_until([this] { return stopped_; })) {
        throw failure(
            "the loop of \"" + home_->name() + "\" runs on, but nothing is left to happen"
        );
    }
    stopped_ = false;
}

void engine_of_host::deliver(std::function<void()> happens, duration delay) {
    happen_soon(
        [this, happens = std::move(happens)]() mutable {
            turns_for_itself_ = 0;
            happens();
        },
        delay
    );
}

void engine_of_host::happen_soon(std::function<void()> happens, duration delay) {
    auto& random = owner().random();
    const auto& options = home_->options;
    const time_point at = owner().now() + delay + random.up_to(choice::wake, options.wake_delay);
    happen_at(at, std::move(happens));
    if (random.chance(choice::spurious, options.spurious)) {
        happen_at(at + random.up_to(choice::wake, options.wake_delay), [] {});
    }
}

void engine_of_host::happen_at(time_point at, std::function<void()> happens) {
    owner().events().add(
        at,
        [this, life = std::weak_ptr(life_), happens = std::move(happens)]() mutable {
            if (life.expired() || !home_->is_alive()) {
                return;
            }
            if (owner().now() < home_->stalled_until()) {
                happen_at(home_->stalled_until(), std::move(happens));
                return;
            }
            happen_now(std::move(happens));
        }
    );
}

void engine_of_host::happen_now(std::function<void()> happens) {
    ++turns_for_itself_;
    due_ = &happens;
    loop_->run();
}

void engine_of_host::wake() noexcept {
    const in_kernel call;
    if (!std::exchange(wake_pending_, true)) {
        happen_soon([this] {
            wake_pending_ = false;
            loop_->begin_round();
        });
    }
}

void engine_of_host::arm_timer(time_point at) noexcept {
    const in_kernel call;
    armed_ = at;
    const auto arming = ++armings_;
    if (at == time_point::max()) {
        return;
    }
    duration late = owner().random().up_to(choice::timer, home_->options.timer_delay);
    if (owner().faults().strike(operation::timer, *home_)) {
        late += very_late;
    }
    const time_point due = std::max(owner().now(), at - home_->clock_offset()) + late;
    owner().events().add(due, [this, arming, life = std::weak_ptr(life_)] {
        if (!life.expired() && arming == armings_) {
            happen_at(owner().now(), [this] { turns_for_itself_ = 0; });
        }
    });
}

void engine_of_host::on_signal(int number) {
    deliver([this, number] {
        if (signals_) {
            signals_->on_signal(number);
        }
    });
}

std::uint64_t engine_of_host::random_seed() noexcept {
    const in_kernel call;
    return owner().random().below(choice::seed, std::numeric_limits<std::uint64_t>::max());
}

void engine_of_host::start_offload(std::unique_ptr<offload_job> job) {
    const in_kernel call;
    const duration delay = owner().random().up_to(choice::offload, home_->options.offload_delay);
    deliver(
        [this, shared = std::shared_ptr(std::move(job))] {
            owner().record({occurrence::offloaded, home_->id()});
            shared->work();
            shared->finish();
        },
        delay
    );
}

// Sockets

result<std::unique_ptr<acceptor>>
engine_of_host::listen(const endpoint& at, const socket_options& options) {
    const in_kernel call;
    const auto kind = at.kind();
    if (auto struck = owner().faults().strike(operation::listen, *home_)) {
        return struck;
    }
    if (kind == endpoint::transport::mem) {
        return listen_memory(
            at.path(), static_cast<std::size_t>(options.backlog)
        ); // knows no network, needs no simulation
    }
    if (kind != endpoint::transport::tcp && kind != endpoint::transport::unix_stream) {
        return errc::not_supported;
    }
    auto held = home_->kernel().open_descriptor();
    if (!held) {
        return held.error();
    }
    const auto bound = home_->kernel().claim(at, options);
    if (!bound) {
        return bound.error();
    }
    return make_acceptor(
        std::make_shared<listen_socket>(*this, kind, *bound, options), std::move(*held)
    );
}

result<std::unique_ptr<datagram_port>>
engine_of_host::bind(const endpoint& at, const socket_options& options) {
    const in_kernel call;
    if (at.kind() != endpoint::transport::udp && at.kind() != endpoint::transport::unix_datagram) {
        return errc::not_supported;
    }
    if (auto struck = owner().faults().strike(operation::bind, *home_)) {
        return struck;
    }
    auto held = home_->kernel().open_descriptor();
    if (!held) {
        return held.error();
    }
    const auto bound = home_->kernel().claim(at, options);
    if (!bound) {
        return bound.error();
    }
    return make_port(
        std::make_shared<datagram_socket>(*this, at.kind(), *bound, options), std::move(*held)
    );
}

bool engine_of_host::start_connect(connect_op& op) {
    const in_kernel call;
    op.error = owner().faults().strike(operation::connect, *home_);
    if (op.error) {
        return true;
    }
    auto held = home_->kernel().open_descriptor();
    if (!held) {
        op.error = held.error();
        return true;
    }
    const auto attempt = std::make_shared<connect_attempt>(*this, op, std::move(*held));
    if (attempt->start()) {
        return true;
    }
    kept_.push_back(attempt);
    op.state = attempt.get();
    return false;
}

void engine_of_host::cancel_connect(connect_op& op) noexcept {
    if (auto* attempt = static_cast<connect_attempt*>(std::exchange(op.state, nullptr))) {
        attempt->cancel();
        forget(attempt);
    }
}

bool engine_of_host::start_resolve(resolve_op& op) {
    const in_kernel call;
    op.error = owner().faults().strike(operation::resolve, *home_);
    if (op.error) {
        return true;
    }
    const auto waiting = std::make_shared<resolve_op*>(&op); // null once cancelled
    kept_.push_back(waiting);
    op.state = waiting.get();
    const duration delay = owner().random().up_to(choice::resolve, home_->options.resolve_delay);
    deliver(
        [this, waiting] {
            if (auto* done = *waiting) {
                done->state = nullptr;
                forget(waiting.get());
                resolve(*done);
                const in_process completion(*home_);
                done->complete(*done);
            }
        },
        delay
    );
    return false;
}

void engine_of_host::resolve(resolve_op& op) {
    owner().record({occurrence::resolved, home_->id()}, op.host);
    if (op.asks == resolve_op::question::services) {
        const auto found = owner().names().find_services(op.host);
        op.error = found.error();
        if (found) {
            op.services = *found;
        }
        return;
    }
    const auto found = owner().names().find(op.host);
    op.error = found.error();
    if (found) {
        for (const address& each : *found) {
            op.addresses.push_back(each.with_port(op.port));
        }
    }
}

result<std::vector<address>>
engine_of_host::resolve_now(const std::string& host, std::uint16_t port) {
    auto found = owner().names().find(host);
    if (found) {
        for (address& each : *found) {
            each = each.with_port(port);
        }
    }
    return found;
}

void engine_of_host::cancel_resolve(resolve_op& op) noexcept {
    if (auto* waiting = static_cast<resolve_op**>(std::exchange(op.state, nullptr))) {
        *waiting = nullptr;
        forget(waiting);
    }
}

} // namespace eddy::sim::detail
