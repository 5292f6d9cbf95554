// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/netstring.hpp>

#include <algorithm>

namespace eddy::wire {
namespace {

constexpr unsigned radix = 10;
constexpr std::size_t digits_max = 20; // of 64 bits

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

} // namespace

// Above it the size of the whole netstring could overflow.
netstring::netstring(std::size_t max) noexcept : max_(std::min(max, SIZE_MAX - digits_max - 2)) {}

decoded<byte_view> netstring::decode(std::span<const std::byte> arrived) const noexcept {
    const auto text = byte_view(arrived).text();
    std::size_t size = 0;
    std::size_t at = 0;
    for (; at != text.size() && is_digit(text[at]); ++at) {
        const auto digit = static_cast<std::size_t>(text[at] - '0');
        if (at == 1 && text[0] == '0') {
            return refusal::malformed(0, "a length has no leading zero");
        }
        if (size > (max_ - std::min(max_, digit)) / radix || (size == 0 && digit > max_)) {
            return refusal::too_long(0, max_); // whatever digits follow
        }
        size = size * radix + digit;
    }
    if (at == text.size()) {
        return need{at + 1};
    }
    if (at == 0 || text[at] != ':') {
        return refusal::malformed(at, "a length is decimal digits and a colon");
    }
    const auto begin = at + 1;
    if (arrived.size() <= begin + size) {
        return need{begin + size + 1};
    }
    if (text[begin + size] != ',') {
        return refusal::malformed(begin + size, "a netstring ends with a comma");
    }
    return {byte_view(arrived.subspan(begin, size)), begin + size + 1};
}

encoded netstring::encode(byte_view sent) const noexcept {
    if (sent.size() > max_) {
        return refusal::too_long(0, sent.size(), max_);
    }
    return frame{
        .head = small_bytes(std::to_string(sent.size()) + ":"),
        .body = sent.bytes(),
        .tail = small_bytes(",")
    };
}

} // namespace eddy::wire
