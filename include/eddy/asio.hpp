// SPDX-License-Identifier: BSL-1.0
#pragma once

// The one door to Asio; its parts are in eddy/asio. Link `eddy::asio`, which sets the macros that
// Eddy's own Asio is compiled with.
#include <eddy/asio/as_awaitable.hpp>
#include <eddy/asio/asio_stream.hpp>
#include <eddy/asio/loop.hpp>
#include <eddy/asio/use_task.hpp>
