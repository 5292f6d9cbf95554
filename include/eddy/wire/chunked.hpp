// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/byte_view.hpp>
#include <eddy/wire/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace eddy::wire {

/// The body of a chunked message: its chunks where they arrived, and the fields behind them.
///
///     for (const std::span<const std::byte> chunk : body) { … }
class EDDY_EXPORT chunked_body {
public:
    /// Goes over the chunks; each gives a `std::span<const std::byte>` of one byte or more.
    class EDDY_EXPORT iterator {
    public:
        using value_type = std::span<const std::byte>;
        using difference_type = std::ptrdiff_t;

        iterator() noexcept = default;
        [[nodiscard]] value_type operator*() const noexcept { return chunk_; }
        iterator& operator++() noexcept;
        iterator operator++(int) noexcept {
            auto before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.chunk_.data() == b.chunk_.data();
        }

    private:
        friend class chunked_body;
        explicit iterator(std::span<const std::byte> coded) noexcept : rest_(coded) { ++*this; }

        std::span<const std::byte> rest_;
        std::span<const std::byte> chunk_; // no bytes at all at the end
    };

    chunked_body() noexcept = default;
    /// @param coded     Chunks that were found to be well-formed.
    /// @param size      Bytes of all chunks together.
    /// @param trailers  The fields behind the last chunk, with their line ends.
    chunked_body(
        std::span<const std::byte> coded, std::size_t size, std::string_view trailers
    ) noexcept
        : coded_(coded), size_(size), trailers_(trailers) {}

    [[nodiscard]] iterator begin() const noexcept { return iterator(coded_); }
    [[nodiscard]] iterator end() const noexcept { return {}; }

    /// Bytes of all chunks together.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Field lines behind the last chunk, each with its CRLF; empty when there are none.
    [[nodiscard]] std::string_view trailers() const noexcept { return trailers_; }
    /// Copies the body, without its coding, to `to`, which must have room for `size()` bytes.
    void copy_to(std::span<std::byte> to) const noexcept;

private:
    std::span<const std::byte> coded_;
    std::size_t size_ = 0;
    std::string_view trailers_;
};

struct chunked_options {
    std::size_t max = 64 * 1024; ///< Most bytes of a body, all chunks together.
    /// Most bytes that all chunk extensions and needless zeros before sizes take together. Nobody
    /// reads them.
    std::size_t extensions_max = 1024;
    std::size_t trailers_max = 8 * 1024; ///< Most bytes of the fields behind the last chunk.
};

/// The chunked coding of HTTP/1.1 (RFC 9112, 7.1); a message is a whole body. It is read strictly:
/// a line end other than CRLF is refused, since that is how requests are smuggled past proxies.
///
/// Up to six bytes arrive for each of the body, when all chunks are of one byte.
class EDDY_EXPORT chunked {
public:
    using message = chunked_body;

    explicit chunked(chunked_options options = {}) noexcept;

    [[nodiscard]] decoded<message> decode(std::span<const std::byte> arrived) noexcept;
    /// Sends `body` as one chunk, or as none when it is empty.
    [[nodiscard]] encoded encode(byte_view body) const noexcept;

private:
    /// How far a body has been looked at.
    struct progress {
        std::size_t looked_at = 0;
        std::size_t at = 0; // behind the chunks that are whole
        std::size_t size = 0;
        std::size_t extensions = 0;
        std::size_t trailers = 0; // where they begin; none before the last chunk was found
    };

    decoded<message> decode_chunks(std::span<const std::byte> arrived) noexcept;
    decoded<message> decode_trailers(std::span<const std::byte> arrived) noexcept;

    chunked_options options_;
    progress found_;
};

} // namespace eddy::wire
