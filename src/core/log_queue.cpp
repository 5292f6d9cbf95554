// SPDX-License-Identifier: BSL-1.0
#include "core/log_queue.hpp"

#include "platform/block_signals.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace eddy::log {
namespace {

/// As many whole lines as go out in one piece, so that processes which share a pipe do not mix
/// inside a line; or one line that is longer than that.
std::string_view next_piece(std::string_view lines) noexcept {
    constexpr auto most = platform::log_output::atomic_size;
    if (lines.size() <= most) {
        return lines;
    }
    const auto last = lines.rfind('\n', most - 1);
    return lines.substr(0, (last == std::string_view::npos ? lines.find('\n') : last) + 1);
}

} // namespace

log_queue::~log_queue() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    added_.notify_all();
    if (writer_.joinable()) {
        writer_.join();
    }
}

void log_queue::push(std::string_view line) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        const auto size = waiting_.size() + line.size() + 1;
        if (size > capacity) {
            count_dropped(1);
            return;
        }
        start_writer();
        waiting_.reserve(size); // either the whole line goes in or none of it
        waiting_.append(line);
        waiting_ += '\n';
        ++lines_added_;
    } catch (...) {
        count_dropped(1); // no memory, or no thread: the next line tries again
        return;
    }
    added_.notify_one();
}

bool log_queue::flush(std::chrono::milliseconds limit) noexcept {
    std::unique_lock lock(mutex_);
    const auto target = lines_added_;
    return written_.wait_for(lock, limit, [&] { return lines_done_ >= target; });
}

void log_queue::start_writer() {
    if (!writer_.joinable()) {
        const platform::block_signals for_the_thread;
        writer_ = std::thread([this] { run(); });
    }
}

void log_queue::run() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
        added_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) {
            return;
        }
        in_hand_.clear();
        std::swap(in_hand_, waiting_);
        const auto taken = lines_added_;
        lock.unlock();

        write_lines(in_hand_);
        report_dropped();

        lock.lock();
        lines_done_ = taken;
        written_.notify_all();
    }
}

void log_queue::write_lines(std::string_view lines) noexcept {
    while (!lines.empty()) {
        const auto piece = next_piece(lines);
        lines.remove_prefix(piece.size());
        const auto lost = write_bytes(piece);
        count_dropped(static_cast<std::uint64_t>(std::count(lost.begin(), lost.end(), '\n')));
    }
}

/// Gives what could not be written.
std::string_view log_queue::write_bytes(std::string_view bytes) noexcept {
    if (is_line_cut_) {
        is_line_cut_ = false;
        is_line_cut_ = !write_bytes("\n").empty();
        if (is_line_cut_) {
            return bytes;
        }
    }
    const auto all = bytes;
    while (!bytes.empty() && !stopping_) {
        if (!output_.wait(retry)) {
            continue;
        }
        const auto count = output_.write(bytes);
        if (!count) {
            break;
        }
        bytes.remove_prefix(*count);
    }
    if (!bytes.empty() && bytes.size() < all.size()) {
        is_line_cut_ = all[all.size() - bytes.size() - 1] != '\n';
    }
    return bytes;
}

void log_queue::report_dropped() noexcept {
    const auto count = dropped() - reported_;
    if (count == 0) {
        return;
    }
    try {
        if (write_bytes(notice_(count) + '\n').empty()) {
            reported_ += count;
        }
    } catch (...) {
        return; // no memory for the notice: it comes after one of the next lines
    }
}

} // namespace eddy::log
