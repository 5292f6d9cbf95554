// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/line.hpp>

namespace eddy::wire {

decoded<std::string_view> line::decode(std::span<const std::byte> arrived) noexcept {
    const auto text = byte_view(arrived).text();
    const auto newline = text.find('\n', scanned_ < text.size() ? scanned_ : 0);
    scanned_ = 0;
    const bool is_whole = newline != std::string_view::npos;
    auto found = text.substr(0, newline);
    // A carriage return may be part of the end, also when the newline has not come yet.
    if (found.ends_with('\r')) {
        found.remove_suffix(1);
    }
    if (found.size() > options_.max) {
        return refusal::too_long(0, options_.max);
    }
    if (is_whole) {
        return {found, newline + 1};
    }
    scanned_ = text.size();
    return need{text.size() + 1};
}

encoded line::encode(byte_view sent) const noexcept {
    const auto text = sent.text();
    if (text.size() > options_.max) {
        return refusal::too_long(0, text.size(), options_.max);
    }
    if (const auto at = text.find('\n'); at != std::string_view::npos) {
        return refusal::malformed(at, "a line does not contain a newline");
    }
    if (options_.end == line_end::lf && text.ends_with('\r')) {
        return refusal::malformed(
            text.size() - 1, "a line does not end with a carriage return: that is part of its end"
        );
    }
    return frame{
        .body = sent.bytes(), .tail = small_bytes(options_.end == line_end::lf ? "\n" : "\r\n")
    };
}

} // namespace eddy::wire
