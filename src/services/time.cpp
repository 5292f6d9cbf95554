// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/datagrams.hpp>
#include <eddy/net/reply_guard.hpp>
#include <eddy/net/session.hpp>
#include <eddy/services/time.hpp>

#include "services/reply_options.hpp"
#include "services/standard.hpp"
#include "services/time_stamp.hpp"

#include <cstdint>
#include <span>
#include <utility>

namespace eddy::services {
namespace {

/// From 1900, where RFC 868 begins to count, to 1970.
constexpr std::int64_t seconds_before_1970 = 2'208'988'800;

class time_teller {
public:
    explicit time_teller(time_options options) : options_(std::move(options)) {}

    task<> operator()(session& peer) const {
        const auto stamp = detail::time_stamp(options_.clock());
        co_await peer.write(std::span<const std::byte>(stamp));
    }

    task<> operator()(datagrams& socket) const {
        reply_guard guard(socket, options_.replies);
        while (const auto batch = co_await socket.receive()) {
            for (const datagram& received : *batch) {
                if (guard.allows(received)) {
                    const auto stamp = detail::time_stamp(options_.clock());
                    co_await socket.reply(received, std::span<const std::byte>(stamp));
                }
            }
        }
    }

private:
    time_options options_;
};

} // namespace

std::array<std::byte, 4> detail::time_stamp(std::chrono::system_clock::time_point at) noexcept {
    const auto since_1970 = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
    const auto seconds = static_cast<std::uint32_t>(since_1970.count() + seconds_before_1970);
    return {
        static_cast<std::byte>(seconds >> 24),
        static_cast<std::byte>(seconds >> 16),
        static_cast<std::byte>(seconds >> 8),
        static_cast<std::byte>(seconds),
    };
}

handler time(time_options options) {
    return time_teller(std::move(options));
}

service detail::time_service() {
    return {
        .name = "time",
        .summary = "Sends the seconds since 1900 as four bytes and closes (RFC 868).",
        .options = detail::with_reply_options({}),
        .make =
            [](const option_values& values) {
                time_options options;
                options.replies = detail::reply_rules_of(values);
                return time(std::move(options));
            },
    };
}

} // namespace eddy::services
