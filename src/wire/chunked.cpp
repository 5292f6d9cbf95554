// SPDX-License-Identifier: BSL-1.0
#include <eddy/wire/chunked.hpp>

#include <algorithm>
#include <cstring>

namespace eddy::wire {
namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::size_t size_digits_max = 16; // of 64 bits
constexpr unsigned bits_per_digit = 4;

/// The value of a hexadecimal digit, -1 of anything else.
int digit_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

/// May stand in a chunk extension or a field: no control character but the tab.
bool is_visible(char c) noexcept {
    return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7F');
}

/// May stand in the name of a field (RFC 9110, 5.6.2).
bool is_token(char c) noexcept {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           others.find(c) != std::string_view::npos;
}

/// A line that begins at `at`: the end of its visible characters, and whether CRLF follows there.
struct line_found {
    enum class state { whole, incomplete, broken };
    std::size_t end;
    state what;
};

line_found find_line(std::string_view text, std::size_t at) noexcept {
    using state = line_found::state;
    while (at != text.size() && is_visible(text[at])) {
        ++at;
    }
    const auto rest = text.substr(at, crlf.size());
    if (!crlf.starts_with(rest)) {
        return {at, state::broken};
    }
    return {at, rest == crlf ? state::whole : state::incomplete};
}

/// The first line of a chunk.
struct chunk_line {
    std::uint64_t size = 0;
    std::size_t needless = 0; // zeros before the size, and the extension
};

decoded<chunk_line> read_chunk_line(std::string_view text, std::size_t needless_max) noexcept {
    std::size_t zeros = 0;
    while (zeros + 1 < text.size() && text[zeros] == '0' && digit_value(text[zeros + 1]) >= 0) {
        ++zeros;
    }
    if (zeros > needless_max) {
        return refusal::too_long(0, needless_max);
    }
    chunk_line found;
    std::size_t at = zeros;
    for (; at != text.size() && digit_value(text[at]) >= 0; ++at) {
        if (at - zeros == size_digits_max) {
            return refusal::malformed(at, "the size of a chunk has at most 64 bits");
        }
        found.size = found.size << bits_per_digit | static_cast<unsigned>(digit_value(text[at]));
    }
    if (at == 0 && !text.empty()) {
        return refusal::malformed(0, "a chunk begins with its size in hexadecimal digits");
    }
    const auto line = find_line(text, at);
    const auto extension = text.substr(at, line.end - at);
    const auto first = std::find_if_not(extension.begin(), extension.end(), is_blank);
    // What is wrong first is said, however much has arrived.
    const auto blanks = static_cast<std::size_t>(first - extension.begin());
    if (first != extension.end() && *first != ';' && zeros + blanks <= needless_max) {
        return refusal::malformed(at, "a semicolon or CRLF stands behind the size of a chunk");
    }
    found.needless = zeros + line.end - at;
    if (found.needless > needless_max) {
        return refusal::too_long(0, needless_max);
    }
    if (line.what == line_found::state::incomplete) {
        return need{text.size() + 1};
    }
    if (line.what == line_found::state::broken || (first == extension.end() && line.end != at)) {
        return refusal::malformed(line.end, "the line of a chunk's size ends with CRLF");
    }
    return {found, line.end + crlf.size()};
}

/// The position of what is not a field line of the form `name: value`; the end when it is one.
std::size_t first_wrong_in_field(std::string_view field) noexcept {
    const auto name = static_cast<std::size_t>(
        std::find_if_not(field.begin(), field.end(), is_token) - field.begin()
    );
    const bool has_name = name != 0 && name != field.size() && field[name] == ':';
    return has_name ? field.size() : name;
}

} // namespace

chunked_body::iterator& chunked_body::iterator::operator++() noexcept {
    const auto line = read_chunk_line(byte_view(rest_).text(), SIZE_MAX);
    chunk_ = {};
    if (line && line->size != 0) {
        const auto size = static_cast<std::size_t>(line->size);
        chunk_ = rest_.subspan(line.size(), size);
        rest_ = rest_.subspan(line.size() + size + crlf.size());
    }
    return *this;
}

void chunked_body::copy_to(std::span<std::byte> to) const noexcept {
    for (const auto chunk : *this) {
        std::memcpy(to.data(), chunk.data(), chunk.size());
        to = to.subspan(chunk.size());
    }
}

chunked::chunked(chunked_options options) noexcept : options_(options) {
    // Far above what fits in memory, and sums of a few of them do not overflow.
    constexpr std::size_t most = SIZE_MAX / 16;
    options_.max = std::min(options_.max, most);
    options_.extensions_max = std::min(options_.extensions_max, most);
    options_.trailers_max = std::min(options_.trailers_max, most);
}

decoded<chunked_body> chunked::decode(std::span<const std::byte> arrived) noexcept {
    if (arrived.size() < found_.looked_at) {
        found_ = {};
    }
    found_.looked_at = arrived.size();
    auto decoded = found_.trailers == 0 ? decode_chunks(arrived) : decode_trailers(arrived);
    if (decoded || decoded.why()) {
        found_ = {};
    }
    return decoded;
}

decoded<chunked_body> chunked::decode_chunks(std::span<const std::byte> arrived) noexcept {
    const auto text = byte_view(arrived).text();
    for (;;) {
        const auto rest = text.substr(found_.at);
        const auto line = read_chunk_line(rest, options_.extensions_max - found_.extensions);
        if (!line) {
            return line.why() ? decoded<chunked_body>(line.why().from(found_.at))
                              : need{found_.at + std::max(line.size(), rest.size() + 1)};
        }
        if (line->size > options_.max - found_.size) {
            // Not the sum of the two when that could overflow.
            const auto before = line->size > options_.max ? 0 : found_.size;
            return refusal::too_long(found_.at, before + line->size, options_.max);
        }
        if (line->size == 0) {
            found_.at = found_.trailers = found_.at + line.size();
            return decode_trailers(arrived);
        }
        const auto end = found_.at + line.size() + static_cast<std::size_t>(line->size);
        const auto behind = text.substr(std::min(end, text.size()), crlf.size());
        if (!crlf.starts_with(behind)) {
            return refusal::malformed(end, "a chunk ends with CRLF");
        }
        if (behind != crlf) {
            return need{end + behind.size() + 1};
        }
        found_.at = end + crlf.size();
        found_.size += static_cast<std::size_t>(line->size);
        found_.extensions += line->needless;
    }
}

decoded<chunked_body> chunked::decode_trailers(std::span<const std::byte> arrived) noexcept {
    const auto text = byte_view(arrived).text();
    for (;;) {
        const auto line = find_line(text, found_.at);
        if (line.end - found_.trailers > options_.trailers_max) {
            return refusal::too_long(found_.trailers, options_.trailers_max);
        }
        if (line.what == line_found::state::broken) {
            return refusal::malformed(line.end, "a field behind the last chunk ends with CRLF");
        }
        if (line.what == line_found::state::incomplete) {
            return need{text.size() + 1};
        }
        const auto field = text.substr(found_.at, line.end - found_.at);
        if (const auto wrong = first_wrong_in_field(field);
            !field.empty() && wrong != field.size()) {
            return refusal::malformed(
                found_.at + wrong, "behind the last chunk come fields, each a name and a colon"
            );
        }
        found_.at = line.end + crlf.size();
        if (field.empty()) {
            const auto trailers = text.substr(found_.trailers, line.end - found_.trailers);
            return {chunked_body(arrived.first(found_.at), found_.size, trailers), found_.at};
        }
    }
}

encoded chunked::encode(byte_view body) const noexcept {
    if (body.size() > options_.max) {
        return refusal::too_long(0, body.size(), options_.max);
    }
    if (body.empty()) {
        return frame{.head = small_bytes("0\r\n\r\n")};
    }
    std::array<char, size_digits_max> digits;
    auto at = digits.size();
    for (auto rest = body.size(); rest != 0; rest >>= bits_per_digit) {
        digits[--at] = "0123456789abcdef"[rest & 0xF];
    }
    frame made{.body = body.bytes(), .tail = small_bytes("\r\n0\r\n\r\n")};
    made.head.append({digits.data() + at, digits.size() - at});
    made.head.append(crlf);
    return made;
}

} // namespace eddy::wire
