// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "platform/log_output.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace eddy::log {

/// Lines on their way to a descriptor. Any thread adds; one thread, started by the first line,
/// writes.
///
/// An output that takes nothing, or fails, costs lines and never time: a line that does not fit is
/// counted, and when the output works again one line tells how many are missing.
class log_queue {
public:
    /// Bytes that wait; the writer has at most as many in hand.
    static constexpr std::size_t capacity = 1'048'576; // 1 MiB

    /// Makes the line that reports `count` missing ones.
    using make_notice = std::string (*)(std::uint64_t count);

    log_queue(int descriptor, make_notice notice) noexcept : output_(descriptor), notice_(notice) {}

    log_queue(const log_queue&) = delete;
    log_queue& operator=(const log_queue&) = delete;

    /// Drops what waits. Takes as long as one more attempt at a full output: `retry`.
    ~log_queue();

    /// Adds a line, which must not contain a newline, or drops it.
    void push(std::string_view line) noexcept;

    /// Waits until the lines so far are written or dropped; false when the time is over.
    bool flush(std::chrono::milliseconds limit) noexcept;

    void count_dropped(std::uint64_t lines) noexcept { dropped_ += lines; }

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

private:
    /// A full output is asked again this often: somebody may have put another in its place by dup2.
    static constexpr std::chrono::milliseconds retry{1000};

    void start_writer();
    void run() noexcept;
    void write_lines(std::string_view lines) noexcept;
    [[nodiscard]] std::string_view write_bytes(std::string_view bytes) noexcept;
    void report_dropped() noexcept;

    platform::log_output output_;
    make_notice notice_;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<bool> stopping_ = false;

    std::mutex mutex_; // guards what follows
    std::condition_variable added_;
    std::condition_variable written_;
    std::string waiting_;
    std::uint64_t lines_added_ = 0;
    std::uint64_t lines_done_ = 0;
    std::thread writer_;

    // The writer's own.
    std::string in_hand_;
    std::uint64_t reported_ = 0;
    bool is_line_cut_ = false; // the output failed in the middle of a line
};

} // namespace eddy::log
