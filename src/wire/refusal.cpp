// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/refusal.hpp>

namespace eddy::wire {

std::string refusal::to_string() const {
    using std::to_string;
    if (!is_refused_) {
        return "nothing is refused";
    }
    const auto at = " at offset " + to_string(offset_);
    if (code_ != errc::too_long) {
        return "malformed" + at + ": " + rule_;
    }
    if (length_ == unknown_length) {
        return "the message" + at + " is longer than the maximum of " + to_string(max_);
    }
    return "length " + to_string(length_) + at + " is above the maximum of " + to_string(max_);
}

} // namespace eddy::wire
