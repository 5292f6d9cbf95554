// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/byte_view.hpp>
#include <eddy/net/proxy_header.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// As a session asks: with one more byte each time.
eddy::message_finder::answer find_bytewise(std::span<const std::byte> arrived) {
    eddy::proxy_header_reader reader;
    eddy::message_finder::answer found;
    for (std::size_t size = 1; size <= arrived.size(); ++size) {
        found = reader.find(arrived.first(size));
        if (found.size != 0 || found.refused) {
            break;
        }
    }
    return found;
}

} // namespace

/// However it comes the same header is found, within the bytes that there are; what is refused has
/// a reason; what is read can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span arrived(reinterpret_cast<const std::byte*>(data), size);
    if (arrived.empty()) {
        return 0;
    }
    eddy::proxy_header_reader reader;
    const auto found = reader.find(arrived);
    const auto bytewise = find_bytewise(arrived);
    require(found.size == bytewise.size && found.refused == bytewise.refused);
    require(found.size <= arrived.size());
    require(static_cast<bool>(found.refused) == !reader.broken_rule().empty());
    if (found.size == 0) {
        return 0;
    }
    const auto told = reader.read(arrived.first(found.size));
    require(told.has_value() == reader.broken_rule().empty());
    if (told) {
        static_cast<void>(told->extension(data[0]));
        eddy::proxy_header written = *told;
        written.extensions.clear(); // a checksum would be of the header that came
        const std::string bytes = written.to_bytes();
        const auto again = eddy::proxy_header_reader().read(eddy::byte_view(bytes).bytes());
        require(again.has_value());
        const bool is_told = told->source.kind() == told->destination.kind(); // or not written
        require(!is_told || again->source.unmapped() == told->source.unmapped());
    }
    return 0;
}
