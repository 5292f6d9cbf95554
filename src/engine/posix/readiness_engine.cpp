// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/readiness_engine.hpp"

#include <eddy/core/loop.hpp>
#include <eddy/net/connect_op.hpp>

#include "engine/posix/resolver.hpp"
#include "engine/posix/service_lookup.hpp"
#include "platform/worker_pool.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace eddy::detail {
namespace {

/// Work on its way to another thread and back.
class offloaded final : public platform::pool_job {
public:
    offloaded(
        std::unique_ptr<offload_job> job, std::shared_ptr<readiness_engine::anchor> home
    ) noexcept
        : job_(std::move(job)), home_(std::move(home)) {}

    void run() noexcept override {
        job_->work();
        const std::lock_guard guard(home_->mutex);
        if (home_->owner) {
            home_->owner->post([job = std::move(job_)] { job->finish(); });
        }
    }

private:
    std::unique_ptr<offload_job> job_;
    std::shared_ptr<readiness_engine::anchor> home_;
};

class resolve_job final : public offload_job {
public:
    explicit resolve_job(resolve_op& waiting)
        : op(&waiting), asks_(waiting.asks), host_(waiting.host), port_(waiting.port),
          name_server_(waiting.name_server) {}

    void work() noexcept override {
        try {
            error_ = ask();
        } catch (const std::bad_alloc&) {
            error_ = make_error_code(std::errc::not_enough_memory);
        }
    }

    void finish() noexcept override {
        if (op) {
            op->state = nullptr;
            op->error = error_;
            op->addresses = std::move(addresses_);
            op->services = std::move(services_);
            op->complete(*op);
        }
    }

    resolve_op* op; // null once nobody waits

private:
    error_code ask() {
        if (asks_ == resolve_op::question::services) {
            auto found = posix::look_up_services(host_, name_server_);
            services_ = found ? std::move(*found) : services_;
            return found.error();
        }
        auto found = posix::resolve(host_, port_);
        addresses_ = found ? std::move(*found) : addresses_;
        return found.error();
    }

    resolve_op::question asks_;
    std::string host_;
    std::uint16_t port_;
    address name_server_;
    error_code error_;
    std::vector<address> addresses_;
    std::vector<service_record> services_;
};

} // namespace

void readiness_engine::attach(loop& owner) {
    anchor_->owner = &owner;
}

void readiness_engine::detach() noexcept {
    signals_.reset();
    const std::lock_guard guard(anchor_->mutex); // waits for a thread that is about to post
    anchor_->owner = nullptr;
}

time_point readiness_engine::now() const noexcept {
    const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
    return time_point(std::chrono::duration_cast<duration>(since_start));
}

void readiness_engine::start_offload(std::unique_ptr<offload_job> job) {
    platform::run_on_pool(std::make_unique<offloaded>(std::move(job), anchor_));
}

bool readiness_engine::start_resolve(resolve_op& op) {
    auto job = std::make_unique<resolve_job>(op);
    op.state = job.get();
    start_offload(std::move(job));
    return false;
}

void readiness_engine::cancel_resolve(resolve_op& op) noexcept {
    if (auto* pending = static_cast<resolve_job*>(std::exchange(op.state, nullptr))) {
        pending->op = nullptr;
    }
}

result<std::vector<address>>
readiness_engine::resolve_now(const std::string& host, std::uint16_t port) {
    return posix::resolve(host, port);
}

void readiness_engine::watch_signals(signal_sink* sink) {
    signals_.reset();
    if (!sink) {
        return;
    }
    platform::signal_pipe pipe;
    platform::unique_fd end = pipe.take_read_end();
    auto watched = watch(std::move(end), watched_fd::kind::plain);
    if (!watched) {
        throw error(watched.error(), "engine: cannot watch for signals");
    }
    signals_.emplace(std::move(pipe), std::move(*watched), *sink);
}

} // namespace eddy::detail
