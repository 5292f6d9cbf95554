// SPDX-License-Identifier: BSL-1.0
#pragma once

// Everything that a server with its own handlers needs.
#include <eddy/core/deadline.hpp>
#include <eddy/core/task.hpp>
#include <eddy/net/session.hpp>
#include <eddy/server/server.hpp>
