// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>

#include <system_error>
#include <utility>

namespace eddy {

/// A task in a scope: the root of a chain of coroutines.
class child_task final : public detail::list_node, public detail::task_context {
public:
    child_task(scope& parent, task<> work) : parent_(&parent), work_(std::move(work)) {
        owner = &loop::current();
        account = owner->activity().save().owner;
        root = &work_.handle().promise();
        root->context = this;
    }

    static void* operator new(std::size_t size) { return detail::allocate_frame(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        detail::free_frame(memory, size);
    }

    void begin() { work_.handle().resume(); }

    void finished() noexcept override {
        unlink();
        parent_->ended(std::exchange(root->failure, nullptr));
        // Last: a parameter of the coroutine may own what owns the scope.
        delete this;
    }

private:
    scope* parent_;
    task<> work_;
};

namespace {

/// A task that was stopped and says so has done what it was told.
bool is_cancellation(const std::exception_ptr& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (const cancelled&) {
        return true;
    } catch (const std::system_error& error) {
        return error.code() == errc::cancelled; // thrown by result::value()
    } catch (...) {
        return false;
    }
}

} // namespace

scope::~scope() {
    destroy_all();
}

void scope::spawn(task<> child) {
    auto* spawned = new child_task(*this, std::move(child));
    children_.push_back(*spawned);
    ++size_;
    if (stopped_) {
        spawned->request_stop();
    }
    auto& activity = spawned->owner->activity();
    const auto before = activity.save();
    spawned->begin();
    activity.restore(before);
}

void scope::request_stop() noexcept {
    stopped_ = true;
    for (auto* node = children_.front(); node; node = children_.next(*node)) {
        static_cast<child_task&>(*node).request_stop();
    }
}

void scope::destroy_all() noexcept {
    // Newest first, as objects of a block: a task may refer to what the task that spawned it owns.
    while (auto* node = children_.pop_back()) {
        --size_;
        delete static_cast<child_task*>(node);
    }
    wake_joiners();
}

void scope::ended(std::exception_ptr failure) noexcept {
    if (failure && !is_cancellation(failure)) {
        if (!failure_) {
            failure_ = std::move(failure);
        }
        request_stop();
    }
    if (--size_ == 0) {
        wake_joiners();
    }
}

void scope::wake_joiners() noexcept {
    while (auto* joiner = joiners_.pop_front()) {
        static_cast<join_awaiter&>(*joiner).wake();
    }
}

bool scope::join_awaiter::start() {
    scope_->joiners_.push_back(*this);
    return true;
}

void scope::join_awaiter::await_resume() const {
    if (scope_->failure_) {
        std::rethrow_exception(std::exchange(scope_->failure_, nullptr));
    }
}

} // namespace eddy
