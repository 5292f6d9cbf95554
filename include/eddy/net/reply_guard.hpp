// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagrams.hpp>
#include <eddy/net/reply_rules.hpp>

#include <cstddef>
#include <memory>

namespace eddy {

/// Keeps a datagram handler from being turned against others.
///
/// The source of a datagram is what its sender writes there. One datagram with a forged source
/// makes two services answer each other for ever (CVE-1999-0103), and many make an answering
/// service send its answers to a victim. So this says which datagrams may be answered: not those
/// that come from where services are (ports below 1024, ports of protocols known for it, ports that
/// this process serves, multicast and broadcast), not those of strangers when `reply_rules::allow`
/// is set, no loops, and no more than a rate.
///
/// A peer that has shown that it gets what it is sent, so that its address is no forgery, is
/// exempt from the rates, the loop detector and `may_send` after `confirm`.
///
/// What is remembered of peers needs up to 400 KiB and never grows: of 4,096 peers and sources, the
/// ones that have been silent longest are forgotten for new ones.
///
/// @par Errors
/// The constructor may throw `std::bad_alloc`; nothing else throws. Each verdict is counted in
/// `datagrams::stats`, and those that refuse are logged at `debug`, at each power of two of their
/// number; a peer that is silenced for a loop is a warning, at the same intervals.
///
/// @par Thread safety
/// On the loop of its socket only, whose clock it uses.
///
/// @par Example
/// @snippet examples/08_datagrams/main.cpp answer
class EDDY_EXPORT reply_guard {
public:
    /// Makes the socket's port known as one that this process serves. May outlive the socket.
    explicit reply_guard(const datagrams& socket, reply_rules rules = {});
    reply_guard(reply_guard&&) noexcept;
    reply_guard& operator=(reply_guard&&) noexcept;
    ~reply_guard();

    /// Whether `received` may be answered. Ask once for each datagram: it is counted.
    [[nodiscard]] bool allows(const datagram& received) noexcept;

    /// Whether an answer of `size` bytes may go to `peer`, from whom an allowed datagram has come;
    /// then it is counted as sent. Ask once for each datagram that is to be sent.
    [[nodiscard]] bool may_send(const address& peer, std::size_t size) noexcept;

    /// `peer` has sent something that it can only know from an answer, say a random number that it
    /// was sent. Holds until it has been silent for a minute.
    void confirm(const address& peer) noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace eddy
