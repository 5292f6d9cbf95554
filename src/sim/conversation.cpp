// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/conversation.hpp>

namespace eddy::sim {

conversation& conversation::send(std::string_view message) {
    steps_.push_back({step::kind::send, std::string(message)});
    sent_ += message;
    return *this;
}

conversation& conversation::expect(std::string_view answer) {
    steps_.push_back({step::kind::expect, std::string(answer)});
    expected_ += answer;
    return *this;
}

conversation& conversation::refuse(std::string_view message) {
    refused_.emplace_back(message);
    return *this;
}

} // namespace eddy::sim
