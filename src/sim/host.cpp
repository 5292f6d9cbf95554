// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/await_trace.hpp>
#include <eddy/sim/host.hpp>
#include <eddy/sim/world.hpp>

#include "sim/engine.hpp"
#include "sim/kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

namespace eddy::sim {

/// A task of `spawn`: kept so that the world can tell where it waits.
struct host::watched_task {
    const eddy::detail::promise_base* outermost = nullptr;
    bool is_done = false;
    bool is_daemon = false;
    [[nodiscard]] bool is_awaited() const noexcept { return !is_done && !is_daemon; }
};

host::host(world& owner, std::uint32_t id, std::string name)
    : options(owner.options().profile.host), world_(&owner), id_(id), name_(std::move(name)),
      kernel_(std::make_unique<detail::kernel>(*this)) {}

host::~host() = default;

address host::ipv4() const {
    return {
        address::ipv4_bytes{
            10, 0, static_cast<std::uint8_t>(id_ >> 8), static_cast<std::uint8_t>(id_)
        },
        0
    };
}

address host::ipv6() const {
    address::ipv6_bytes bytes{0xFD};
    bytes[14] = static_cast<std::uint8_t>(id_ >> 8);
    bytes[15] = static_cast<std::uint8_t>(id_);
    return {bytes, 0};
}

bool host::is_own(const address& candidate) const {
    const address plain = candidate.with_port(0);
    return candidate.is_loopback() || plain == ipv4() || plain == ipv6();
}

eddy::loop& host::loop() {
    if (!alive_) {
        throw std::logic_error("eddy: host \"" + name_ + "\" was killed");
    }
    if (!loop_) {
        loop_ = std::make_unique<eddy::loop>(make_engine());
    }
    return *loop_;
}

std::unique_ptr<engine> host::make_engine() {
    return std::make_unique<detail::engine_of_host>(*this);
}

task<> host::watch(task<> work, watched_task& entry, world& where) {
    try {
        co_await std::move(work);
    } catch (const cancelled&) {
        // It was stopped and says so.
    } catch (...) {
        where.report(std::current_exception());
    }
    entry.is_done = true;
}

void host::spawn(task<> work) {
    auto& entry = *watched_.emplace_back(std::make_unique<watched_task>());
    auto watched = watch(std::move(work), entry, *world_);
    entry.outermost = &watched.handle().promise();
    detail::engine_of(loop()).happen_now([&] { loop_->tasks().spawn(std::move(watched)); });
}

void host::spawn_daemon(task<> work) {
    spawn(std::move(work));
    watched_.back()->is_daemon = true;
}

std::size_t host::unfinished() const noexcept {
    const auto waits = [](const auto& each) { return each->is_awaited(); };
    return alive_ ? static_cast<std::size_t>(std::count_if(watched_.begin(), watched_.end(), waits))
                  : 0;
}

std::string host::describe_unfinished() const {
    std::string text;
    for (const auto& each : watched_) {
        if (!each->is_awaited() || !alive_) {
            continue;
        }
        text += fmt::format("\n  a task of \"{}\" waits at", name_);
        const auto places = eddy::detail::await_trace(*each->outermost->context);
        for (auto at = places.begin() + 1; at < places.end(); ++at) { // the first is `watch`
            text += fmt::format("\n    {}:{}", at->file_name(), at->line());
        }
    }
    return text;
}

void host::signal(int number) {
    world_->record({occurrence::signal, id_, 0, static_cast<std::uint64_t>(number)});
    for (auto* each : engines_) {
        each->on_signal(number);
    }
}

void host::crash() {
    world_->record({occurrence::crashed, id_});
    destroy_process();
}

void host::destroy_process() noexcept {
    loop_.reset();
    watched_.clear();
}

void host::kill() {
    world_->record({occurrence::killed, id_});
    alive_ = false;
}

void host::stall(duration length) {
    world_->record({occurrence::stalled, id_, 0, static_cast<std::uint64_t>(length.count())});
    stalled_until_ = std::max(stalled_until_, world_->now() + length);
}

void host::jump(duration distance) {
    if (distance < duration::zero()) {
        throw std::logic_error("eddy: a steady clock does not jump back");
    }
    world_->record({occurrence::jumped, id_, 0, static_cast<std::uint64_t>(distance.count())});
    clock_offset_ += distance;
    for (auto* each : engines_) {
        each->rearm();
    }
}

time_point host::now() const noexcept {
    return world_->now() + clock_offset_;
}

std::size_t host::open_descriptors() const noexcept {
    return kernel_->open_descriptors();
}

} // namespace eddy::sim
