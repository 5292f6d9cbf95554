// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/wire/length_prefixed.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// [message]
/// A question or its answer: 4 bytes of length, 4 bytes of number, text.
struct rpc_message {
    std::uint32_t number = 0; ///< The answer has that of its question.
    std::string_view text = {};
};
/// [message]

/// [codec]
class rpc_codec {
public:
    using message = rpc_message;

    [[nodiscard]] eddy::wire::decoded<message> decode(std::span<const std::byte> arrived
    ) const noexcept;
    [[nodiscard]] eddy::wire::encoded encode(const rpc_message& sent) const;
    [[nodiscard]] std::uint64_t id_of(const rpc_message& numbered) const noexcept {
        return numbered.number;
    }

private:
    static constexpr std::size_t number_size = 4;
    static constexpr std::size_t longest_text = 1000;

    eddy::wire::length_prefixed frame_{{.min = number_size, .max = number_size + longest_text}};
};
/// [codec]

/// An answer that owns its text, as `rpc_codec` sends it.
struct rpc_answer {
    std::uint32_t number;
    std::string text;
    operator rpc_message() const noexcept { return {number, text}; }
};

/// [function]
/// Answers "add 2 3" with "5", and what it does not understand with "? " and the question.
rpc_answer answer(const rpc_message& question);
/// [function]
