// SPDX-License-Identifier: BSL-1.0
#pragma once

// Bytes to messages and back, without any I/O.
#include <eddy/wire/chunked.hpp>
#include <eddy/wire/codec.hpp>
#include <eddy/wire/delimited.hpp>
#include <eddy/wire/fixed_size.hpp>
#include <eddy/wire/length_prefixed.hpp>
#include <eddy/wire/line.hpp>
#include <eddy/wire/netstring.hpp>
