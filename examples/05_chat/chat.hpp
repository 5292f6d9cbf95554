// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/server.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

/// A room in which everybody hears what anybody says, and a newcomer first hears the latest of it.
/// For the sessions of one loop; it must outlive them.
class chat_room {
public:
    static constexpr std::size_t longest_name = 20;
    static constexpr std::size_t longest_line = 1000;
    static constexpr std::size_t lines_kept = 32;

    /// The handler. The first line is the visitor's name, each later one is said to all.
    eddy::task<> visit(eddy::session& peer);

protected:
    /// A session's place in the room, taken by the constructor and given up by the destructor.
    class seat {
    public:
        seat(chat_room& room, eddy::session& peer);
        seat(const seat&) = delete;
        seat& operator=(const seat&) = delete;
        ~seat();

    private:
        chat_room& room_;
        eddy::session& peer_;
    };

    static eddy::task<std::string> ask_name(eddy::session& peer);
    eddy::task<> talk(eddy::session& peer, std::string name);
    void say(const std::string& line);
    [[nodiscard]] std::string latest() const;

private:
    std::vector<eddy::session*> seated_;
    std::deque<std::string> latest_;
};
