// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/address.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace eddy::detail {

/// Hashes what strangers choose, differently in each process, so that nobody outside can choose
/// what meets in a table. No cryptography.
class keyed_hash {
public:
    keyed_hash() noexcept : state_(process_key()) {}

    keyed_hash& add(std::uint64_t word) noexcept {
        state_ = std::rotl(state_ ^ word, 29) * odd;
        return *this;
    }

    keyed_hash& add(std::span<const std::byte> bytes) noexcept {
        add(std::uint64_t(bytes.size()));
        for (; bytes.size() >= sizeof(std::uint64_t);
             bytes = bytes.subspan(sizeof(std::uint64_t))) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data(), sizeof word);
            add(word);
        }
        std::uint64_t rest = 0;
        if (!bytes.empty()) {
            std::memcpy(&rest, bytes.data(), bytes.size());
        }
        return add(rest);
    }

    /// An IP address with its port.
    keyed_hash& add(const address& peer) noexcept {
        add(std::as_bytes(std::span(peer.v6())));
        return add(
            std::uint64_t(peer.zone()) << 32 | std::uint64_t(peer.port()) << 8 |
            static_cast<std::uint64_t>(peer.kind())
        );
    }

    [[nodiscard]] std::uint64_t value() const noexcept {
        std::uint64_t mixed = state_; // the finish of MurmurHash3: every bit reaches every other
        mixed = (mixed ^ mixed >> 33) * 0xFF51'AFD7'ED55'8CCD;
        mixed = (mixed ^ mixed >> 33) * 0xC4CE'B9FE'1A85'EC53;
        return mixed ^ mixed >> 33;
    }

private:
    static constexpr std::uint64_t odd = 0x9E37'79B9'7F4A'7C15; // 2^64 by the golden ratio

    [[nodiscard]] static std::uint64_t process_key() noexcept;

    std::uint64_t state_;
};

} // namespace eddy::detail
