// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/intrusive_list.hpp>
#include <eddy/core/log.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>

#include "services/relay_parts.hpp"

#include <map>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eddy::services::detail {
namespace {

/// Datagrams of a flow that wait while the name of the upstream is looked up, and their bytes: many
/// flows may wait at once.
constexpr std::size_t waiting_max = 16;
constexpr std::size_t waiting_bytes_max = 16 * 1024;

/// What one client sends to one address of this host.
struct flow : eddy::detail::list_node {
    explicit flow(const datagram& first)
        : client{.data = {}, .peer = first.peer, .local = first.local} {}

    datagram client; // for `datagrams::reply`
    std::optional<datagrams> upstream;
    address to;
    time_point active{};
    std::vector<std::string> waiting;
    std::size_t waiting_bytes = 0;
};

class relay_flows {
public:
    relay_flows(std::shared_ptr<relay_shared> whole, datagrams& socket) noexcept
        : whole_(std::move(whole)), socket_(&socket) {}

    task<> run() {
        error_code end;
        while (!end) {
            const auto batch = co_await socket_->receive();
            end = batch ? error_code() : batch.error();
            for (const datagram& each : batch ? *batch : std::span<const datagram>()) {
                try {
                    const auto found = take(each); // which may end while its upstream has no room
                    if (found) {
                        co_await found->upstream->send(found->to, each.data);
                    }
                } catch (const std::bad_alloc&) {
                    ++whole_->count().dropped_datagrams;
                }
            }
        }
        if (end == errc::draining) {
            co_await until_quiet();
        }
        tasks_.request_stop();
        co_await tasks_.join();
    }

private:
    using key = std::pair<address, address>;

    /// The flow whose upstream gets the datagram; null when that waits, or is dropped.
    std::shared_ptr<flow> take(const datagram& received) {
        auto found = flow_of(received);
        if (!found) {
            ++whole_->count().dropped_datagrams;
            return nullptr;
        }
        touch(*found);
        if (found->upstream) {
            whole_->count().to_upstream += received.data.size();
            return found;
        }
        const std::size_t bytes = found->waiting_bytes + received.data.size();
        if (found->waiting.size() != waiting_max && bytes <= waiting_bytes_max) {
            found->waiting.emplace_back(byte_view(received.data).text());
            found->waiting_bytes = bytes;
        } else {
            ++whole_->count().dropped_datagrams;
        }
        return nullptr;
    }

    /// Null when there is no room for another one.
    std::shared_ptr<flow> flow_of(const datagram& received) {
        const key name(received.peer, received.local);
        if (const auto found = flows_.find(name); found != flows_.end()) {
            return found->second;
        }
        if (flows_.size() == whole_->options.max_flows) {
            auto& oldest = static_cast<flow&>(*by_age_.front());
            if (!oldest.upstream) {
                return nullptr; // a look-up goes on without its flow: a flood would make ever more
            }
            evict(oldest);
        }
        const auto added = std::make_shared<flow>(received);
        flows_.emplace(name, added);
        ++whole_->count().live_flows;
        added->active = loop_clock::now();
        by_age_.push_back(*added);
        try {
            tasks_.spawn(serve(added));
        } catch (const std::bad_alloc&) {
            forget(*added); // nobody serves it
            throw;
        }
        return added;
    }

    /// The list has the flows in the order in which they were active last.
    void touch(flow& used) {
        used.active = active_ = loop_clock::now();
        used.unlink();
        by_age_.push_back(used);
    }

    void evict(flow& oldest) {
        ++whole_->count().evicted_flows;
        oldest.upstream->close();
        forget(oldest);
    }

    void forget(flow& gone) noexcept {
        if (gone.is_linked()) {
            gone.unlink();
            --whole_->count().live_flows;
            flows_.erase({gone.client.peer, gone.client.local});
        }
    }

    /// Leaves the table when its task ends, however that is.
    struct leaving {
        relay_flows& all;
        flow& one;
        leaving(relay_flows& table, flow& served) noexcept : all(table), one(served) {}
        leaving(const leaving&) = delete;
        leaving& operator=(const leaving&) = delete;
        ~leaving() { all.forget(one); }
    };

    task<> serve(std::shared_ptr<flow> served) {
        const leaving guard(*this, *served);
        try {
            const bool is_open = co_await open(*served);
            if (is_open) {
                co_await answer_all(*served);
            }
        } catch (const std::bad_alloc&) {
            log::warning("a flow has ended: no memory");
        }
    }

    task<> answer_all(flow& asked) {
        for (;;) {
            const auto limit = deadline::after(asked.active, whole_->options.flow_idle);
            const auto batch = co_await asked.upstream->receive(limit);
            if (batch) {
                co_await answer(asked, *batch);
            } else if (batch.error() != errc::timed_out) {
                co_return;
            } else if (asked.active + whole_->options.flow_idle <= loop_clock::now()) {
                ++whole_->count().expired_flows;
                co_return;
            }
        }
    }

    /// Finds the upstream and sends what has come meanwhile.
    task<bool> open(flow& opened) {
        const endpoint& upstream = whole_->options.to[whole_->next_upstream()];
        const auto found =
            co_await resolve(upstream.host(), upstream.port(), whole_->options.connect_timeout);
        if (found.error() == errc::cancelled) {
            co_return false;
        }
        if (!found) {
            co_return give_up(upstream, found.error().message());
        }
        opened.to = found->front();
        if (is_this_relay(opened)) {
            co_return give_up(upstream, "it is the relay itself");
        }
        const bool is_v6 = opened.to.kind() == address::family::ipv6;
        auto socket = datagrams::open(is_v6 ? "udp://[::]:0" : "udp://0.0.0.0:0");
        if (!socket) {
            co_return give_up(upstream, socket.error().message());
        }
        ++whole_->count().relayed;
        opened.upstream.emplace(std::move(*socket));
        const auto waiting = std::exchange(opened.waiting, {});
        for (const auto& each : waiting) {
            whole_->count().to_upstream += each.size();
            co_await opened.upstream->send(opened.to, each);
        }
        co_return true;
    }

    bool give_up(const endpoint& upstream, std::string_view why) {
        ++whole_->count().unreachable;
        whole_->failed_to_reach(upstream, why);
        return false;
    }

    /// Each datagram would make another flow then, and another datagram.
    [[nodiscard]] bool is_this_relay(const flow& asked) const {
        const auto mine = socket_->local().numeric();
        const auto host = asked.to.unmapped().with_port(0);
        return mine && asked.to.port() == mine->port() &&
               ((mine->is_any() && host.is_loopback()) ||
                host == asked.client.local.unmapped().with_port(0));
    }

    task<> answer(flow& asked, std::span<const datagram> batch) {
        for (const datagram& each : batch) {
            if (each.peer != asked.to) {
                ++whole_->count().dropped_datagrams;
                continue;
            }
            if (asked.is_linked()) {
                touch(asked);
            }
            whole_->count().to_client += each.data.size();
            co_await socket_->reply(asked.client, each.data);
        }
    }

    /// What was asked before the drain is still answered.
    task<> until_quiet() {
        active_ = loop_clock::now();
        while (!flows_.empty() && active_ + whole_->options.drain_quiet > loop_clock::now()) {
            co_await sleep_until(active_ + whole_->options.drain_quiet);
        }
    }

    std::shared_ptr<relay_shared> whole_;
    datagrams* socket_;
    std::map<key, std::shared_ptr<flow>> flows_;
    eddy::detail::intrusive_list by_age_;
    time_point active_{};
    scope tasks_; // declared last: its tasks use all of the above
};

} // namespace

task<> relay_datagrams(std::shared_ptr<relay_shared> whole, datagrams& socket) {
    relay_flows flows(std::move(whole), socket);
    co_await flows.run();
}

} // namespace eddy::services::detail
