// SPDX-License-Identifier: BSL-1.0
#include "platform/signal_pipe.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <mutex>
#include <system_error>
#include <thread>

namespace eddy::platform {
namespace {

constexpr std::array heard{SIGINT, SIGTERM, SIGQUIT};
constexpr int nobody = -1;

// What the handler reads. Atomics without locks are all that it may touch.
struct receiver {
    std::atomic<int> fd{nobody};
};
std::array<receiver, 16> receivers;
std::atomic<int> handlers_running{0}; // on other threads they may still hold a number of the table
static_assert(std::atomic<int>::is_always_lock_free);

std::mutex installing;
std::size_t installed = 0;
std::array<struct sigaction, heard.size()> before;

extern "C" void eddy_on_signal(int number) {
    const int saved = errno;
    handlers_running.fetch_add(1);
    const auto byte = static_cast<unsigned char>(number);
    for (const receiver& each : receivers) {
        if (const int fd = each.fd.load(); fd != nobody) {
            // A full pipe has told already.
            [[maybe_unused]] const auto written = ::write(fd, &byte, 1);
        }
    }
    handlers_running.fetch_sub(1);
    errno = saved;
}

void install() noexcept {
    if (installed++ != 0) {
        return;
    }
    struct sigaction action{};
    action.sa_handler = eddy_on_signal;
    action.sa_flags = SA_RESTART;
    ::sigfillset(&action.sa_mask);
    for (std::size_t i = 0; i < heard.size(); ++i) {
        ::sigaction(heard[i], &action, &before[i]);
    }
}

void uninstall() noexcept {
    if (--installed != 0) {
        return;
    }
    for (std::size_t i = 0; i < heard.size(); ++i) {
        ::sigaction(heard[i], &before[i], nullptr);
    }
}

} // namespace

signal_pipe::signal_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "eddy: no pipe for signals");
    }
    read_end_ = unique_fd(ends[0]);
    write_end_ = unique_fd(ends[1]);
    const std::lock_guard guard(installing);
    for (receiver& each : receivers) {
        int expected = nobody;
        if (each.fd.compare_exchange_strong(expected, ends[1])) {
            install();
            return;
        }
    }
    throw std::system_error(EMFILE, std::generic_category(), "eddy: too many listen for signals");
}

signal_pipe::~signal_pipe() {
    if (!write_end_) {
        return;
    }
    const std::lock_guard guard(installing);
    uninstall();
    for (receiver& each : receivers) {
        int expected = write_end_.get();
        each.fd.compare_exchange_strong(expected, nobody);
    }
    while (handlers_running.load() != 0) {
        std::this_thread::yield(); // before the number that they may write to is somebody else's
    }
}

} // namespace eddy::platform
