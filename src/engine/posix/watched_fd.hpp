// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <utility>

namespace eddy {

class loop;

namespace detail {

/// Told once that a descriptor may have become ready.
class readiness_sink {
public:
    virtual void on_ready() noexcept = 0;

protected:
    ~readiness_sink() = default;
};

/// A descriptor that an engine watches, with at most one waiting sink for each direction.
///
/// Shared between the stream that uses it and what the engine still has under way: `forget` and
/// `close` take effect at once, whatever is on its way from the system.
class watched_fd : public boost::intrusive_ref_counter<watched_fd, boost::thread_unsafe_counter> {
public:
    enum direction : unsigned { readable, writable };

    /// What the descriptor is.
    enum class kind {
        socket,           ///< In non-blocking mode, and nobody else has it open.
        inherited_socket, ///< In non-blocking mode, with other users.
        plain,            ///< A pipe, terminal or file, in the mode that its other users want.
    };

    watched_fd(const watched_fd&) = delete;
    watched_fd& operator=(const watched_fd&) = delete;
    virtual ~watched_fd() = default;

    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] loop& owner() const noexcept { return *owner_; }

    /// True when the descriptor may have become readable while nobody waited: the caller must try
    /// to read before it waits.
    [[nodiscard]] bool take_readable() noexcept {
        return std::exchange(is_readable_, false) || may_end_;
    }

    /// Calls `sink.on_ready()` when the descriptor is ready, or broken; not from inside this call.
    /// Takes the place of an earlier sink.
    virtual void wait(direction side, readiness_sink& sink) = 0;
    virtual void forget(direction side) noexcept = 0;
    virtual void close() noexcept = 0;

protected:
    watched_fd(int fd, loop& owner) noexcept : owner_(&owner), fd_(fd) {}

    // For those who report what nobody waits for.
    bool is_readable_ = false; ///< Since the last read, and nobody waited.
    bool may_end_ =
        false; ///< End, error or urgent data: a short read does not mean empty any more.

private:
    loop* owner_;
    int fd_;
};

using watched_fd_ptr = boost::intrusive_ptr<watched_fd>;

} // namespace detail
} // namespace eddy
