// SPDX-License-Identifier: BSL-1.0
#include "net/reply_budgets.hpp"

#include "net/keyed_hash.hpp"

namespace eddy::detail {
namespace {

constexpr std::size_t peers_kept = 4096;

/// Of IPv4 and UDP: on the network an empty datagram has a size too.
constexpr std::size_t headers = 20 + 8;

std::uint64_t key_of(const address& peer) noexcept {
    return keyed_hash().add(peer).value();
}

} // namespace

reply_budgets::reply_budgets(std::uint32_t amplification)
    : amplification_(amplification), peers_(peers_kept) {}

reply_budgets::budget* reply_budgets::find(const address& peer, time_point now) noexcept {
    budget* known = peers_.find(key_of(peer));
    return known && now - known->last_heard <= expiry ? known : nullptr;
}

reply_budgets::budget& reply_budgets::enter(const address& peer, time_point now) noexcept {
    budget& known = peers_.enter(key_of(peer));
    if (known.last_heard == time_point::min() || now - known.last_heard > expiry) {
        known = budget{.key = known.key};
    }
    known.last_heard = now;
    return known;
}

bool reply_budgets::is_confirmed(const address& peer, time_point now) noexcept {
    const budget* known = find(peer, now);
    return known && known->is_confirmed;
}

void reply_budgets::received(const address& peer, std::size_t size, time_point now) noexcept {
    enter(peer, now).in += size + headers;
}

bool reply_budgets::send(const address& peer, std::size_t size, time_point now) noexcept {
    budget* known = find(peer, now);
    if (!known) {
        return false;
    }
    const std::uint64_t out = known->out + size + headers;
    if (!known->is_confirmed && out > known->in * amplification_) {
        return false;
    }
    known->out = out;
    return true;
}

void reply_budgets::confirm(const address& peer, time_point now) noexcept {
    enter(peer, now).is_confirmed = true;
}

} // namespace eddy::detail
