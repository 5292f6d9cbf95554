// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/world.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>

namespace eddy::sim {
namespace {

constexpr time_point beginning{std::chrono::hours(1)};

} // namespace

world::world(const world_options& options)
    : options_(options), random_(options.seed), now_(beginning) {}

world::~world() {
    // Tasks hold sockets, and sockets tell their peers' kernels that they close: all processes end
    // before anything else.
    for (const auto& each : hosts_) {
        each->destroy_process();
    }
}

host& world::add_host(std::string_view name) {
    const auto id = static_cast<std::uint32_t>(hosts_.size() + 1);
    auto& added = *hosts_.emplace_back(std::make_unique<host>(*this, id, std::string(name)));
    names_.set(name, {added.ipv6(), added.ipv4()});
    trace_.name_host(id, std::string(name));
    record({occurrence::host_added, id});
    return added;
}

sim::link& world::link(host& from, host& to) {
    auto& found = links_[{from.id(), to.id()}];
    if (!found) {
        const auto& initial = &from == &to ? options_.profile.loopback : options_.profile.link;
        found = std::make_unique<sim::link>(*this, from, to, initial);
    }
    return *found;
}

void world::cut(host& a, host& b) {
    link(a, b).cut();
    link(b, a).cut();
}

void world::heal(host& a, host& b) {
    link(a, b).heal();
    link(b, a).heal();
}

host* world::find(const host& from, const address& at) const {
    for (const auto& each : hosts_) {
        const bool is_local = each.get() == &from && (at.is_loopback() || at.is_any());
        if (is_local || at.with_port(0) == each->ipv4() || at.with_port(0) == each->ipv6()) {
            return each.get();
        }
    }
    return nullptr;
}

void world::step() {
    if (stepping_) {
        throw std::logic_error("eddy: a world is run from outside of it, not by one of its tasks");
    }
    steps_now_ = events_.next() > now_ ? 0 : steps_now_ + 1;
    if (++steps_ > options_.event_limit || steps_now_ > options_.instant_limit) {
        give_up("something runs in circles");
    }
    struct step_guard {
        explicit step_guard(bool& set) noexcept : set_(set) { set_ = true; }
        ~step_guard() { set_ = false; }
        bool& set_;
    };
    const step_guard guard(stepping_);
    now_ = std::max(now_, events_.next());
    events_.pop()();
}

void world::run() {
    run_until([this] { return !has_unfinished(); });
    if (has_unfinished()) {
        give_up("nothing is left to happen, and tasks still wait");
    }
}

bool world::run_until(const std::function<bool()>& reached) {
    throw_reported();
    while (!reached()) {
        if (events_.empty()) {
            return false;
        }
        if (events_.next() - beginning > options_.time_limit) {
            give_up("the time limit is reached");
        }
        step();
        throw_reported();
    }
    return true;
}

void world::run_for(duration length) {
    const time_point end = now_ + length;
    run_until([&] { return events_.empty() || events_.next() > end; });
    now_ = std::max(now_, end);
}

void world::run_until_idle() {
    run_until([this] { return events_.is_idle(); });
}

duration world::elapsed() const noexcept {
    return now_ - beginning;
}

void world::record(const trace::record& event, std::string_view text) {
    trace_.add(elapsed(), event, text);
}

void world::note(std::string_view text) {
    record({occurrence::note}, text);
    trace_.add_payload(std::as_bytes(std::span(text)));
}

void world::report(std::exception_ptr failed) noexcept {
    if (!failed_) {
        failed_ = std::move(failed);
    }
}

void world::throw_reported() {
    if (failed_) {
        std::rethrow_exception(std::exchange(failed_, nullptr));
    }
}

bool world::has_unfinished() const noexcept {
    return std::any_of(hosts_.begin(), hosts_.end(), [](const auto& each) {
        return each->unfinished() != 0;
    });
}

void world::give_up(std::string_view reason) const {
    constexpr std::int64_t millisecond = 1'000'000;
    auto text = fmt::format(
        "{} (after {} events and {} ms of virtual time)",
        reason,
        steps_,
        (now_ - beginning).count() / millisecond
    );
    for (const auto& each : hosts_) {
        text += each->describe_unfinished();
    }
    throw failure(text);
}

} // namespace eddy::sim
