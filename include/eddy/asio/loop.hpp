// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>

namespace eddy {

/// Makes a loop on an `io_context` that the application runs, on one thread: Eddy's tasks and
/// servers then share it with everything else that the application does there.
///
/// `loop::run` and `loop::stop` are not for such a loop. Destroy it, on the thread that runs
/// `context` or when nobody does, before `context`. Start tasks by `spawn_on` and servers by
/// `server(loop&, server_config)`.
///
/// @par Thread safety
/// On the thread that runs `context`, or before it runs.
///
/// @par Example
/// @snippet examples/04_embed_asio/main.cpp main
EDDY_EXPORT std::unique_ptr<loop> make_loop(boost::asio::io_context& context);

/// The `io_context` of a loop's thread, for Asio objects that are to live on it. On epoll
/// and uring the first call makes it, and from then on the loop waits in Asio: one system call more
/// for each wake-up. Throws `eddy::error` when the loop's engine has none (a simulation).
///
/// @par Thread safety
/// On the loop's thread, or before it runs.
EDDY_EXPORT boost::asio::io_context& context_of(loop& where);

} // namespace eddy
