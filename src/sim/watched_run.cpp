// SPDX-License-Identifier: BSL-1.0
#include "sim/watched_run.hpp"

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace eddy::sim::detail {
namespace {

struct shared_end {
    std::mutex mutex;
    std::condition_variable changed;
    bool has_ended = false; // guarded by mutex, as is the next
    std::exception_ptr failure;
};

} // namespace

bool run_watched(std::function<void()> work, const pulse& beats, duration limit) {
    if (limit == duration::zero()) {
        work();
        return true;
    }
    const auto end = std::make_shared<shared_end>();
    std::thread runner([end, work = std::move(work)]() mutable {
        std::exception_ptr failure;
        try {
            work();
        } catch (...) {
            failure = std::current_exception();
        }
        work = nullptr; // before the other side goes on: it may look for leaks
        const std::lock_guard guard(end->mutex);
        end->failure = std::move(failure);
        end->has_ended = true;
        end->changed.notify_one();
    });
    std::unique_lock guard(end->mutex);
    std::uint64_t before = 0;
    do {
        before = beats->load();
        end->changed.wait_for(guard, limit, [&] { return end->has_ended; });
    } while (!end->has_ended && beats->load() != before);
    if (!end->has_ended) {
        runner.detach();
        return false;
    }
    guard.unlock();
    runner.join();
    if (end->failure) {
        std::rethrow_exception(end->failure);
    }
    return true;
}

} // namespace eddy::sim::detail
