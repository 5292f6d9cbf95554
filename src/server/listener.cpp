// SPDX-License-Identifier: BSL-1.0
#include "server/listener.hpp"

#include <eddy/core/engine.hpp>

#include <algorithm>
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

/// Opens one address, and keeps what was opened.
error_code open_at(listener& what, const endpoint& at, engine& driver) {
    const bool is_first = what.acceptors.empty() && what.ports.empty();
    const bool may_be_either = at.kind() == endpoint::transport::fd;
    if (!at.is_datagram() && what.service.takes_sessions()) {
        auto opened = driver.listen(at, what.options.socket);
        if (opened) {
            what.bound = is_first ? (*opened)->local() : what.bound;
            what.acceptors.push_back(std::move(*opened));
            return {};
        }
        if (!may_be_either || !what.service.takes_datagrams() ||
            opened.error() != errc::not_supported) {
            return opened.error();
        }
    }
    auto port = driver.bind(at, what.options.socket);
    if (port) {
        what.bound = is_first ? (*port)->local() : what.bound;
        what.ports.push_back(std::move(*port));
    }
    return port.error();
}

} // namespace

void open_listener(listener& what, engine& driver) {
    what.acceptors.clear();
    what.ports.clear();
    what.bound = what.at;
    const auto all = expand(what.at, driver);
    error_code missing;
    for (const auto& each : all) {
        const auto failure = open_at(what, with_port_of(each, what.bound), driver);
        if (failure && (all.size() == 1 || !is_missing_address(failure))) {
            refuse(what.at, failure);
        }
        missing = failure ? failure : missing;
    }
    if (what.acceptors.empty() && what.ports.empty()) {
        refuse(what.at, missing);
    }
}

listener_report listener::report() const {
    listener_report made;
    made.name = label();
    made.endpoint = bound.to_string();
    made.accepted = accepted;
    made.live = live;
    made.finished = finished;
    made.idle_closed = idle_closed;
    made.failed = failed;
    made.forced = forced;
    made.bytes_received = bytes_received;
    made.bytes_sent = bytes_sent;
    for (std::size_t why = 0; why != close_reasons; ++why) {
        made.ended_by[why] = ended_by[why];
    }
    made.accept_errors = accept_errors;
    made.accept_pauses = accept_pauses;
    made.full_pauses = full_pauses;
    made.refused = refused;
    made.refused_by_source = refused_by_source;
    made.refused_by_rate = refused_by_rate;
    made.is_paused = paused != 0;
    made.is_broken = is_broken || has_broken_socket();
    made.datagrams = datagrams();
    return made;
}

void listener::reset_counts() noexcept {
    for (auto* count :
         {&accepted,
          &live,
          &finished,
          &idle_closed,
          &failed,
          &forced,
          &bytes_received,
          &bytes_sent,
          &accept_errors,
          &accept_pauses,
          &full_pauses,
          &refused,
          &refused_by_source,
          &refused_by_rate}) {
        count->store(0, std::memory_order_relaxed);
    }
    for (auto& count : ended_by) {
        count.store(0, std::memory_order_relaxed);
    }
    is_broken.store(false, std::memory_order_relaxed);
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
