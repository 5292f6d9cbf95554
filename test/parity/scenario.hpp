// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "parity/actor.hpp"
#include "support/catch.hpp"

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace parity {

using script = std::function<eddy::task<>(actor&)>;

// The scenes that most scenarios take place in.
inline constexpr std::initializer_list<scene> streams{
    scene::tcp, scene::tcp6, scene::unix_path, scene::mem
};
inline constexpr std::initializer_list<scene> sockets{scene::tcp, scene::tcp6, scene::unix_path};
inline constexpr std::initializer_list<scene> udp{scene::udp, scene::udp6};

/// Runs a scenario on one stage and gives what both sides tell.
[[nodiscard]] std::string tell(stage& where, const script& server, const script& client);

/// Runs a scenario over each of `scenes` on every stage. Fails the test when the transcripts of one
/// scene are not all equal, or when they lack the line `moral`, for which the scenario is there.
void play(
    std::initializer_list<scene> scenes,
    std::string_view moral,
    const script& server,
    const script& client
);

} // namespace parity
