// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/log.hpp>

#include "core/log_line.hpp"
#include "core/log_queue.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>
#include <type_traits>

namespace eddy::log {
namespace {

constexpr int standard_error = 2;
constexpr std::chrono::seconds flush_limit{1};

std::atomic<level> lowest_level = level::info;
std::atomic<format> chosen_format = format::text;

// Threads may log while statics are destroyed: everything here outlives them.
constinit std::mutex sink_mutex;
static_assert(std::is_trivially_destructible_v<std::mutex>);
sink current_sink = nullptr;
void* sink_context = nullptr;

std::string line_now(level severity, std::string_view message, fields values) {
    const auto now = std::chrono::system_clock::now();
    return make_line(chosen_format, now, severity, message, values);
}

log_queue& queue() noexcept {
    alignas(log_queue) static std::byte memory[sizeof(log_queue)];
    static log_queue* const never_destroyed = [] {
        std::atexit(flush);
        return new (memory) log_queue(standard_error, [](std::uint64_t count) {
            return line_now(level::warning, "log lines were dropped", {{"count", count}});
        });
    }();
    return *never_destroyed;
}

bool give_to_sink(level severity, std::string_view line) {
    const std::lock_guard lock(sink_mutex);
    if (current_sink) {
        current_sink(severity, line, sink_context);
    }
    return current_sink != nullptr;
}

} // namespace

void set_level(level lowest) noexcept {
    lowest_level = lowest;
}

bool is_enabled(level at) noexcept {
    return at >= lowest_level.load(std::memory_order_relaxed) && at != level::off;
}

void set_format(format chosen) noexcept {
    chosen_format = chosen;
}

void set_sink(sink receiver, void* context) noexcept {
    const std::lock_guard lock(sink_mutex);
    current_sink = receiver;
    sink_context = context;
}

void flush() noexcept {
    queue().flush(flush_limit);
}

std::uint64_t dropped() noexcept {
    return queue().dropped();
}

void write(level at, std::string_view message, fields values) noexcept {
    if (!is_enabled(at)) {
        return;
    }
    try {
        const std::string line = line_now(at, message, values);
        if (!give_to_sink(at, line)) {
            queue().push(line);
        }
    } catch (...) {
        queue().count_dropped(1);
    }
}

} // namespace eddy::log
