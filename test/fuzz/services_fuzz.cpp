// SPDX-License-Identifier: BSL-1.0
#include "net/service_answer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

/// Whatever a name server sends, what is found in it are names that a host could have.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto found = eddy::detail::parse_services(std::as_bytes(std::span(data, size)));
    if (!found) {
        return 0;
    }
    for (const auto& each : *found) {
        if (each.target.size() > 255 || each.target.find_first_of(" \n\t") != each.target.npos) {
            std::abort();
        }
    }
    return 0;
}
