// SPDX-License-Identifier: BSL-1.0
#include "chat.hpp"

chat_room::seat::seat(chat_room& room, eddy::session& peer) : room_(room), peer_(peer) {
    room_.seated_.push_back(&peer_);
}

chat_room::seat::~seat() {
    std::erase(room_.seated_, &peer_);
}

/// [visit]
eddy::task<> chat_room::visit(eddy::session& peer) {
    const std::string name = co_await ask_name(peer);
    if (name.empty()) {
        co_return;
    }
    // No await between these two: what is said from now on finds the newcomer seated.
    peer.try_write(latest());
    const seat taken(*this, peer);
    co_await talk(peer, name);
}
/// [visit]

/// [say]
eddy::task<> chat_room::talk(eddy::session& peer, std::string name) {
    say("* " + name + " is here\n");
    while (const auto line = co_await peer.read_line(longest_line)) {
        say(name + ": " + std::string(*line) + "\n");
    }
}

void chat_room::say(const std::string& line) {
    latest_.push_back(line);
    if (latest_.size() > lines_kept) {
        latest_.pop_front();
    }
    for (eddy::session* each : seated_) {
        if (!each->try_write(line)) {
            each->abort(); // who does not read is not waited for
        }
    }
}
/// [say]

eddy::task<std::string> chat_room::ask_name(eddy::session& peer) {
    const auto line = co_await peer.read_line(longest_name);
    co_return line ? std::string(*line) : std::string();
}

std::string chat_room::latest() const {
    std::string all;
    for (const std::string& line : latest_) {
        all += line;
    }
    return all;
}
