// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "platform/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>

/// Regular files. Errors are those of the system, in `failure`.
namespace eddy::platform {

[[nodiscard]] unique_fd
open_for_reading(const std::string& path, std::error_code& failure) noexcept;
[[nodiscard]] bool is_regular(int file) noexcept;
[[nodiscard]] std::uint64_t size_of(int file, std::error_code& failure) noexcept;

/// Reads until `into` is full or the file ends; may wait for a disk.
[[nodiscard]] std::size_t read_at(
    int file, std::uint64_t offset, std::span<std::byte> into, std::error_code& failure
) noexcept;

/// True when a read of the byte at `offset` would wait for no disk. False when nobody knows.
[[nodiscard]] bool is_in_memory(int file, std::uint64_t offset) noexcept;

} // namespace eddy::platform
