// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/engine.hpp>

#include "engine/asio/asio_engine.hpp"
#ifdef __linux__
#include "engine/epoll/epoll_engine.hpp"
#endif

#include <cstdlib>
#include <memory>
#include <string>

namespace eddy {

namespace {

#ifdef __linux__
constexpr const char* best = "epoll";
constexpr const char* choice = "auto, epoll or asio";
#else
constexpr const char* best = "asio";
constexpr const char* choice = "auto or asio";
#endif

std::string_view best_engine() {
    const char* wanted = std::getenv("EDDY_ENGINE"); // NOLINT(concurrency-mt-unsafe): only read
    return wanted && *wanted ? wanted : best;
}

} // namespace

std::unique_ptr<engine> make_engine(std::string_view name) {
    const std::string_view chosen = name == "auto" ? best_engine() : name;
    if (chosen == "asio") {
        return std::make_unique<detail::asio_engine>();
    }
#ifdef __linux__
    if (chosen == "epoll") {
        return std::make_unique<detail::epoll_engine>();
    }
#endif
    throw error(
        make_error_code(std::errc::invalid_argument),
        (name == "auto" ? "EDDY_ENGINE=" : "engine ") + ('"' + std::string(chosen) + '"') +
            ": this build has no such engine; use " + choice
    );
}

} // namespace eddy
