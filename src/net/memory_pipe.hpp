// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/stream.hpp>

#include "net/byte_ring.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <utility>

namespace eddy::detail {

/// Two connected streams in this process, each on a loop of its own or both on one.
///
/// How it ends, seen from the side that is left:
///
/// | the other side | read | write |
/// |---|---|---|
/// | called `shutdown_send` | what is in the pipe, then `end_of_stream` | goes on |
/// | closed, having read everything | what is in the pipe, then `end_of_stream` | `reset` |
/// | closed with bytes unread, or after `abort` | `reset`; what was in the pipe is lost | `reset` |
class memory_pipe : public std::enable_shared_from_this<memory_pipe> {
public:
    /// Bytes in flight in each direction.
    static constexpr std::size_t capacity = std::size_t{64} * 1024;

    enum class end : unsigned char { a, b };

    static std::pair<std::unique_ptr<stream>, std::unique_ptr<stream>> make();

    // What the stream of each end calls, on its loop.

    void attach(end self, loop& owner);
    bool start_read(end self, read_op& op);
    bool start_write(end self, write_op& op);
    void cancel_read(end self) noexcept;
    void cancel_write(end self) noexcept;
    void shutdown_send(end self) noexcept;
    void abort(end self) noexcept;
    void close(end self) noexcept;

private:
    struct side {
        byte_ring incoming{capacity};
        loop* home =
            nullptr; // the loop to complete operations on; none before attach and after close
        read_op* reader = nullptr;
        write_op* writer = nullptr;
        bool has_read_wake = false; // a message to `home` is on its way
        bool has_write_wake = false;
        bool is_sealed = false; // sends no more
        bool is_closed = false;
        bool is_aborted = false; // resets when it is closed
    };

    [[nodiscard]] static end other(end self) noexcept { return self == end::a ? end::b : end::a; }

    [[nodiscard]] side& at(end which) noexcept { return sides_[static_cast<std::size_t>(which)]; }

    // With the mutex held.
    bool try_read(end self, read_op& op);
    [[nodiscard]] bool is_broken_for(end sender) noexcept;
    void wake_reader(end which);
    void wake_writer(end which);

    // Messages on the loop of that end. They name no operation: that may be gone when they arrive.
    void finish_read(end which);
    void finish_write(end which);

    std::mutex mutex_;
    std::array<side, 2> sides_;
    bool is_reset_ = false;
};

} // namespace eddy::detail
