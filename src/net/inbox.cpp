// SPDX-License-Identifier: BSL-1.0
#include "net/inbox.hpp"

#include <cstring>

namespace eddy::detail {

inbox::match inbox::find_message(const read_request& wanted, noted_error& why) noexcept {
    using outcome = match::outcome;
    switch (wanted.kind) {
    case read_request::until::size:
        return {
            size() < wanted.size ? outcome::incomplete : outcome::found, wanted.size, wanted.size
        };
    case read_request::until::end:
        if (size() > wanted.size) {
            why = errc::too_long;
            return {.kind = outcome::refused};
        }
        return {};
    case read_request::until::message:
        return empty() ? match() : find_by(*wanted.finder, why);
    default:
        return find_delimiter(wanted, why);
    }
}

inbox::match inbox::find_by(message_finder& finder, noted_error& why) const noexcept {
    const auto answer = finder.find(bytes());
    if (answer.refused) {
        why = answer.refused;
        return {.kind = match::outcome::refused};
    }
    return answer.size == 0 ? match() : match{match::outcome::found, answer.size, answer.size};
}

inbox::match inbox::find_delimiter(const read_request& wanted, noted_error& why) noexcept {
    const std::string_view text = byte_view(bytes()).text();
    const std::string_view delimiter = wanted.delimiter_text();
    // A single character is found several times as fast.
    const auto at = delimiter.size() == 1 ? text.find(delimiter.front(), scanned_)
                                          : text.find(delimiter, scanned_);
    if (at != std::string_view::npos && at <= wanted.size) {
        return {match::outcome::found, at, at + delimiter.size()};
    }
    scanned_ = size() < delimiter.size() ? 0 : size() - delimiter.size() + 1;
    const bool is_hopeless =
        at != std::string_view::npos || size() >= wanted.size + delimiter.size();
    if (is_hopeless) {
        why = errc::too_long;
        return {.kind = match::outcome::refused};
    }
    return {};
}

std::span<const std::byte> inbox::lend(std::size_t size, std::size_t consumed) noexcept {
    lent_ = consumed;
    return size == 0 ? std::span<const std::byte>()
                     : std::span<const std::byte>(block_->data + begin_, size);
}

void inbox::reclaim() noexcept {
    begin_ += std::exchange(lent_, 0);
    scanned_ = 0;
    if (empty()) {
        clear();
    }
}

std::span<std::byte> inbox::room() {
    if (!block_) {
        return {};
    }
    if (end_ == block_->size && begin_ != 0) {
        std::memmove(block_->data, block_->data + begin_, size());
        end_ -= std::exchange(begin_, 0);
    } else if (end_ == block_->size) {
        move_to(blocks_->take(block_->size * 2));
    }
    return {block_->data + end_, block_->size - end_};
}

void inbox::move_to(block_handle larger) noexcept {
    std::memcpy(larger->data, block_->data + begin_, size());
    end_ -= std::exchange(begin_, 0);
    block_ = std::move(larger);
}

void inbox::adopt(block_handle filled, std::size_t count) noexcept {
    block_ = std::move(filled);
    begin_ = 0;
    end_ = count;
}

void inbox::clear() noexcept {
    block_.reset();
    begin_ = end_ = lent_ = scanned_ = 0;
}

} // namespace eddy::detail
