// SPDX-License-Identifier: BSL-1.0
#include <eddy/asio.hpp>

#include "engine/asio/asio_engine.hpp"
#ifdef __linux__
#include "engine/epoll/epoll_engine.hpp"

#include <memory>
#endif

namespace eddy {

std::unique_ptr<loop> make_loop(boost::asio::io_context& context) {
    return std::make_unique<loop>(std::make_unique<detail::asio_engine>(context));
}

boost::asio::io_context& context_of(loop& where) {
    engine* driver = &where.driver();
    if (auto* engine = dynamic_cast<detail::asio_engine*>(driver)) {
        return engine->context();
    }
#ifdef __linux__
    if (auto* engine = dynamic_cast<detail::epoll_engine*>(driver)) {
        return engine->context();
    }
#endif
    throw error(
        make_error_code(errc::not_supported),
        "loop: its engine \"" + std::string(driver->name()) +
            "\" has no io_context; use one on real sockets"
    );
}

} // namespace eddy
