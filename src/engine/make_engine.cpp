// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/engine.hpp>

#include "engine/asio/asio_engine.hpp"

#include <string>

namespace eddy {

std::unique_ptr<engine> make_engine(std::string_view name) {
    if (name == "auto" || name == "asio") {
        return std::make_unique<detail::asio_engine>();
    }
    throw error(
        make_error_code(boost::system::errc::invalid_argument),
        "engine \"" + std::string(name) + "\": this build has no such engine; use auto or asio"
    );
}

} // namespace eddy
