// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/byte_view.hpp>
#include <eddy/wire/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace eddy::wire {

/// How the lines that are sent end; those that come may end either way.
enum class line_end : std::uint8_t {
    lf,   ///< A newline.
    crlf, ///< A carriage return and a newline, as in most protocols of the Internet.
};

struct line_options {
    std::size_t max = 8 * 1024; ///< Most bytes of a line, without its end.
    line_end end = line_end::lf;
};

/// Lines of text. A message that holds a newline is not sent: the peer would see two.
class EDDY_EXPORT line {
public:
    using message = std::string_view; ///< Without the newline and a carriage return before it.

    explicit line(line_options options = {}) noexcept : options_(options) {}

    [[nodiscard]] decoded<message> decode(std::span<const std::byte> arrived) noexcept;
    [[nodiscard]] encoded encode(byte_view sent) const noexcept;

private:
    line_options options_;
    std::size_t scanned_ = 0; // bytes without a newline
};

} // namespace eddy::wire
