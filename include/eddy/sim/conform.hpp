// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/session.hpp>
#include <eddy/server/handler.hpp>
#include <eddy/sim/conversation.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace eddy::sim {

class world;

/// The bounds within which a handler has to keep the rules.
struct conform_options {
    /// Virtual time that the handler may take to answer, and to end once it has to.
    duration patience = std::chrono::minutes(1);
    /// Bytes that a session may hold for a peer that sends without end or never reads, its own
    /// limits included.
    std::size_t memory = std::size_t{512} * 1024;
    /// Runs on the hostile profile, with the seeds from 1 on.
    std::uint64_t seeds = 20;
    /// Of the handler's session.
    session_limits limits = {};
    /// Called in each world before the client comes: adds what the handler needs, and who else is
    /// there. The server that a proxy connects to, for instance, or other guests of a chat: the
    /// handler is served at `tcp://service:1`. May hold a task to `expect` something; what it
    /// throws is reported.
    std::function<void(world&)> surroundings = {};
    /// Real time that the handler may run on without coming to wait. Zero: no limit, for a
    /// debugger.
    duration longest_turn = std::chrono::seconds(10);
};

/// What `conform` has run.
struct conform_report {
    std::uint64_t runs = 0; ///< Simulated conversations.
};

/// Holds a handler to the rules that every handler has to keep, whatever its protocol.
///
/// Runs the conversation again and again in fresh worlds, each time against another network or
/// another turn of fate:
///
/// | variation | rule |
/// |---|---|
/// | as it stands | *wrong answers* |
/// | cut at every byte; one byte at a time | the same answers, or it *forgets a partial frame* |
/// | all messages at once | the same, or it *forgets a frame that came with another* |
/// | a slow reader; a hostile network | the same answers |
/// | end of stream after every byte | a beginning of them, or it *answers a truncated frame* |
/// | a reset, an end of stream, a client that vanishes, after every event | ends, or it *ignores the
/// end* |
/// | a drain after every event, the client silent from then on | ends by itself, or it *ignores the
/// drain* |
/// | a stop after every event, so at every await | ends, or it *ignores the stop* |
/// | a client that sends on and on, and reads or not; one message without end | no more than `options.memory`, or it *holds
/// too much* |
/// | each message that must be refused | ends, or it *takes what it must refuse* |
///
/// In all of them, a handler is named that *throws*, *writes after close*, is a *busy loop*,
/// *blocks the loop* (runs on or sleeps without an await), *leaks a task*, *a socket* or *a
/// buffer*.
///
/// The handler runs on a thread of its own, one that the caller waits for. One that blocks is left
/// behind there, with copies of the handler and the conversation; what else it refers to must stay.
///
/// @param tested   Takes sessions. All the runs use it, so what its sessions share must not go from
///                 one conversation into the next.
/// @param talk     What is said, and what must be refused.
/// @param options  The bounds.
///
/// @par Errors
/// Throws `failure` that names the rule, the variation with its seed, the step (events since the
/// handler began) and the handler's await, with the trace of that run.
///
/// @par Example
/// @snippet examples/05_chat/chat_test.cpp conform
EDDY_EXPORT conform_report
conform(const handler& tested, const conversation& talk, const conform_options& options = {});

} // namespace eddy::sim
