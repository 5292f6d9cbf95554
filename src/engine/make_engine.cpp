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
constexpr const char* best = "epoll";
#ifdef EDDY_HAS_URING
constexpr const char* choice = "auto, epoll, uring, prefer_uring or asio";
#else
constexpr const char* choice = "auto, epoll, prefer_uring or asio";
#endif
#else
constexpr const char* best = "asio";
constexpr const char* choice = "auto, prefer_uring or asio";
#endif

std::string_view best_engine() {
    const char* wanted = std::getenv("EDDY_ENGINE"); // NOLINT(concurrency-mt-unsafe): only read
    return wanted && *wanted ? wanted : best;
}

/// Told once, not by each loop.
void tell_no_uring(const error& cause) {
    static std::atomic<bool> is_told = false;
    if (!is_told.exchange(true)) {
        log::write(
            log::level::warning,
            "io_uring is preferred and not to be had",
            {{"engine", best}, {"cause", cause.what()}}
        );
    }
}

std::unique_ptr<engine> make_uring_or_best() {
    try {
        return make_engine("uring");
    } catch (const error& cause) {
        tell_no_uring(cause);
        return make_engine(best);
    }
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
#ifdef EDDY_HAS_URING
    if (chosen == "uring") {
        return std::make_unique<detail::uring_engine>();
    }
#endif
    if (chosen == "prefer_uring") {
        return make_uring_or_best();
    }
    const std::string who =
        (name == "auto" ? "EDDY_ENGINE=" : "engine ") + ('"' + std::string(chosen) + '"');
    const std::string cause = chosen == "uring" ? ": this build was made without liburing"
                                                : ": this build has no such engine";
    throw error(make_error_code(std::errc::invalid_argument), who + cause + "; use " + choice);
}

} // namespace eddy
