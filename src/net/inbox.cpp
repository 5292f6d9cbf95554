// SPDX-License-Identifier: BSL-1.0
#include "net/inbox.hpp"

#include <algorithm>
#include <cstring>

namespace eddy::detail {
namespace {

inbox::match refused(error_code why) noexcept {
    return {.kind = inbox::match::outcome::refused, .why = why};
}

} // namespace

inbox::match inbox::find(const read_request& wanted) noexcept {
    using outcome = match::outcome;
    switch (wanted.kind) {
    case read_request::until::any: {
        const std::size_t size = std::min(this->size(), wanted.size);
        return {size == 0 && wanted.size != 0 ? outcome::incomplete : outcome::found, size, size};
    }
    case read_request::until::size:
        return {
            size() < wanted.size ? outcome::incomplete : outcome::found, wanted.size, wanted.size
        };
    case read_request::until::end:
        return size() > wanted.size ? refused(errc::too_long) : match();
    case read_request::until::message:
        return empty() ? match() : find_message(*wanted.finder);
    case read_request::until::delimiter:
        break;
    }
    return find_delimiter(wanted);
}

inbox::match inbox::find_message(message_finder& finder) const noexcept {
    const auto answer = finder.find(bytes());
    if (answer.refused) {
        return refused(answer.refused);
    }
    return answer.size == 0 ? match() : match{match::outcome::found, answer.size, answer.size};
}

inbox::match inbox::find_delimiter(const read_request& wanted) noexcept {
    const std::string_view text = byte_view(bytes()).text();
    const auto at = text.find(wanted.delimiter, scanned_);
    if (at != std::string_view::npos && at <= wanted.size) {
        return {match::outcome::found, at, at + wanted.delimiter.size()};
    }
    scanned_ = size() < wanted.delimiter.size() ? 0 : size() - wanted.delimiter.size() + 1;
    const bool is_hopeless =
        at != std::string_view::npos || size() >= wanted.size + wanted.delimiter.size();
    return is_hopeless ? refused(errc::too_long) : match();
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
