// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/engine.hpp>
#include <eddy/core/log.hpp>

#include "engine/asio/asio_engine.hpp"
#ifdef __linux__
#include "engine/epoll/epoll_engine.hpp"
#endif
#ifdef EDDY_HAS_URING
#include "engine/uring/uring_engine.hpp"
#endif

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>

namespace eddy {

namespace {

#ifdef __linux__
#ifdef EDDY_HAS_URING
constexpr const char* choice = "auto, uring, epoll or asio";
#else
constexpr const char* choice = "auto, epoll or asio";
#endif
constexpr const char* portable = "epoll";
#else
constexpr const char* choice = "auto or asio";
constexpr const char* portable = "asio";
#endif

#ifdef EDDY_HAS_URING
/// Told once, not by each loop.
void tell_no_uring(const error& cause) {
    static std::atomic<bool> is_told = false;
    if (!is_told.exchange(true)) {
        log::info("io_uring is not to be had", {{"engine", portable}, {"cause", cause.what()}});
    }
}
#endif

std::unique_ptr<engine> make_best() {
#ifdef EDDY_HAS_URING
    try {
        return make_engine("uring");
    } catch (const error& cause) {
        tell_no_uring(cause);
    }
#endif
    return make_engine(portable);
}

/// What the environment says that "auto" stands for; empty when it does not.
std::string_view engine_of_environment() {
    const char* wanted = std::getenv("EDDY_ENGINE"); // NOLINT(concurrency-mt-unsafe): only read
    return wanted ? wanted : "";
}

} // namespace

std::unique_ptr<engine> make_engine(std::string_view name) {
    const std::string_view chosen = name == "auto" ? engine_of_environment() : name;
    if (name == "auto" && (chosen.empty() || chosen == "auto")) {
        return make_best();
    }
    if (chosen == "asio") {
        return std::make_unique<detail::asio_engine>();
    }
#ifdef __linux__
    if (chosen == "epoll") {
        return std::make_unique<detail::epoll_engine>();
    }
#endif
#ifdef EDDY_HAS_URING
    if (chosen == "uring") {
        return std::make_unique<detail::uring_engine>();
    }
#endif
    const std::string who =
        (name == "auto" ? "EDDY_ENGINE=" : "engine ") + ('"' + std::string(chosen) + '"');
    const std::string cause = chosen == "uring" ? ": this build was made without liburing"
                                                : ": this build has no such engine";
    throw error(make_error_code(std::errc::invalid_argument), who + cause + "; use " + choice);
}

} // namespace eddy
