// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/byte_view.hpp>
#include <eddy/wire/codec.hpp>

#include <cstddef>
#include <span>

namespace eddy::wire {

/// Messages that all have the same size.
class EDDY_EXPORT fixed_size {
public:
    using message = byte_view;

    /// @param size  Bytes of a message, 1 or more; throws `std::invalid_argument` for none.
    explicit fixed_size(std::size_t size);

    [[nodiscard]] decoded<message> decode(std::span<const std::byte> arrived) const noexcept;
    [[nodiscard]] encoded encode(byte_view sent) const noexcept;

private:
    std::size_t size_;
};

} // namespace eddy::wire
