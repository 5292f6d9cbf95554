// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/trace.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace eddy::sim {
namespace {

constexpr std::uint64_t prime = 0x100'0000'01B3;

constexpr auto words = std::to_array<std::string_view>({
    "note",       "host",           "listen",     "listener closed", "connect",
    "connected",  "refused",        "queued",     "accept",          "backlog full",
    "write",      "segment",        "read",       "end sent",        "end received",
    "reset sent", "reset received", "timed out",  "close",           "bind",
    "send",       "lost",           "duplicated", "receive",         "dropped",
    "resolve",    "offload",        "signal",     "fault",           "cut",
    "heal",       "killed",         "crashed",    "stall",           "clock jump",
});

} // namespace

void trace::mix(std::uint64_t value) noexcept {
    for (int byte = 0; byte < 8; ++byte, value >>= 8) {
        hash_ = (hash_ ^ (value & 0xFF)) * prime;
    }
}

void trace::add(duration at, const record& event, std::string_view text) {
    const auto nanoseconds = static_cast<std::uint64_t>(at.count());
    mix(nanoseconds);
    mix(static_cast<std::uint64_t>(event.what));
    mix(event.host);
    mix(event.object);
    mix(event.amount);
    ++size_;
    if (readable_) {
        constexpr std::uint64_t second = 1'000'000'000;
        lines_.push_back(fmt::format(
            "{:>5}.{:09} {:<10} {:<4} {}{}{}{}",
            nanoseconds / second,
            nanoseconds % second,
            event.host < hosts_.size() ? hosts_[event.host] : "",
            event.object ? fmt::format("#{}", event.object) : "",
            words[static_cast<std::size_t>(event.what)],
            event.amount ? fmt::format(" {}", event.amount) : "",
            text.empty() ? "" : " ",
            text
        ));
    }
}

void trace::add_payload(std::span<const std::byte> bytes) noexcept {
    for (const std::byte byte : bytes) {
        hash_ = (hash_ ^ std::to_integer<std::uint64_t>(byte)) * prime;
    }
}

void trace::name_host(std::uint32_t host, std::string name) {
    if (hosts_.size() <= host) {
        hosts_.resize(host + 1);
    }
    hosts_[host] = std::move(name);
}

} // namespace eddy::sim
