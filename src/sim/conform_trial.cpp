// SPDX-License-Identifier: BSL-1.0
#include "sim/conform_trial.hpp"

#include <eddy/core/await_trace.hpp>

#include "sim/heap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

/// Turns of the loop at one instant: a handler that needs more without waiting for anything runs in
/// circles.
constexpr std::uint64_t instant_limit = 150;

/// Small, so that a client that does not read is felt soon.
constexpr std::size_t kernel_buffer = 4 * 1024;

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
    options.profile.host.send_buffer = options.profile.host.receive_buffer = kernel_buffer;
    options.seed = tried.seed;
    options.instant_limit = instant_limit;
    return options;
}

trial::trial(
    const handler& tested,
    const conversation& talk,
    const conform_options& options,
    const variation& tried
)
    : talk_(talk), options_(options), tried_(tried), world_(options_for(tried)),
      home_(world_.add_host("service")), client_home_(world_.add_host("client")),
      server_(home_.loop(), config_with(options.patience)),
      client_(client_home_, talk_, tried.manner, options.patience) {
    struct observed {
        task<> operator()(session& peer) const { return observe(*tested, peer, *seen); }
        const handler* tested;
        observation* seen;
    };
    listen_options listening;
    listening.limits = options.limits;
    server_.serve("tcp://0.0.0.0:1", observed{&tested, &seen_}, listening);
}

task<> trial::observe(const handler& tested, session& peer, observation& seen) {
    scope tasks; // of its own, so that the handler can be stopped without the server
    seen.tasks = &tasks;
    tasks.spawn(handle(tested, peer, seen));
    co_await tasks.join();
}

task<> trial::handle(const handler& tested, session& peer, observation& seen) {
    seen.context = co_await context_of_this_task();
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
    seen.finished = true;
}

bool trial::run() {
    server_.start();
    world_.run_until_idle();
    memory_before_ = heap_in_use();
    client_.start(endpoint(endpoint::transport::tcp, home_.ipv4().with_port(1)));
    world_.run_until([this] { return seen_.begun || client_.is_done(); });

    const bool met = tried_.what == fate::none || meet_fate();
    if (met) {
        wait_for_end(tried_.what == fate::vanish ? vanished_patience : options_.patience * 2);
        judge_answers();
        judge_end();
    }
    end_server();
    judge_remains();
    return met;
}

bool trial::meet_fate() {
    std::uint64_t events = 0;
    world_.run_until([&] { return events++ == tried_.at || seen_.finished; });
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
    world_.run_until(is_over);
    if (tried_.manner.flood != 0 && !seen_.finished) {
        client_.reset();
        const time_point later = world_.now() + options_.patience;
        world_.run_until([&] { return seen_.finished || world_.now() > later; });
    }
}

void trial::judge_answers() const {
    const auto& heard = client_.heard();
    const auto& right = talk_.expected();
    const auto must_complete =
        tried_.answers == verdict::exact || tried_.answers == verdict::any_end;
    if (must_complete && !client_.trouble().empty()) {
        throw failure(fmt::format("{}; heard \"{}\" of \"{}\"", client_.trouble(), heard, right));
    }
    const bool is_right = tried_.answers == verdict::exact       ? heard == right
                          : tried_.answers == verdict::any_end   ? heard.starts_with(right)
                          : tried_.answers == verdict::beginning ? right.starts_with(heard)
                                                                 : true;
    if (!is_right) {
        throw failure(
            fmt::format("the answers differ: heard \"{}\" instead of \"{}\"", heard, right)
        );
    }
}

void trial::judge_end() const {
    if (!seen_.thrown.empty()) {
        throw failure(fmt::format("the handler throws: {}", seen_.thrown));
    }
    if (tried_.what == fate::drain && server_.report().listeners.front().forced != 0) {
        throw failure("the handler ignores the drain, and had to be forced");
    }
    if (!seen_.finished) {
        throw failure("the handler does not end" + where_it_waits());
    }
    if (most_memory_ > memory_before_ + options_.memory) {
        throw failure(fmt::format(
            "the session holds {} bytes, more than {}",
            most_memory_ - memory_before_,
            options_.memory
        ));
    }
}

std::string trial::where_it_waits() const {
    std::string text;
    if (server_.report().live() == 0) {
        return " before it is destroyed";
    }
    const auto places = eddy::detail::await_trace(*seen_.context);
    for (auto at = places.begin() + 1; at < places.end(); ++at) { // the first is `handle`
        text += fmt::format("\n  {}:{}", at->file_name(), at->line());
    }
    return "; it waits at" + text;
}

void trial::end_server() {
    client_.reset();
    server_.request_drain();
    home_.run(server_.stopped());
    world_.run_for(last_packets);
}

void trial::judge_remains() {
    if (const auto left = home_.loop().tasks().size()) {
        throw failure(fmt::format("the handler leaves {} task(s) behind", left));
    }
    if (const auto left = home_.open_descriptors()) {
        throw failure(fmt::format("the handler leaves {} socket(s) behind", left));
    }
    if (const auto left = home_.loop().blocks().lent()) {
        throw failure(fmt::format("the handler leaves {} buffer(s) behind", left));
    }
}

} // namespace eddy::sim::detail
