// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "chat.hpp"

/// The same room with a mistake, for docs/guide/test_your_service.md: the simulator finds it.
class chat_room_with_race : public chat_room {
public:
    /// [race]
    eddy::task<> visit(eddy::session& peer) {
        const std::string name = co_await ask_name(peer);
        if (name.empty()) {
            co_return;
        }
        co_await peer.write(latest()); // lets the others run while the peer is slow
        const seat taken(*this, peer); // what they said meanwhile, nobody tells the newcomer
        co_await talk(peer, name);
    }
    /// [race]
};
