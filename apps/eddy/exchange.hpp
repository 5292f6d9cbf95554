// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/task.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/net/session.hpp>

#include <string>
#include <vector>

namespace client {

/// Opens a session. Throws `failure`.
[[nodiscard]] eddy::task<eddy::session> open_session(eddy::endpoint where, eddy::duration timeout);

/// A datagram socket of the address's family, on a port that the system chooses. Throws `failure`.
[[nodiscard]] eddy::datagrams open_datagrams(const eddy::address& peer);

/// The addresses of a datagram endpoint. Throws `failure`.
[[nodiscard]] eddy::task<std::vector<eddy::address>>
find_addresses(eddy::endpoint where, eddy::duration timeout);

/// Sends one datagram and gives the one that answers it. Throws `failure`.
///
/// The addresses of a name are tried in turn, each for its share of the timeout: a datagram is not
/// told when nobody listens.
[[nodiscard]] eddy::task<std::string>
ask(eddy::endpoint where, std::string message, eddy::duration timeout);

} // namespace client
