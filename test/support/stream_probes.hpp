// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/acceptor.hpp>
#include <eddy/net/stream.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace eddy::test {

/// Operations of the engine seam that count how often they are completed.
struct read_probe : read_op {
    explicit read_probe(std::size_t room = 64 * 1024)
        : read_op([](io_op& op) noexcept { ++static_cast<read_probe&>(op).completions; }),
          memory(room, '\0') {
        into = std::as_writable_bytes(std::span(memory));
    }

    [[nodiscard]] std::string text() const { return memory.substr(0, bytes); }

    std::string memory;
    unsigned completions = 0;
};

struct write_probe : write_op {
    explicit write_probe(std::string_view text)
        : write_op([](io_op& op) noexcept { ++static_cast<write_probe&>(op).completions; }),
          message(text), parts{std::as_bytes(std::span(message))} {
        buffers = parts;
    }

    std::string message;
    std::array<std::span<const std::byte>, 1> parts;
    unsigned completions = 0;
};

struct accept_probe : accept_op {
    accept_probe()
        : accept_op([](io_op& op) noexcept { ++static_cast<accept_probe&>(op).completions; }) {}

    unsigned completions = 0;
};

/// Writes `text`, which the stream must take at once, and gives how much of it was taken.
inline std::size_t write_now(stream& to, std::string_view text) {
    write_probe probe(text);
    if (!to.start_write(probe)) {
        to.cancel_write();
        return 0;
    }
    return probe.bytes;
}

/// Reads what has arrived, without waiting.
inline std::string read_now(stream& from, std::size_t room = 64 * 1024) {
    read_probe probe(room);
    probe.wait = false;
    from.start_read(probe);
    return probe.text();
}

} // namespace eddy::test
