// SPDX-License-Identifier: BSL-1.0
#include <eddy/asio.hpp>

#include "engine/asio/asio_engine.hpp"
#ifdef __linux__
#include "engine/linux/bridged_engine.hpp"
#endif

#include <memory>
#include <string>

namespace eddy {

namespace detail {

error_code from_asio(const boost::system::error_code& code) noexcept {
    return code == boost::asio::error::eof ? make_error_code(errc::end_of_stream)
                                           : error_code(code);
}

boost::system::error_code to_asio(error_code code) noexcept {
    if (code == errc::end_of_stream) {
        return boost::asio::error::eof;
    }
    if (code == errc::reset) {
        return boost::asio::error::connection_reset;
    }
    if (code == errc::timed_out) {
        return boost::asio::error::timed_out;
    }
    if (code == errc::cancelled || code == errc::closed || code == errc::draining) {
        return boost::asio::error::operation_aborted;
    }
    return code;
}

task<> read_once(session& peer, std::span<std::byte> into, transfer& outcome) {
    const auto got = co_await peer.read_some(into);
    outcome = {to_asio(got.error()), got ? *got : 0};
}

task<> write_once(session& peer, write_parts parts, transfer& outcome) {
    const auto sent = co_await peer.write(parts[0], parts[1], parts[2]);
    if (!sent) {
        outcome.code = to_asio(sent.error());
        co_return;
    }
    outcome.bytes = parts[0].size() + parts[1].size() + parts[2].size();
}

} // namespace detail

std::unique_ptr<loop> make_loop(boost::asio::io_context& context) {
    return std::make_unique<loop>(std::make_unique<detail::asio_engine>(context));
}

boost::asio::io_context& context_of(loop& where) {
    engine* driver = &where.driver();
    if (auto* engine = dynamic_cast<detail::asio_engine*>(driver)) {
        return engine->context();
    }
#ifdef __linux__
    if (auto* engine = dynamic_cast<detail::bridged_engine*>(driver)) {
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
