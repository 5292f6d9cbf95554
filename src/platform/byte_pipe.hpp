// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "platform/unique_fd.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace eddy::platform {

/// A pipe for splice(2): a buffer of the system that bytes pass through without being copied.
class byte_pipe {
public:
    /// None where the system has no splice, no descriptor left, or gives this user no more than
    /// the smallest pipes (`pipe-user-pages-soft` of pipe(7)), which are not worth their calls.
    [[nodiscard]] static std::optional<byte_pipe> open() noexcept;

    [[nodiscard]] int input() const noexcept { return input_.get(); }
    [[nodiscard]] int output() const noexcept { return output_.get(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

private:
    byte_pipe(unique_fd input, unique_fd output, std::size_t capacity) noexcept
        : input_(std::move(input)), output_(std::move(output)), capacity_(capacity) {}

    unique_fd input_;
    unique_fd output_;
    std::size_t capacity_;
};

/// Takes out of a pipe what it holds, which is as much as `into`.
void read_pipe(int output, std::span<std::byte> into) noexcept;

} // namespace eddy::platform
