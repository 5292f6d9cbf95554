// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/delimited.hpp>

#include <algorithm>
#include <stdexcept>

namespace eddy::wire {
namespace {

std::string_view checked(std::string_view delimiter) {
    if (delimiter.empty() || delimiter.size() > delimited::delimiter_max) {
        throw std::invalid_argument("eddy: wire::delimited: a delimiter has 1 to 16 bytes");
    }
    return delimiter;
}

/// Where the first delimiter begins in `text` with `delimiter` behind it. That may be before the
/// end of the text without being inside: "a" with "aa" behind it begins with "aa".
std::size_t first_in(std::string_view text, std::string_view delimiter) noexcept {
    const auto whole = text.find(delimiter);
    if (whole != std::string_view::npos) {
        return whole;
    }
    for (auto rest = text.substr(text.size() - std::min(text.size(), delimiter.size() - 1));
         !rest.empty();
         rest.remove_prefix(1)) {
        const auto missing = delimiter.size() - rest.size();
        if (delimiter.starts_with(rest) && delimiter.ends_with(delimiter.substr(0, missing))) {
            return text.size() - rest.size();
        }
    }
    return text.size();
}

} // namespace

delimited::delimited(std::string_view delimiter, std::size_t max)
    : delimiter_(checked(delimiter)), max_(max) {}

decoded<byte_view> delimited::decode(std::span<const std::byte> arrived) noexcept {
    const auto text = byte_view(arrived).text();
    const auto delimiter = delimiter_.text();
    // The last bytes before may be the beginning of the delimiter.
    const auto before = scanned_ < text.size() ? scanned_ : 0;
    const auto at = text.find(delimiter, before - std::min(before, delimiter.size() - 1));
    scanned_ = 0;
    if (at != std::string_view::npos && at <= max_) {
        return {byte_view(arrived.first(at)), at + delimiter.size()};
    }
    // What may be the beginning of the delimiter does not count yet.
    const auto searched = text.size() - std::min(text.size(), delimiter.size() - 1);
    if (at != std::string_view::npos || searched > max_) {
        return refusal::too_long(0, max_);
    }
    scanned_ = text.size();
    return need{text.size() + 1};
}

encoded delimited::encode(byte_view sent) const noexcept {
    if (sent.size() > max_) {
        return refusal::too_long(0, sent.size(), max_);
    }
    if (const auto at = first_in(sent.text(), delimiter_.text()); at != sent.size()) {
        return refusal::malformed(at, "a message does not contain its delimiter");
    }
    return frame{.body = sent.bytes(), .tail = delimiter_};
}

} // namespace eddy::wire
