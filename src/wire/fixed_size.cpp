// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/fixed_size.hpp>

#include <algorithm>

namespace eddy::wire {

fixed_size::fixed_size(std::size_t size) : size_(size) {
    if (size == 0) {
        throw std::invalid_argument("eddy: wire::fixed_size: a message has at least one byte");
    }
}

decoded<byte_view> fixed_size::decode(std::span<const std::byte> arrived) const noexcept {
    if (arrived.size() < size_) {
        return need{size_};
    }
    return {byte_view(arrived.first(size_)), size_};
}

encoded fixed_size::encode(byte_view sent) const noexcept {
    if (sent.size() != size_) {
        return refusal::malformed(
            std::min(sent.size(), size_), "a message has exactly the fixed size"
        );
    }
    return frame{.body = sent.bytes()};
}

} // namespace eddy::wire
