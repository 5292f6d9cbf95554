// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/offload.hpp>

#include <memory>

namespace eddy::detail {
namespace {

class call_job final : public offload_job {
public:
    explicit call_job(std::shared_ptr<offload_call> call) noexcept : call_(std::move(call)) {}

    void work() noexcept override {
        if (!call_->is_wanted.load(std::memory_order_relaxed)) {
            return;
        }
        try {
            call_->run();
        } catch (...) {
            call_->failure = std::current_exception();
        }
    }

    void finish() noexcept override {
        if (call_->waiting) {
            call_->waiting->wake();
        }
    }

private:
    std::shared_ptr<offload_call> call_;
};

} // namespace

offload_call::~offload_call() = default;

bool offload_waiter::start() {
    if (!is_stopping()) {
        owner().driver().start_offload(std::make_unique<call_job>(call_));
        call_->waiting = this;
    }
    return true;
}

void offload_waiter::on_stop() noexcept {
    abandon();
    is_cancelled_ = true;
    wake();
}

void offload_waiter::abandon() noexcept {
    call_->waiting = nullptr;
    call_->is_wanted.store(false, std::memory_order_relaxed);
}

void offload_waiter::check() const {
    if (is_cancelled_) {
        throw cancelled();
    }
    if (call_->failure) {
        std::rethrow_exception(call_->failure);
    }
}

} // namespace eddy::detail
