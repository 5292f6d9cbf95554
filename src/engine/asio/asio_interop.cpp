// SPDX-License-Identifier: BSL-1.0
#include <eddy/asio.hpp>

#include "engine/asio/asio_engine.hpp"

namespace eddy {

std::unique_ptr<loop> make_loop(boost::asio::io_context& context) {
    return std::make_unique<loop>(std::make_unique<detail::asio_engine>(context));
}

boost::asio::io_context& context_of(loop& where) {
    if (auto* engine = dynamic_cast<detail::asio_engine*>(&where.driver())) {
        return engine->context();
    }
    throw error(
        make_error_code(errc::not_supported),
        "loop: its engine \"" + std::string(where.driver().name()) +
            "\" has no io_context; use one on the asio engine"
    );
}

} // namespace eddy
