// SPDX-License-Identifier: BSL-1.0
#include "pattern.hpp"

#include <algorithm>
#include <cstring>
#include <random>

namespace client {

pattern::pattern(std::size_t longest) : bytes_(period + longest) {
    std::mt19937 random; // NOLINT(cert-msc51-cpp): the same bytes in every run
    std::generate_n(bytes_.begin(), period, [&] { return static_cast<std::byte>(random()); });
    for (std::size_t i = period; i != bytes_.size(); ++i) {
        bytes_[i] = bytes_[i - period];
    }
}

std::span<const std::byte> pattern::at(std::uint64_t position, std::size_t size) const {
    return std::span(bytes_).subspan(position % period, size);
}

bool pattern::matches(std::uint64_t position, std::span<const std::byte> received) const {
    while (!received.empty()) {
        const auto expected = std::span(bytes_).subspan(position % period);
        const auto part = std::min(received.size(), expected.size());
        if (std::memcmp(received.data(), expected.data(), part) != 0) {
            return false;
        }
        received = received.subspan(part);
        position += part;
    }
    return true;
}

} // namespace client
