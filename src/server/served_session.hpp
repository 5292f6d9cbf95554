// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/promise.hpp>
#include <eddy/core/task.hpp>
#include <eddy/net/session.hpp>

#include "server/listener.hpp"
#include "server/live_session.hpp"
#include "server/work_token.hpp"

#include <exception>
#include <memory>
#include <optional>

namespace eddy::detail {

class shard;

/// A session of a server from its acceptance to its end: runs the handler, then the close. The root
/// of both coroutines, one after the other, so that an idle session holds the handler's frame and
/// no other.
///
/// Destroys itself when it is done; `shard::force` destroys what is not.
class served_session final : public task_context {
public:
    served_session(shard& here, listener& from, work_token token, load_guard place) noexcept;
    ~served_session() = default;

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        free_frame(memory, size);
    }

    /// Runs the handler up to its first wait. May be the end of this object.
    void begin(std::unique_ptr<stream> accepted) noexcept;

    void finished() noexcept override;

private:
    [[nodiscard]] bool open(std::unique_ptr<stream> accepted) noexcept;
    void serve() noexcept;
    task<> serve_client();
    void run(task<> next) noexcept;
    void close(const std::exception_ptr& thrown) noexcept;
    void end() noexcept;

    shard* shard_;
    listener* from_;
    work_token token_;
    load_guard place_;
    live_count counted_;
    std::optional<session> peer_;
    std::optional<live_session> entry_;
    task<> running_;
    bool is_closing_ = false;
};

} // namespace eddy::detail
