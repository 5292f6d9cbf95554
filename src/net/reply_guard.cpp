// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/log.hpp>
#include <eddy/net/reply_guard.hpp>

#include "net/datagrams_state.hpp"
#include "net/judge_reply.hpp"
#include "net/loop_detector.hpp"
#include "net/rate_bucket.hpp"
#include "net/reply_budgets.hpp"
#include "net/source_rates.hpp"

#include <algorithm>
#include <bit>
#include <exception>
#include <optional>
#include <utility>

namespace eddy {
namespace {

constexpr std::size_t sources_kept = 4096;

/// Two seconds' worth at once: clients come in bursts.
constexpr duration burst = std::chrono::seconds(2);

} // namespace

struct reply_guard::state {
    state(const datagrams& socket, reply_rules chosen);

    [[nodiscard]] reply_verdict judge(const datagram& received, time_point now) noexcept;
    [[nodiscard]] reply_verdict judge_rates(const address& peer, time_point now) noexcept;
    void note(reply_verdict verdict, const address& peer) noexcept;
    void log_refusal(log::level at, reply_verdict why, const address& peer) const noexcept;

    const reply_rules rules;
    const endpoint local;
    const detail::served_port entry{local};
    const std::shared_ptr<detail::datagram_counters> counted;
    detail::loop_detector loops;
    std::optional<detail::source_rates> per_source;
    const detail::rate_limit limit;
    detail::rate_bucket all;
    std::optional<detail::reply_budgets> budgets;
    std::uint64_t loops_begun = 0;
};

reply_guard::state::state(const datagrams& socket, reply_rules chosen)
    : rules(std::move(chosen)), local(socket.local()), counted(detail::state_of(socket).counters()),
      loops(rules.repeats, rules.silence), limit(rules.rate, burst) {
    if (rules.rate_per_source != 0) {
        per_source.emplace(detail::rate_limit(rules.rate_per_source, burst), sources_kept);
    }
    if (rules.amplification != 0) {
        budgets.emplace(rules.amplification);
    }
}

reply_verdict reply_guard::state::judge(const datagram& received, time_point now) noexcept {
    using finding = detail::loop_detector::finding;
    const address& peer = received.peer;
    const auto verdict = judge_reply(received, detail::served_ports::of_process());
    if (verdict != reply_verdict::allowed || !peer.is_ip()) {
        return verdict;
    }
    if (!rules.allow.empty() &&
        std::none_of(rules.allow.begin(), rules.allow.end(), [&](auto& each) {
            return each.contains(peer);
        })) {
        return reply_verdict::not_listed;
    }
    if (budgets && budgets->is_confirmed(peer, now)) {
        return reply_verdict::allowed;
    }
    const auto found = loops.look(peer, received.data, now);
    loops_begun += found == finding::begins ? 1 : 0;
    if (found == finding::begins && std::has_single_bit(loops_begun)) {
        log_refusal(log::level::warning, reply_verdict::loop, peer);
    }
    return found == finding::fine ? judge_rates(peer, now) : reply_verdict::loop;
}

reply_verdict reply_guard::state::judge_rates(const address& peer, time_point now) noexcept {
    if (peer.is_loopback()) {
        return reply_verdict::allowed;
    }
    if (per_source && !per_source->take(detail::source_prefix(peer), now)) {
        return reply_verdict::source_rate;
    }
    return all.take(limit, now) ? reply_verdict::allowed : reply_verdict::rate;
}

void reply_guard::state::note(reply_verdict verdict, const address& peer) noexcept {
    const auto count = counted->judged[static_cast<std::size_t>(verdict)].add(1);
    // Each power of two, so that a flood of datagrams is no flood of lines.
    if (verdict != reply_verdict::allowed && std::has_single_bit(count) &&
        log::is_enabled(log::level::debug)) {
        log_refusal(log::level::debug, verdict, peer);
    }
}

void reply_guard::state::log_refusal(log::level at, reply_verdict why, const address& peer)
    const noexcept {
    try {
        const bool begins = at == log::level::warning;
        log::write(
            at,
            begins ? "a peer is not answered for a while" : "datagram not answered",
            {{"endpoint", local.to_string()},
             {"reason", to_string(why)},
             {"peer", peer.to_string()},
             {"count", begins ? loops_begun : counted->judged[std::size_t(why)].load()}}
        );
    } catch (const std::exception&) {
        log::write(at, "datagram not answered", {{"reason", to_string(why)}}); // without memory
    }
}

reply_guard::reply_guard(const datagrams& socket, reply_rules rules)
    : state_(std::make_unique<state>(socket, std::move(rules))) {}

reply_guard::reply_guard(reply_guard&&) noexcept = default;
reply_guard& reply_guard::operator=(reply_guard&&) noexcept = default;
reply_guard::~reply_guard() = default;

bool reply_guard::allows(const datagram& received) noexcept {
    const auto now = loop_clock::now();
    const auto verdict = state_->judge(received, now);
    if (verdict == reply_verdict::allowed && state_->budgets && received.peer.is_ip()) {
        state_->budgets->received(received.peer, received.data.size(), now);
    }
    state_->note(verdict, received.peer);
    return verdict == reply_verdict::allowed;
}

bool reply_guard::may_send(const address& peer, std::size_t size) noexcept {
    if (!state_->budgets || !peer.is_ip() || state_->budgets->send(peer, size, loop_clock::now())) {
        return true;
    }
    state_->note(reply_verdict::too_large, peer);
    return false;
}

void reply_guard::confirm(const address& peer) noexcept {
    if (state_->budgets && peer.is_ip()) {
        state_->budgets->confirm(peer, loop_clock::now());
    }
}

} // namespace eddy
