// SPDX-License-Identifier: BSL-1.0
#include "ping.hpp"

#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/net/datagrams.hpp>

#include "failure.hpp"
#include "icmp_message.hpp"
#include "interrupt.hpp"
#include "terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>

namespace client {
namespace {

/// What ping has sent since 1983; with the header of ICMP it makes 64 bytes.
constexpr std::size_t payload_size = 56;

double milliseconds(eddy::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

eddy::task<eddy::address> find_host(const ping_options& options) {
    const auto found = co_await eddy::resolve(options.host, 0, options.timeout);
    if (!found) {
        throw connect_failure(options.host, found.error(), options.timeout);
    }
    for (const auto& candidate : *found) {
        if (options.family == eddy::address::family::none || options.family == candidate.kind()) {
            co_return candidate;
        }
    }
    throw failure(exit_status::failed, options.host + ": has no address of that family");
}

eddy::datagrams open_raw(icmp_version version) {
    eddy::socket_options sizes;
    sizes.max_datagram =
        2048; // the socket hears all ICMP of this host; long messages are not for us
    auto opened = eddy::datagrams::open(
        version == icmp_version::v4 ? "icmp://0.0.0.0" : "icmp://[::]", sizes
    );
    if (opened) {
        return std::move(*opened);
    }
    if (opened.error() == std::errc::operation_not_permitted ||
        opened.error() == std::errc::permission_denied) {
        throw failure(
            exit_status::not_permitted,
            "raw ICMP needs the right CAP_NET_RAW; run this as root, or grant the right once: "
            "sudo setcap cap_net_raw+ep \"$(command -v eddy)\""
        );
    }
    throw failure(exit_status::failed, "cannot open a raw socket: " + opened.error().message());
}

class pinger {
public:
    pinger(const ping_options& options, eddy::address peer)
        : options_(&options), peer_(std::move(peer)),
          version_(
              peer_.kind() == eddy::address::family::ipv4 ? icmp_version::v4 : icmp_version::v6
          ),
          socket_(open_raw(version_)) {
        for (std::size_t i = 0; i != payload_.size(); ++i) {
            payload_[i] = static_cast<std::byte>(i);
        }
    }

    eddy::task<> run() {
        print(fmt::format(
            "PING {} ({}): {} bytes\n", options_->host, peer_.host_string(), payload_size
        ));
        while (sent_ != options_->count || options_->count == 0) {
            if (sent_ != 0) {
                co_await eddy::sleep_until(last_sent_ + options_->interval);
            }
            co_await ask();
        }
    }

    void print_summary() const {
        const auto lost = sent_ == 0 ? 0.0
                                     : 100.0 * static_cast<double>(sent_ - answered_) /
                                           static_cast<double>(sent_);
        print(fmt::format("{} sent, {} answered, {:.3g} % lost\n", sent_, answered_, lost));
        if (answered_ != 0) {
            print(fmt::format(
                "rtt min/avg/max {:.3f}/{:.3f}/{:.3f} ms\n",
                milliseconds(shortest_),
                milliseconds(total_) / static_cast<double>(answered_),
                milliseconds(longest_)
            ));
        }
    }

    void check() const {
        if (wrong_ != 0) {
            throw failure(
                exit_status::wrong_answer,
                options_->host + ": replies with other data than was sent"
            );
        }
        if (answered_ == 0) {
            throw failure(exit_status::timed_out, options_->host + ": no answer");
        }
    }

private:
    eddy::task<> ask() {
        ++sent_;
        last_sent_ = eddy::loop_clock::now();
        const auto request = encode_request(version_, {identifier_, sequence(), payload_});
        if (const auto sent = co_await socket_.send(peer_, std::span(request)); !sent) {
            throw failure(
                exit_status::failed, options_->host + ": cannot send: " + sent.error().message()
            );
        }
        const auto limit = eddy::deadline::after(last_sent_, options_->timeout);
        for (;;) {
            const auto batch = co_await socket_.receive(limit);
            if (batch.error() == eddy::errc::cancelled) {
                throw eddy::cancelled();
            }
            if (!batch) {
                print(fmt::format(
                    "no answer to seq={} within {}\n", sent_, to_text(options_->timeout)
                ));
                co_return;
            }
            if (std::any_of(batch->begin(), batch->end(), [this](const auto& one) {
                    return answers(one);
                })) {
                co_return;
            }
        }
    }

    bool answers(const eddy::datagram& received) {
        const auto reply = decode_reply(version_, received.data);
        if (!reply || reply->identifier != identifier_ || reply->sequence != sequence()) {
            return false; // another program's, or one that came too late
        }
        const auto rtt = eddy::loop_clock::now() - last_sent_;
        const bool is_right = std::ranges::equal(reply->payload, payload_);
        answered_ += is_right ? 1 : 0;
        wrong_ += is_right ? 0 : 1;
        total_ += rtt;
        shortest_ = std::min(shortest_, rtt);
        longest_ = std::max(longest_, rtt);
        print(fmt::format(
            "{} bytes from {}: seq={} time={:.3f} ms{}\n",
            received.data.size(),
            received.peer.host_string(),
            sent_,
            milliseconds(rtt),
            is_right ? "" : " WRONG DATA"
        ));
        return true;
    }

    [[nodiscard]] std::uint16_t sequence() const noexcept {
        return static_cast<std::uint16_t>(sent_);
    }

    const ping_options* options_;
    eddy::address peer_;
    icmp_version version_;
    eddy::datagrams socket_;
    std::array<std::byte, payload_size> payload_;
    std::uint16_t identifier_ = static_cast<std::uint16_t>(std::random_device()());
    eddy::time_point last_sent_;
    std::uint64_t sent_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t wrong_ = 0;
    eddy::duration shortest_ = eddy::duration::max();
    eddy::duration longest_ = eddy::duration::zero();
    eddy::duration total_ = eddy::duration::zero();
};

eddy::task<> ping(const ping_options& options) {
    pinger asking(options, co_await find_host(options));
    eddy::scope running;
    const on_interrupt guard([&] { running.request_stop(); });
    running.spawn(asking.run());
    co_await running.join();
    asking.print_summary();
    asking.check();
}

} // namespace

void run_ping(const ping_options& options) {
    eddy::loop loop;
    loop.run(ping(options));
}

} // namespace client
