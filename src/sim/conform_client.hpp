// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/scope.hpp>
#include <eddy/net/session.hpp>
#include <eddy/sim/conversation.hpp>
#include <eddy/sim/host.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace eddy::sim::detail {

/// How the client of a conversation behaves.
struct client_manner {
    /// Positions in what it sends at which it pauses until everything before has arrived. Sorted.
    std::vector<std::size_t> pauses;
    /// Does not wait for answers before it sends on.
    bool hurries = false;
    /// Lets so much time pass before each read.
    duration reads_after = duration::zero();
    /// Sends end of stream after so many bytes instead of the rest.
    std::optional<std::size_t> ends_after;
    /// Sent after the conversation.
    std::string afterwards;
    /// Whether it sends end of stream after all that, or waits for the service to end the session.
    bool ends = true;
    /// After the conversation sends this many bytes more: its messages again and again, or one
    /// without end.
    std::size_t flood = 0;
    bool floods_with_messages = false;
    /// Reads while it does so.
    bool reads_in_flood = true;
};

/// Plays the client's part of a conversation and takes down what it hears.
class conform_client {
public:
    conform_client(host& home, const conversation& talk, client_manner manner, duration patience);

    /// Begins. The service is at `where`.
    void start(endpoint where);

    [[nodiscard]] const std::string& heard() const noexcept { return heard_; }
    /// Why the conversation did not come to its end; empty when it did.
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
    [[nodiscard]] bool is_done() const noexcept { return done_; }

    // Turns of fate, between events.
    void reset();
    void end();
    void fall_silent() noexcept { silent_ = true; }

private:
    task<> play(endpoint where);
    task<bool> say(std::string_view bytes);
    task<bool> hear(std::size_t total);
    task<> listen_to_the_end();
    task<> overwhelm();

    host* home_;
    const conversation* talk_;
    client_manner manner_;
    duration patience_;
    session* session_ = nullptr; // in the frame of `play`
    std::size_t said_ = 0;
    std::string heard_;
    std::string trouble_;
    bool silent_ = false;
    bool done_ = false;
};

} // namespace eddy::sim::detail
