// SPDX-License-Identifier: BSL-1.0
#include "server/listener.hpp"

#include <eddy/core/engine.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace eddy::detail {
namespace {

using sys = std::errc;

std::string remedy_for(const error_code& cause, const endpoint& at) {
    if (cause == sys::address_in_use) {
        return "another process listens there: stop it, or choose another port (0 lets the system "
               "choose)";
    }
    if (cause == sys::permission_denied || cause == sys::operation_not_permitted) {
        if (at.kind() == endpoint::transport::icmp) {
            return "raw sockets need the right CAP_NET_RAW";
        }
        return at.has_host()
                   ? "ports below 1024 need the right CAP_NET_BIND_SERVICE: choose a higher one"
                   : "the path's folder must be writable for this user";
    }
    if (cause == sys::address_not_available) {
        return "no interface of this host has that address: use one that it has, or [::] for all";
    }
    if (cause == sys::no_such_file_or_directory) {
        return "make the folder of that path first";
    }
    if (cause == sys::bad_file_descriptor) {
        return "no such descriptor was passed to this process";
    }
    if (cause == errc::no_such_host) {
        return "write an address, or a name that this host can look up";
    }
    if (cause == errc::not_supported) {
        return "this engine cannot listen on that kind of endpoint";
    }
    return "see the system's error";
}

[[noreturn]] void refuse(const endpoint& at, const error_code& cause) {
    throw error(
        cause,
        "endpoint \"" + at.to_string() + "\": cannot listen: " + cause.message() + "; " +
            remedy_for(cause, at)
    );
}

/// The addresses behind a name, as endpoints; the endpoint itself when it is no name.
std::vector<endpoint> expand(const endpoint& at, engine& driver) {
    if (!at.has_host() || at.numeric()) {
        return {at};
    }
    auto found = driver.resolve_now(at.host(), at.port());
    if (!found) {
        refuse(at, found.error());
    }
    std::vector<endpoint> all;
    for (const auto& each : *found) {
        all.emplace_back(at.kind(), each);
    }
    return all;
}

/// An address of the name that this host does not have now (IPv6 is off) is no reason to fail when
/// another one works.
bool is_missing_address(const error_code& cause) noexcept {
    return cause == sys::address_not_available || cause == sys::address_family_not_supported;
}

/// All addresses of a name share the port that the first one got.
endpoint with_port_of(const endpoint& at, const endpoint& first) {
    if (!at.has_host() || at.port() != 0 || first.port() == 0) {
        return at;
    }
    return {at.kind(), at.numeric()->with_port(first.port())};
}

/// Opens a socket on an address, and keeps it.
error_code open_socket(
    listener& what,
    const endpoint& at,
    const socket_options& options,
    engine& driver,
    opened_sockets& keeper
) {
    const bool may_be_either = at.kind() == endpoint::transport::fd;
    if (!at.is_datagram() && what.service.takes_sessions()) {
        auto opened = driver.listen(at, options);
        if (opened) {
            keeper.acceptors.push_back(std::move(*opened));
            return {};
        }
        if (!may_be_either || !what.service.takes_datagrams() ||
            opened.error() != errc::not_supported) {
            return opened.error();
        }
    }
    auto port = driver.bind(at, options);
    if (port) {
        keeper.ports.push_back(std::move(*port));
    }
    return port.error();
}

/// Opens an address on each loop that is to accept there. The first socket has the port alone, so
/// that a process which listens there already shows; then it lets the others join.
error_code open_at(listener& what, const endpoint& at, std::span<engine* const> loops) {
    auto& first = what.opened.front();
    const bool is_first = first.acceptors.empty() && first.ports.empty();
    const auto& options = what.options;
    if (const auto failure = open_socket(what, at, options.socket, *loops.front(), first)) {
        return failure;
    }
    const bool is_stream = !first.acceptors.empty();
    const endpoint where =
        is_stream ? first.acceptors.back()->local() : first.ports.back()->local();
    what.bound = is_first ? where : what.bound;
    if (options.accepting == accept_on::first_loop || loops.size() == 1) {
        return {};
    }
    auto failure =
        is_stream ? first.acceptors.back()->share_port() : first.ports.back()->share_port();
    socket_options joining = options.socket;
    joining.reuse_port = true;
    for (std::size_t i = 1; i != loops.size() && !failure; ++i) {
        failure = open_socket(what, where, joining, *loops[i], what.opened[i]);
    }
    return failure;
}

} // namespace

bool is_due(std::atomic<time_point>& next, time_point now, duration interval) noexcept {
    time_point at = next.load(std::memory_order_relaxed);
    return now >= at && next.compare_exchange_strong(at, now + interval);
}

void open_listener(listener& what, std::span<engine* const> loops) {
    for (auto& each : what.opened) {
        each = opened_sockets();
    }
    what.bound = what.at;
    const auto all = expand(what.at, *loops.front());
    error_code missing;
    for (const auto& each : all) {
        const auto failure = open_at(what, with_port_of(each, what.bound), loops);
        if (failure && (all.size() == 1 || !is_missing_address(failure))) {
            refuse(what.at, failure);
        }
        missing = failure ? failure : missing;
    }
    if (what.opened.front().acceptors.empty() && what.opened.front().ports.empty()) {
        refuse(what.at, missing);
    }
}

std::uint64_t listener::sum(relaxed_count listener_counts::* count) const noexcept {
    return std::accumulate(
        counts_.begin(),
        counts_.end(),
        std::uint64_t(0),
        [count](std::uint64_t before, const listener_counts& each) {
            return before + (each.*count).load();
        }
    );
}

std::uint64_t listener::live() const noexcept {
    return sum(&listener_counts::live);
}

std::uint64_t listener::ended(close_reason why) const noexcept {
    std::uint64_t sessions = 0;
    for (const auto& each : counts_) {
        sessions += each.ended_by[static_cast<std::size_t>(why)].load();
    }
    return sessions;
}

proxy_report listener::proxy() const noexcept {
    proxy_report made;
    for (const auto& each : counts_) {
        made.headers += each.proxy.headers.load();
        made.silent += each.proxy.silent.load();
        made.late += each.proxy.late.load();
        made.broken += each.proxy.broken.load();
        made.malformed += each.proxy.malformed.load();
        made.untrusted += each.proxy.untrusted.load();
        made.skipped += each.proxy.skipped.load();
    }
    return made;
}

listener_report listener::report() const {
    using counts = listener_counts;
    listener_report made;
    made.name = label();
    made.endpoint = bound.to_string();
    made.accepted = sum(&counts::accepted);
    made.live = sum(&counts::live);
    made.finished = sum(&counts::finished);
    made.idle_closed = sum(&counts::idle_closed);
    made.failed = sum(&counts::failed);
    made.forced = sum(&counts::forced);
    made.unserved = sum(&counts::unserved);
    made.proxy = proxy();
    made.bytes_received = sum(&counts::bytes_received);
    made.bytes_sent = sum(&counts::bytes_sent);
    for (std::size_t why = 0; why != close_reasons; ++why) {
        made.ended_by[why] = ended(static_cast<close_reason>(why));
    }
    made.accept_errors = sum(&counts::accept_errors);
    made.accept_pauses = sum(&counts::accept_pauses);
    made.full_pauses = sum(&counts::full_pauses);
    made.refused = sum(&counts::refused);
    made.refused_by_source = sum(&counts::refused_by_source);
    made.refused_by_rate = sum(&counts::refused_by_rate);
    made.is_paused = sum(&counts::paused) != 0;
    made.is_broken = sum(&counts::broken) != 0 || has_broken_socket();
    made.datagrams = datagrams();
    return made;
}

void listener::reset_counts() noexcept {
    for (auto& each : counts_) {
        for (auto* count : {&each.accepted,        &each.live,
                            &each.finished,        &each.idle_closed,
                            &each.failed,          &each.forced,
                            &each.unserved,        &each.bytes_received,
                            &each.bytes_sent,      &each.accept_errors,
                            &each.accept_pauses,   &each.full_pauses,
                            &each.refused,         &each.refused_by_source,
                            &each.refused_by_rate, &each.paused,
                            &each.broken,          &each.proxy.headers,
                            &each.proxy.silent,    &each.proxy.late,
                            &each.proxy.broken,    &each.proxy.malformed,
                            &each.proxy.untrusted, &each.proxy.skipped}) {
            count->store(0);
        }
        for (auto& count : each.ended_by) {
            count.store(0);
        }
    }
    const std::lock_guard guard(mutex_);
    sockets_.clear();
}

void listener::count_too(std::shared_ptr<const datagram_counters> socket) {
    const std::lock_guard guard(mutex_);
    sockets_.push_back(std::move(socket));
}

bool listener::has_broken_socket() const noexcept {
    const std::lock_guard guard(mutex_);
    return std::any_of(sockets_.begin(), sockets_.end(), [](const auto& each) {
        return each->broken.load() != 0;
    });
}

datagram_stats listener::datagrams() const noexcept {
    const std::lock_guard guard(mutex_);
    datagram_stats sum;
    for (const auto& each : sockets_) {
        each->add_to(sum);
    }
    return sum;
}

} // namespace eddy::detail
