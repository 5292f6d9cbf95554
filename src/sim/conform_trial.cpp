// SPDX-License-Identifier: BSL-1.0
#include "sim/conform_trial.hpp"

#include <eddy/core/await_trace.hpp>

#include "sim/engine.hpp"
#include "sim/heap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace eddy::sim::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto names = std::to_array<std::string_view>({
    "nothing",
    "a reset",
    "an end of stream",
    "a client that vanished",
    "a drain",
    "a stop",
});

/// Keep-alive finds out after two minutes, unacknowledged data after fifteen.
constexpr duration vanished_patience = 20min;

/// Long enough for what is still on its way, on any network.
constexpr duration last_packets = 10s;

/// Until those who are there before the client have settled down.
constexpr duration settling = 1s;

/// Turns of the service's loop that nothing but the loop itself asked for, each of which is up to
/// 32,000 reads and writes: a handler that needs more without waiting for anything runs in circles.
constexpr unsigned circle = 100;

/// The heap is measured every so many events.
constexpr std::uint64_t events_per_sample = 32;

class context_of_this_task {
public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> asking) noexcept {
        context_ = asking.promise().context;
        return false;
    }
    [[nodiscard]] const eddy::detail::task_context* await_resume() const noexcept {
        return context_;
    }

private:
    const eddy::detail::task_context* context_ = nullptr;
};

server_config config_with(duration drain_timeout) {
    server_config config;
    config.drain_timeout = drain_timeout;
    return config;
}

} // namespace

std::string_view name_of(fate what) noexcept {
    return names[static_cast<std::size_t>(what)];
}

world_options trial::options_for(const variation& tried) {
    world_options options;
    options.profile = tried.network;
    options.profile.host.send_buffer = options.profile.host.receive_buffer = tried.buffers;
    options.seed = tried.seed;
    return options;
}

trial::trial(
    const handler& tested,
    const conversation& talk,
    const conform_options& options,
    const variation& tried,
    pulse beats
)
    : tested_(tested), talk_(talk), options_(options), tried_(tried), beats_(std::move(beats)),
      world_(options_for(tried)), home_(world_.add_host("service")),
      client_home_(world_.add_host("client")), server_(home_.loop(), config_with(options.patience)),
      client_(client_home_, talk_, tried.manner, options.patience) {
    struct observed {
        task<> operator()(session& peer) const {
            const bool is_client = peer.peer().with_port(0) == self->client_home_.ipv4();
            return is_client ? observe(self->tested_, peer, self->seen_) : self->tested_(peer);
        }
        trial* self;
    };
    listen_options listening;
    listening.limits = options.limits;
    server_.serve("tcp://0.0.0.0:1", observed{this}, listening);
}

task<> trial::observe(const handler& tested, session& peer, observation& seen) {
    scope tasks; // of its own, so that the handler can be stopped without the server
    seen.tasks = &tasks;
    tasks.spawn(handle(tested, peer, seen));
    co_await tasks.join();
}

task<> trial::handle(const handler& tested, session& peer, observation& seen) {
    seen.context = co_await context_of_this_task();
    seen.peer = &peer;
    seen.begun = true;
    try {
        co_await tested(peer);
    } catch (const cancelled&) {
        // Stopped, and says so.
    } catch (const std::exception& thrown) {
        seen.thrown = thrown.what();
    } catch (...) {
        seen.thrown = "something that is no std::exception";
    }
    seen.writes_after_close = peer.stats().writes_after_close;
    seen.peer = nullptr;
    seen.finished = true;
}

bool trial::run() {
    try {
        return play();
    } catch (const broken_rule&) {
        throw;
    } catch (const std::exception& thrown) {
        throw broken_rule("wrong surroundings", thrown.what());
    }
}

bool trial::play() {
    server_.start();
    if (options_.surroundings) {
        options_.surroundings(world_);
    }
    const time_point settled = world_.now() + settling;
    world_.after(settling, [] {});
    run_until([&] { return world_.now() >= settled; });
    memory_before_ = heap_in_use();
    client_.start(endpoint(endpoint::transport::tcp, home_.ipv4().with_port(1)));
    run_until([this] { return seen_.begun || client_.is_done(); });

    const bool met = tried_.what == fate::none || meet_fate();
    if (met) {
        wait_for_end(tried_.what == fate::vanish ? vanished_patience : options_.patience * 2);
        judge_writes();
        judge_answers();
        judge_end();
        judge_memory();
    }
    end_server();
    judge_remains();
    return met;
}

void trial::run_until(const std::function<bool()>& reached) {
    world_.run_until([&] {
        look();
        return reached();
    });
}

/// What is looked at before each event.
void trial::look() {
    beats_->fetch_add(1);
    step_ += has_begun_ ? 1 : 0;
    has_begun_ = seen_.begun;
    if (++events_ == block_at_) {
        throw broken_rule("blocks the loop", "the handler does not come back" + where_it_waits());
    }
    if (engine_of(home_.loop()).turns_for_itself() > circle) {
        throw broken_rule(
            "busy loop", "the handler runs in circles and waits for nothing" + where_it_waits()
        );
    }
    judge_writes();
}

bool trial::meet_fate() {
    run_until([&] { return step_ > tried_.at || seen_.finished; });
    if (seen_.finished) {
        return false;
    }
    switch (tried_.what) {
    case fate::none:
        break;
    case fate::reset:
        client_.reset();
        break;
    case fate::end:
        client_.end();
        break;
    case fate::vanish:
        client_home_.kill();
        break;
    case fate::stop:
        client_.fall_silent();
        seen_.tasks->request_stop();
        break;
    case fate::drain:
        client_.fall_silent();
        server_.request_drain();
        break;
    }
    return true;
}

void trial::wait_for_end(duration limit) {
    const time_point until = world_.now() + limit;
    std::uint64_t events = 0;
    const auto is_over = [&] {
        if (tried_.manner.flood != 0 && events++ % events_per_sample == 0) {
            most_memory_ = std::max(most_memory_, heap_in_use());
        }
        const bool ended = seen_.finished && (client_.is_done() || !client_home_.is_alive());
        return ended || world_.now() > until;
    };
    run_until(is_over);
    if (tried_.manner.flood != 0 && !seen_.finished) {
        client_.reset();
        const time_point later = world_.now() + options_.patience;
        run_until([&] { return seen_.finished || world_.now() > later; });
    }
}

void trial::judge_writes() const {
    const auto count =
        seen_.peer ? seen_.peer->stats().writes_after_close : seen_.writes_after_close;
    if (count != 0) {
        throw broken_rule(
            "writes after close",
            "the handler has closed the session, or its sending side, and writes on"
        );
    }
}

void trial::judge_answers() const {
    const auto& heard = client_.heard();
    const auto& right = talk_.expected();
    const auto must_complete =
        tried_.answers == verdict::exact || tried_.answers == verdict::any_end;
    if (must_complete && !client_.trouble().empty()) {
        throw broken_rule(
            tried_.if_wrong,
            fmt::format("{}; heard \"{}\" of \"{}\"", client_.trouble(), heard, right)
        );
    }
    const bool is_right = tried_.answers == verdict::exact       ? heard == right
                          : tried_.answers == verdict::any_end   ? heard.starts_with(right)
                          : tried_.answers == verdict::beginning ? right.starts_with(heard)
                                                                 : true;
    if (!is_right) {
        throw broken_rule(
            tried_.if_wrong,
            fmt::format("the answers differ: heard \"{}\" instead of \"{}\"", heard, right)
        );
    }
}

void trial::judge_end() const {
    if (!seen_.thrown.empty()) {
        throw broken_rule("throws", fmt::format("the handler throws: {}", seen_.thrown));
    }
    if (tried_.what == fate::drain && server_.report().listeners.front().forced != 0) {
        throw broken_rule(
            "ignores the drain", "the handler ignores the drain, and had to be forced"
        );
    }
    if (!seen_.finished) {
        const std::string_view rule = tried_.what == fate::stop ? "ignores the stop"
                                      : !tried_.manner.ends     ? "takes what it must refuse"
                                                                : "ignores the end";
        throw broken_rule(rule, "the handler does not end" + where_it_waits());
    }
}

void trial::judge_memory() const {
    if (most_memory_ > memory_before_ + options_.memory) {
        throw broken_rule(
            "holds too much",
            fmt::format(
                "the session holds {} bytes, more than {}",
                most_memory_ - memory_before_,
                options_.memory
            )
        );
    }
}

std::string trial::where_it_waits() const {
    if (!seen_.begun) {
        return " from its first turn";
    }
    if (seen_.finished || server_.report().live() == 0) {
        return "";
    }
    const auto places = eddy::detail::await_trace(*seen_.context);
    std::string text = "; it waits at";
    for (auto at = places.begin() + 1; at < places.end(); ++at) { // the first is `handle`
        text += fmt::format("\n  {}:{}", at->file_name(), at->line());
    }
    return text;
}

void trial::end_server() {
    auto wait = [](task<> stopped, bool& out) -> task<> {
        co_await std::move(stopped);
        out = true;
    };
    bool has_stopped = false;
    client_.reset();
    server_.request_drain();
    home_.spawn_daemon(wait(server_.stopped(), has_stopped));
    run_until([&] { return has_stopped; });
    const time_point later = world_.now() + last_packets;
    world_.after(last_packets, [] {});
    run_until([&] { return world_.now() >= later; });
}

void trial::judge_remains() {
    if (server_.report().listeners.front().forced != 0) {
        throw broken_rule("ignores the drain", "another session ignores the drain");
    }
    if (const auto left = home_.loop().tasks().size()) {
        throw broken_rule(
            "leaks a task", fmt::format("the handler leaves {} task(s) behind", left)
        );
    }
    if (const auto left = home_.open_descriptors()) {
        throw broken_rule(
            "leaks a socket", fmt::format("the handler leaves {} socket(s) behind", left)
        );
    }
    if (const auto left = home_.loop().blocks().lent()) {
        throw broken_rule(
            "leaks a buffer", fmt::format("the handler leaves {} buffer(s) behind", left)
        );
    }
}

} // namespace eddy::sim::detail
