// SPDX-License-Identifier: BSL-1.0
#include "server/served_session.hpp"

#include <eddy/core/log.hpp>
#include <eddy/core/loop.hpp>

#include "server/shard.hpp"

#include <utility>

namespace eddy::detail {
namespace {

/// Whatever is short is short for each one that comes.
constexpr duration note_every = std::chrono::seconds(10);

void note_no_room(listener& from, const std::exception& refused, time_point now) noexcept {
    if (is_due(from.next_room_note, now, note_every)) {
        log::warning(
            "a session finds no room", {{"listener", from.label()}, {"reason", refused.what()}}
        );
    }
}

} // namespace

served_session::served_session(
    shard& here, listener& from, work_token token, load_guard place
) noexcept
    : shard_(&here), from_(&from), token_(std::move(token)), place_(std::move(place)),
      counted_(from.counts(here.index())) {
    owner = &here.owner();
}

void served_session::begin(std::unique_ptr<stream> accepted) noexcept {
    auto& activity = owner->activity();
    const auto before = activity.save();
    if (open(std::move(accepted))) {
        serve();
    } else {
        delete this;
    }
    activity.restore(before);
}

/// False when the session finds no room: in memory, or in the loop's poll set.
bool served_session::open(std::unique_ptr<stream> accepted) noexcept {
    try {
        peer_ = session(std::move(accepted), &from_->options.limits);
    } catch (const std::exception& refused) {
        counted_.end(&listener_counts::failed);
        note_no_room(*from_, refused, owner->now());
        return false;
    }
    counted_.counts().accepted.add(1);
    account = {from_->label().c_str(), peer_->id()};
    owner->activity().begin(account, {});
    shard_->enter(entry_.emplace(*this, *peer_));
    return true;
}

void served_session::serve() noexcept {
    task<> first;
    try {
        const bool is_direct = from_->options.proxy.mode == proxy_protocol::off;
        first = is_direct ? from_->service(*peer_) : serve_client();
    } catch (...) {
        close(std::current_exception());
        return;
    }
    run(std::move(first));
}

/// Behind a proxy, which says first whom the session is with.
task<> served_session::serve_client() {
    const bool is_served = co_await shard_->learn_client(*from_, *peer_, token_.slot());
    if (is_served) {
        co_await from_->service(*peer_);
    } else {
        counted_.end(shard_->is_stopped() ? &listener_counts::forced : &listener_counts::unserved);
    }
}

void served_session::run(task<> next) noexcept {
    running_ = std::move(next);
    root = &running_.handle().promise();
    root->context = this;
    running_.handle().resume(); // may be the end of this
}

void served_session::finished() noexcept {
    const std::exception_ptr thrown = std::exchange(root->failure, nullptr);
    if (!is_closing_) {
        close(thrown);
        return;
    }
    if (thrown) {
        log::warning("a session could not be closed in order", {{"listener", from_->label()}});
    }
    end();
}

/// The handler is done, or could not begin.
void served_session::close(const std::exception_ptr& thrown) noexcept {
    is_closing_ = true;
    counted_.note_end(*from_, thrown, shard_->is_stopped(), entry_->was_idle);
    running_ = task<>();
    root = nullptr;
    task<> closing;
    try {
        closing = peer_->close(from_->options.linger);
    } catch (const std::bad_alloc&) {
        end(); // the session sends what its transport takes at once
        return;
    }
    run(std::move(closing));
}

void served_session::end() noexcept {
    shard_->note_frames();
    if (const auto why = peer_->ended_by(); why != close_reason::none) {
        counted_.counts().ended_by[static_cast<std::size_t>(why)].add(1);
        log::debug(
            "a session was ended",
            {{"listener", from_->label()}, {"reason", to_string(why)}, {"session", peer_->id()}}
        );
    }
    counted_.counts().bytes_received.add(peer_->stats().bytes_received);
    counted_.counts().bytes_sent.add(peer_->stats().bytes_sent);
    delete this;
}

} // namespace eddy::detail
