// SPDX-License-Identifier: BSL-1.0
#include "platform/worker_pool.hpp"

#include "platform/block_signals.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace eddy::platform {
namespace {

/// Enough that one dead name server does not hold up all other look-ups.
constexpr unsigned threads_max = 8;

class worker_pool {
public:
    void add(std::unique_ptr<pool_job> job) {
        const std::lock_guard guard(mutex_);
        jobs_.push_back(std::move(job));
        if (jobs_.size() > idle_ && threads_ != threads_max) {
            start_thread();
        }
        wanted_.notify_one();
    }

private:
    void start_thread() {
        const block_signals for_the_thread; // those of the process belong to the loops
        try {
            std::thread([this] { work(); }).detach();
            ++threads_;
        } catch (const std::system_error&) {
            if (threads_ == 0) {
                jobs_.pop_back();
                throw;
            }
            // otherwise the threads that exist will come to it
        }
    }

    void work() {
        std::unique_lock guard(mutex_);
        for (;;) {
            ++idle_;
            wanted_.wait(guard, [this] { return !jobs_.empty(); });
            --idle_;
            auto job = std::move(jobs_.front());
            jobs_.pop_front();
            guard.unlock();
            job->run();
            job.reset();
            guard.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable wanted_;
    std::deque<std::unique_ptr<pool_job>> jobs_;
    unsigned threads_ = 0;
    std::size_t idle_ = 0;
};

} // namespace

void run_on_pool(std::unique_ptr<pool_job> job) {
    // Never destroyed: its threads live until the process ends.
    static auto& pool = *new worker_pool;
    pool.add(std::move(job));
}

} // namespace eddy::platform
