// SPDX-License-Identifier: BSL-1.0
#include "net/service_answer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace eddy::detail {
namespace {

constexpr std::size_t header_size = 12;
constexpr unsigned type_srv = 33;
constexpr unsigned class_in = 1;
constexpr std::size_t longest_name = 255;
constexpr unsigned pointer_bits = 0xC0; // of the first byte of a label

/// Reads a message from front to back. What is not there reads as zero, and `is_good` turns false.
class message_reader {
public:
    explicit message_reader(std::span<const std::byte> message) noexcept : message_(message) {}

    [[nodiscard]] bool is_good() const noexcept { return is_good_; }

    /// Of the next byte.
    [[nodiscard]] std::size_t place() const noexcept { return at_; }

    unsigned byte() noexcept {
        if (at_ >= message_.size()) {
            is_good_ = false;
            return 0;
        }
        return std::to_integer<unsigned>(message_[at_++]);
    }
    unsigned number() noexcept {
        const unsigned high = byte();
        return high << 8U | byte();
    }
    void skip(std::size_t count) noexcept {
        is_good_ = is_good_ && count <= message_.size() - at_;
        at_ = is_good_ ? at_ + count : at_;
    }

    /// Reads a name, which may go on at an earlier place of the message.
    std::string name() {
        std::string text;
        std::optional<std::size_t> behind; // the first jump
        while (const unsigned length = is_good_ ? byte() : 0) {
            if ((length & pointer_bits) == pointer_bits) {
                const std::size_t here = at_ - 1;
                const std::size_t target = (length & ~pointer_bits) << 8U | byte();
                behind = behind ? behind : at_;
                // Pointers only ever lead backwards, and the labels between them are limited: it
                // comes to an end.
                is_good_ = is_good_ && target < here;
                at_ = target;
            } else {
                label(length, text);
            }
        }
        at_ = behind.value_or(at_);
        return text;
    }

private:
    void label(unsigned length, std::string& text) {
        is_good_ = is_good_ && length < 64 && text.size() + length < longest_name;
        text += text.empty() ? "" : ".";
        for (unsigned i = 0; is_good_ && i != length; ++i) {
            const auto each = static_cast<char>(byte());
            is_good_ = is_good_ && each > ' ' && each < '\x7F' && each != '.';
            text += each;
        }
    }

    std::span<const std::byte> message_;
    std::size_t at_ = 0;
    bool is_good_ = true;
};

void skip_questions(message_reader& from, unsigned count) {
    for (; from.is_good() && count != 0; --count) {
        from.name();
        from.skip(4); // type and class
    }
}

} // namespace

result<std::vector<service_record>> parse_services(std::span<const std::byte> answer) {
    message_reader from(answer);
    from.skip(4); // number and flags, which the resolver has looked at
    const unsigned questions = from.number();
    unsigned answers = from.number();
    from.skip(header_size - 8);
    skip_questions(from, questions);
    std::vector<service_record> found;
    for (; from.is_good() && answers != 0; --answers) {
        from.name();
        const unsigned type = from.number();
        const unsigned of_class = from.number();
        from.skip(4); // time to live
        const std::size_t size = from.number();
        message_reader data = from;
        from.skip(size);
        if (from.is_good() && type == type_srv && of_class == class_in) {
            service_record each;
            each.priority = static_cast<std::uint16_t>(data.number());
            each.weight = static_cast<std::uint16_t>(data.number());
            each.port = static_cast<std::uint16_t>(data.number());
            each.target = data.name();
            if (!data.is_good() || data.place() != from.place()) {
                return errc::malformed;
            }
            found.push_back(std::move(each));
        }
    }
    if (!from.is_good()) {
        return errc::malformed;
    }
    if (found.empty()) {
        return errc::no_such_host;
    }
    return found;
}

} // namespace eddy::detail
