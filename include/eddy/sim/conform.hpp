// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/session.hpp>
#include <eddy/server/handler.hpp>
#include <eddy/sim/conversation.hpp>

#include <cstddef>
#include <cstdint>

namespace eddy::sim {

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
/// | as it stands; cut at every byte; one byte at a time; all messages at once; a hostile network | the same answers |
/// | end of stream after every byte | ends; what it said is a beginning of the right answers |
/// | a reset, an end of stream, a peer that vanishes, after every event | ends |
/// | a drain after every event, the client silent from then on | ends before the drain has to force it |
/// | a stop after every event, so at every await | ends at once |
/// | a client that never reads, or sends without end | holds no more than `options.memory` |
/// | each message that must be refused | ends the session |
///
/// In all of them: it throws nothing, does not run in circles, and leaves no task, socket or buffer
/// behind.
///
/// @param tested   Takes sessions. All the runs use it, so what its sessions share must not go from
///                 one conversation into the next.
/// @param talk     What is said, and what must be refused.
/// @param options  The bounds.
///
/// @par Errors
/// Throws `failure` that names the rule, the variation, and the handler's await, with the trace of
/// that run.
///
/// @par Example
/// @snippet examples/05_chat/chat_test.cpp conform
EDDY_EXPORT conform_report
conform(const handler& tested, const conversation& talk, const conform_options& options = {});

} // namespace eddy::sim
