// SPDX-License-Identifier: BSL-1.0
#include "load_report.hpp"

#include <fmt/format.h>

namespace client {
namespace {

/// A text in quotes, as JSON wants it (RFC 8259, 7).
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out + '"';
}

double seconds(eddy::duration time) {
    return std::chrono::duration<double>(time).count();
}

struct rates {
    double time; // from the first message to the last one that came back
    double messages;
    double megabytes;
};

rates rates_of(const load_state& state) {
    const auto time = seconds(state.last_verified - state.began);
    const auto messages = time > 0 ? static_cast<double>(state.verified) / time : 0;
    return {time, messages, messages * static_cast<double>(state.options.size) / 1e6};
}

} // namespace

std::string to_short_text(std::uint64_t nanoseconds) {
    const auto value = static_cast<double>(nanoseconds);
    if (value < 1e3) {
        return fmt::format("{} ns", nanoseconds);
    }
    if (value < 1e6) {
        return fmt::format("{:.3g} us", value / 1e3);
    }
    return value < 1e9 ? fmt::format("{:.3g} ms", value / 1e6)
                       : fmt::format("{:.4g} s", value / 1e9);
}

std::string text_report(const load_state& state) {
    const auto& options = state.options;
    const auto rate = rates_of(state);
    auto text = fmt::format(
        "{}: {} connections, {} bytes a message, {} at a time\n"
        "messages    {} sent, {} verified",
        options.where.to_string(),
        options.connections,
        options.size,
        options.depth,
        state.sent,
        state.verified
    );
    if (options.where.is_datagram()) {
        text += fmt::format(", {} lost, {} late or twice", state.lost, state.late);
    }
    text += fmt::format(
        "\nthroughput  {:.0f} messages/s, {:.2f} MB/s each way, in {:.3g} s\nlatency    ",
        rate.messages,
        rate.megabytes,
        rate.time
    );
    for (const auto& shown : percentiles) {
        text += fmt::format(" {} {}", shown.name, to_short_text(state.latency.at(shown.quantile)));
    }
    return text + fmt::format(" max {}\n", to_short_text(state.latency.max()));
}

std::string json_report(const load_state& state) {
    const auto& options = state.options;
    const auto rate = rates_of(state);
    auto text = fmt::format(
        R"({{"endpoint":{},"connections":{},"size":{},"depth":{},"seconds":{:.6f},"sent":{},"verified":{},)"
        R"("lost":{},"late":{},"failure":{},"messages_per_second":{:.3f},"megabytes_per_second":{:.6f},)"
        R"("latency_ns":{{"min":{},"mean":{:.0f})",
        quoted(options.where.to_string()),
        options.connections,
        options.size,
        options.depth,
        rate.time,
        state.sent,
        state.verified,
        state.lost,
        state.late,
        state.failed ? quoted(state.failed->what()) : "null",
        rate.messages,
        rate.megabytes,
        state.latency.min(),
        state.latency.mean()
    );
    for (const auto& shown : percentiles) {
        text += fmt::format(",\"{}\":{}", shown.name, state.latency.at(shown.quantile));
    }
    return text + fmt::format(",\"max\":{}}}}}\n", state.latency.max());
}

std::string progress_line(const load_state& state) {
    const auto time = seconds(eddy::loop_clock::now() - state.began);
    const auto rate = time > 0 ? static_cast<double>(state.verified) / time : 0;
    return fmt::format(
        "{:.1f} s  {} verified  {:.0f} messages/s  {:.2f} MB/s  p99 {}  {} lost",
        time,
        state.verified,
        rate,
        rate * static_cast<double>(state.options.size) / 1e6,
        to_short_text(state.latency.at(0.99)),
        state.lost
    );
}

} // namespace client
