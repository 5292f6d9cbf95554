// SPDX-License-Identifier: BSL-1.0
#pragma once

// Services that speak in messages: sessions read and written by a codec.
#include <eddy/messages/caller.hpp>
#include <eddy/messages/framed.hpp>
#include <eddy/messages/serve_messages.hpp>
#include <eddy/wire.hpp>
