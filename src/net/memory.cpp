// SPDX-License-Identifier: BSL-1.0
#include "net/memory.hpp"

#include <eddy/core/loop.hpp>

#include "net/memory_pipe.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace eddy {
namespace detail {
namespace {

/// What the acceptor of a name and those who connect to it share.
class memory_backlog : public std::enable_shared_from_this<memory_backlog> {
public:
    explicit memory_backlog(std::size_t limit) noexcept : limit_(limit) {}

    /// Leaves a connection for the acceptor. False when there is no room, or no acceptor any more.
    bool offer(std::unique_ptr<stream>& connection) {
        const std::lock_guard guard(mutex_);
        if (is_closed_ || waiting_.size() >= limit_) {
            return false;
        }
        waiting_.push_back(std::move(connection));
        // Under the mutex: whoever waits has not closed, so its loop is alive.
        if (accepting_ && !has_wake_) {
            has_wake_ = true;
            home_->post([self = shared_from_this()] { self->finish_accept(); });
        }
        return true;
    }

    bool start_accept(accept_op& op) {
        const std::lock_guard guard(mutex_);
        if (take(op)) {
            return true;
        }
        home_ = &loop::current();
        accepting_ = &op;
        return false;
    }

    void cancel_accept() noexcept {
        const std::lock_guard guard(mutex_);
        accepting_ = nullptr;
    }

    void close() noexcept {
        std::deque<std::unique_ptr<stream>> dropped; // destroyed without the mutex
        const std::lock_guard guard(mutex_);
        is_closed_ = true;
        accepting_ = nullptr;
        dropped.swap(waiting_);
        for (const auto& connection : dropped) {
            connection->abort();
        }
    }

private:
    bool take(accept_op& op) {
        if (waiting_.empty()) {
            return false;
        }
        op.error = {};
        op.accepted = std::move(waiting_.front());
        waiting_.pop_front();
        return true;
    }

    void finish_accept() {
        std::unique_lock guard(mutex_);
        has_wake_ = false;
        if (accepting_ && take(*accepting_)) {
            accept_op& op = *std::exchange(accepting_, nullptr);
            guard.unlock();
            op.complete(op);
        }
    }

    std::mutex mutex_;
    std::size_t limit_;
    std::deque<std::unique_ptr<stream>> waiting_;
    accept_op* accepting_ = nullptr;
    loop* home_ = nullptr;
    bool has_wake_ = false;
    bool is_closed_ = false;
};

/// Who listens in this process.
class memory_names {
public:
    static memory_names& instance() {
        // Never destroyed: a server that is a global object may outlive any other static one.
        static auto* const names = new memory_names;
        return *names;
    }

    bool add(const std::string& name, const std::shared_ptr<memory_backlog>& listener) {
        const std::lock_guard guard(mutex_);
        return listeners_.try_emplace(name, listener).second;
    }

    void remove(const std::string& name) noexcept {
        const std::lock_guard guard(mutex_);
        listeners_.erase(name);
    }

    std::shared_ptr<memory_backlog> find(const std::string& name) {
        const std::lock_guard guard(mutex_);
        const auto found = listeners_.find(name);
        return found == listeners_.end() ? nullptr : found->second;
    }

private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<memory_backlog>> listeners_;
};

class memory_acceptor final : public acceptor {
public:
    memory_acceptor(std::string name, std::shared_ptr<memory_backlog> backlog) noexcept
        : name_(std::move(name)), backlog_(std::move(backlog)) {}

    ~memory_acceptor() override {
        memory_names::instance().remove(name_);
        backlog_->close();
    }

    bool start_accept(accept_op& op) override { return backlog_->start_accept(op); }

    void cancel_accept() noexcept override { backlog_->cancel_accept(); }

    [[nodiscard]] endpoint local() const override { return "mem:" + name_; }

private:
    std::string name_;
    std::shared_ptr<memory_backlog> backlog_;
};

} // namespace
} // namespace detail

result<std::unique_ptr<acceptor>> listen_memory(const std::string& name, std::size_t backlog) {
    auto shared = std::make_shared<detail::memory_backlog>(backlog);
    if (!detail::memory_names::instance().add(name, shared)) {
        return make_error_code(std::errc::address_in_use);
    }
    return std::unique_ptr<acceptor>(
        std::make_unique<detail::memory_acceptor>(name, std::move(shared))
    );
}

result<std::unique_ptr<stream>> connect_memory(const std::string& name) {
    auto [here, there] = detail::memory_pipe::make();
    const auto listener = detail::memory_names::instance().find(name);
    if (!listener || !listener->offer(there)) {
        return make_error_code(std::errc::connection_refused);
    }
    return std::move(here);
}

} // namespace eddy
