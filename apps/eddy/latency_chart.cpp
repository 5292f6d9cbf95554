// SPDX-License-Identifier: BSL-1.0
#include "latency_chart.hpp"

#include "failure.hpp"
#include "load_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <system_error>

namespace client {
namespace {

// In the units of the picture.
constexpr double width = 720;
constexpr double height = 400;
constexpr double left = 80;
constexpr double right = 700;
constexpr double top = 50;
constexpr double bottom = 350;

/// Points of the curve for each nine.
constexpr int steps_per_nine = 40;

std::string escaped_xml(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

/// Where things are: `nines` to the right (0.9 is one, 0.99 two), powers of ten of a nanosecond up.
class axes {
public:
    explicit axes(const histogram& latency)
        : nines_(std::max(1.0, std::ceil(std::log10(static_cast<double>(latency.count()))))),
          lowest_(std::floor(std::log10(std::max(1.0, static_cast<double>(latency.min()))))),
          highest_(std::ceil(std::log10(std::max(10.0, static_cast<double>(latency.max()))))) {
        highest_ = std::max(highest_, lowest_ + 1);
    }

    [[nodiscard]] int nines() const noexcept { return static_cast<int>(nines_); }

    [[nodiscard]] int lowest() const noexcept { return static_cast<int>(lowest_); }

    [[nodiscard]] int highest() const noexcept { return static_cast<int>(highest_); }

    [[nodiscard]] double x(double nines) const noexcept {
        return left + (right - left) * nines / nines_;
    }

    [[nodiscard]] double y(std::uint64_t value) const noexcept {
        const double power = std::log10(std::max(1.0, static_cast<double>(value)));
        return bottom - (bottom - top) * (power - lowest_) / (highest_ - lowest_);
    }

private:
    double nines_;
    double lowest_;
    double highest_;
};

double quantile_of(double nines) noexcept {
    return 1 - std::pow(10, -nines);
}

std::string line(double x1, double y1, double x2, double y2) {
    return fmt::format(
        R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="#ccc"/>)", x1, y1, x2, y2
    );
}

std::string label(double x, double y, const char* anchor, const std::string& text) {
    return fmt::format(
        R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", x, y, anchor, text
    );
}

std::string grid(const axes& in) {
    std::string out;
    std::uint64_t value = 1;
    for (int power = 0; power <= in.highest(); ++power, value *= 10) {
        if (power >= in.lowest()) {
            out += line(left, in.y(value), right, in.y(value));
            out += label(left - 8, in.y(value) + 4, "end", to_short_text(value)) + '\n';
        }
    }
    for (int nines = 0; nines <= in.nines(); ++nines) {
        out += line(in.x(nines), top, in.x(nines), bottom);
        out += label(
                   in.x(nines),
                   bottom + 18,
                   "middle",
                   fmt::format("{:.10g} %", 100 * quantile_of(nines))
               ) +
               '\n';
    }
    return out;
}

std::string curve(const axes& in, const histogram& latency) {
    std::string out = R"(<polyline fill="none" stroke="#0a58ca" stroke-width="2" points=")";
    for (int step = 0; step <= in.nines() * steps_per_nine; ++step) {
        const double nines = static_cast<double>(step) / steps_per_nine;
        const auto value =
            step == in.nines() * steps_per_nine ? latency.max() : latency.at(quantile_of(nines));
        out += fmt::format("{:.1f},{:.1f} ", in.x(nines), in.y(value));
    }
    return out + "\"/>\n";
}

std::string marks(const axes& in, const histogram& latency) {
    std::string out;
    for (const auto& shown : percentiles) {
        const auto nines = -std::log10(1 - shown.quantile);
        if (nines > in.nines()) {
            break;
        }
        const auto value = latency.at(shown.quantile);
        out += fmt::format(
            R"(<circle cx="{:.1f}" cy="{:.1f}" r="4" fill="#0a58ca"/>)", in.x(nines), in.y(value)
        );
        out += label(
                   in.x(nines),
                   in.y(value) - 10,
                   "middle",
                   fmt::format("{} {}", shown.name, to_short_text(value))
               ) +
               '\n';
    }
    return out;
}

} // namespace

std::string latency_chart(const histogram& latency, const std::string& title) {
    auto out = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" font-family="sans-serif" font-size="12">)"
        "\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        width,
        height
    );
    out += label(width / 2, 24, "middle", escaped_xml(title)) + '\n';
    out += label(width / 2, height - 8, "middle", "share of messages that took no longer") + '\n';
    if (latency.count() == 0) {
        out += label(width / 2, height / 2, "middle", "no message came back") + '\n';
    } else {
        const axes in(latency);
        out += grid(in) + curve(in, latency) + marks(in, latency);
    }
    return out + "</svg>\n";
}

void write_file(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content << std::flush;
    if (!file) {
        throw failure(exit_status::failed, path + ": " + std::generic_category().message(errno));
    }
}

} // namespace client
