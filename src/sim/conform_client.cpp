// SPDX-License-Identifier: BSL-1.0
#include "sim/conform_client.hpp"

#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/sim/world.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace eddy::sim::detail {
namespace {

using namespace std::chrono_literals;

/// Longer than anything is on its way in a calm world, so that the pieces before a pause are
/// handled one by one.
constexpr duration pause = 10ms;

/// More than any answer: what a flooded service says is not kept.
constexpr std::size_t heard_max = std::size_t{1024} * 1024;

constexpr std::size_t flood_piece = std::size_t{16} * 1024;

void append(std::string& text, std::span<const std::byte> bytes) {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

} // namespace

conform_client::conform_client(
    host& home, const conversation& talk, client_manner manner, duration patience
)
    : home_(&home), talk_(&talk), manner_(std::move(manner)), patience_(patience) {}

void conform_client::start(endpoint where) {
    home_->spawn_daemon(play(std::move(where)));
}

void conform_client::reset() {
    if (session_) {
        session_->abort();
    }
    silent_ = true;
}

void conform_client::end() {
    if (session_) {
        session_->shutdown_send();
    }
    silent_ = true;
}

task<> conform_client::play(endpoint where) {
    auto connected = co_await connect(std::move(where));
    if (!connected) {
        trouble_ = "the client cannot connect: " + connected.error().message();
        done_ = true;
        co_return;
    }
    session_ = &*connected;
    std::size_t to_hear = 0;
    bool goes_on = true;
    for (const auto& step : talk_->steps()) {
        if (step.what == conversation::step::kind::send) {
            goes_on = co_await say(step.bytes);
        } else {
            to_hear += step.bytes.size();
            goes_on = manner_.hurries || co_await hear(to_hear);
        }
        if (!goes_on) {
            break;
        }
    }
    if (goes_on) {
        goes_on = co_await hear(to_hear);
    }
    if (goes_on && !manner_.afterwards.empty()) {
        co_await session_->write(manner_.afterwards);
    }
    if (goes_on && manner_.flood != 0) {
        co_await overwhelm();
    }
    if (manner_.ends && !silent_) {
        session_->shutdown_send();
    }
    co_await listen_to_the_end();
    session_ = nullptr;
    done_ = true;
}

/// Sends a message with the pauses of the client's manner. False when the conversation ends here.
task<bool> conform_client::say(std::string_view bytes) {
    while (!bytes.empty()) {
        if (silent_ || manner_.ends_after == said_) {
            co_return false;
        }
        std::size_t next = said_ + bytes.size();
        const auto cut = std::upper_bound(manner_.pauses.begin(), manner_.pauses.end(), said_);
        if (cut != manner_.pauses.end()) {
            next = std::min(next, *cut);
        }
        next = std::min(next, manner_.ends_after.value_or(next));
        const auto piece = bytes.substr(0, next - said_);
        bytes.remove_prefix(piece.size());
        said_ = next;
        const auto written = co_await session_->write(piece);
        if (!written) {
            co_return false;
        }
        if (std::binary_search(manner_.pauses.begin(), manner_.pauses.end(), said_)) {
            co_await session_->flush();
            co_await sleep(pause);
        }
    }
    co_return manner_.ends_after != said_;
}

/// Reads until so many bytes have been heard in all. False when they do not come.
task<bool> conform_client::hear(std::size_t total) {
    while (heard_.size() < total && !silent_) {
        if (manner_.reads_after != duration::zero()) {
            co_await sleep(manner_.reads_after);
        }
        const auto bytes = co_await session_->read(within(patience_));
        if (!bytes) {
            if (!silent_) {
                trouble_ = bytes.error() == errc::timed_out
                               ? fmt::format("no answer within {} s", patience_ / 1s)
                               : "the session ends before the answer: " + bytes.error().message();
            }
            co_return false;
        }
        append(heard_, *bytes);
    }
    co_return !silent_;
}

task<> conform_client::listen_to_the_end() {
    while (auto bytes = co_await session_->read()) {
        if (heard_.size() < heard_max) {
            append(heard_, *bytes);
        }
    }
}

task<> conform_client::overwhelm() {
    auto reading = [](conform_client& self) -> task<> {
        while (auto bytes = co_await self.session_->read()) {
        }
    };
    std::string piece;
    while (piece.size() < flood_piece) {
        piece += manner_.floods_with_messages && !talk_->sent().empty() ? talk_->sent() : "x";
    }
    scope reader;
    if (manner_.reads_in_flood) {
        reader.spawn(reading(*this));
    }
    for (std::size_t sent = 0; sent < manner_.flood; sent += piece.size()) {
        const auto written = co_await session_->write(piece);
        if (!written) {
            break;
        }
    }
    reader.request_stop();
    co_await reader.join();
}

} // namespace eddy::sim::detail
