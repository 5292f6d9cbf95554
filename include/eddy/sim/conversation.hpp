// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace eddy::sim {

/// What a client and a service say to each other, in order: a sample of a protocol, for `conform`.
///
/// One `send` for each message of the client, so that it is known where a message begins and ends.
/// After the last step the client sends end of stream.
///
/// @par Example
/// @snippet test/sim/conform_test.cpp conversation
class EDDY_EXPORT conversation {
public:
    /// One message of the one side or the other.
    struct step {
        /// Who speaks: the client sends, or the service has to answer.
        enum class kind { send, expect };
        kind what;         ///< Whose message it is.
        std::string bytes; ///< The whole message.
    };

    /// The client sends a message.
    conversation& send(std::string_view message);
    /// The service answers with exactly these bytes, and nothing else before the next step.
    conversation& expect(std::string_view answer);
    /// The service must end the session when it is sent these bytes after the last step: a message
    /// that is malformed, or announced as too long. Any number of times, each is tried by itself.
    conversation& refuse(std::string_view message);

    /// What was added by `send` and `expect`, in order.
    [[nodiscard]] const std::vector<step>& steps() const noexcept { return steps_; }
    /// What was added by `refuse`.
    [[nodiscard]] const std::vector<std::string>& refused() const noexcept { return refused_; }
    /// All that the client sends.
    [[nodiscard]] const std::string& sent() const noexcept { return sent_; }
    /// All that it hears.
    [[nodiscard]] const std::string& expected() const noexcept { return expected_; }

private:
    std::vector<step> steps_;
    std::vector<std::string> refused_;
    std::string sent_;
    std::string expected_;
};

} // namespace eddy::sim
