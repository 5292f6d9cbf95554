// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace eddy::detail {

/// Says for one direction of a relay whether its next bytes go through a pipe of the system.
///
/// ```
///            `enough` large pieces in a row
///   copying ------------------------------------------------> splicing
///           <------------------------------------------------
///              `enough` small pieces in a row, or silence
/// ```
/// For small pieces splice(2) costs more than it saves, and a pipe takes two descriptors.
class splice_policy {
public:
    /// A read of this size had more behind it: nearly all that an engine takes at once.
    static constexpr std::size_t large = 15 * 1024;
    /// Below this the pipe is slower than a copy.
    static constexpr std::size_t small = 8 * 1024;
    static constexpr unsigned enough = 4;

    /// So many bytes have come in one piece.
    void passed(std::size_t bytes) noexcept {
        const bool is_for_change = is_splicing_ ? bytes < small : bytes >= large;
        streak_ = is_for_change ? streak_ + 1 : 0;
        if (streak_ == enough) {
            streak_ = 0;
            is_splicing_ = !is_splicing_;
        }
    }

    /// Nothing has come for a while, or there is no pipe.
    void stop() noexcept {
        is_splicing_ = false;
        streak_ = 0;
    }

    [[nodiscard]] bool is_splicing() const noexcept { return is_splicing_; }

private:
    bool is_splicing_ = false;
    unsigned streak_ = 0; // pieces in a row that speak for a change
};

} // namespace eddy::detail
