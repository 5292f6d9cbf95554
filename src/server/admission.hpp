// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/cache_line.hpp>
#include <eddy/net/address.hpp>
#include <eddy/net/stream.hpp>
#include <eddy/server/server.hpp>

#include "net/source_prefix.hpp"
#include "net/source_rates.hpp"
#include "server/token_bucket.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace eddy::detail {

struct listener;
class admission;

/// The place that one session takes, from before it is made until after it is gone.
class admission_slot {
public:
    admission_slot() noexcept = default;
    admission_slot(admission_slot&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), listener_(other.listener_),
          source_(other.source_) {}
    admission_slot& operator=(admission_slot&& other) noexcept {
        std::swap(admission_, other.admission_);
        std::swap(listener_, other.listener_);
        std::swap(source_, other.source_);
        return *this;
    }
    ~admission_slot() { release(); }

    void release() noexcept;
    /// From now on `source` has it too; false when that has as many as it may. Only of a slot that
    /// nobody's source has. Any loop.
    [[nodiscard]] bool give_to(const address& source) noexcept;
    [[nodiscard]] bool is_taken() const noexcept { return admission_ != nullptr; }

private:
    friend class admission;

    admission* admission_ = nullptr;
    listener* listener_ = nullptr;
    source_prefix source_;
};

/// Who may come in: counts the places of all listeners. Any loop of the server. What has no limit
/// is not counted, so that loops which accept by themselves do not write to one place.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): cache lines are kept apart
class admission {
public:
    /// What a further session lacks.
    enum class lack {
        nothing,
        place,       ///< `server_config::max_sessions`
        own_place,   ///< `listen_options::max_sessions`
        rate,        ///< `server_config::accept_rate`
        descriptors, ///< The last of them are for other things than sessions.
        share,       ///< `server_config::max_sessions_per_source`
    };

    /// Whom the limits hold for; a drain serves also those who wait in the queue.
    enum class rule { all, sources };

    explicit admission(const server_config& config);

    /// Whether the next connection would find room, unless another loop is faster; not asked of its
    /// source, which nobody knows yet.
    [[nodiscard]] lack lacks(const listener& at, time_point now) noexcept;
    /// How long until the rate lets the next one in.
    [[nodiscard]] duration wait(time_point now) noexcept;

    /// A connection came: remembers how scarce descriptors are.
    void came(native_handle descriptor) noexcept;
    /// One was turned away, which counts towards the rate, too.
    void count_refused() noexcept;

    /// Whether anything depends on where a connection comes from.
    [[nodiscard]] bool asks_for_sources() const noexcept {
        return most_per_source_ != 0 || source_rates_;
    }
    /// Whether `source` has come more often than it may; counts it. Any loop.
    [[nodiscard]] bool comes_too_often(const address& source, time_point now) noexcept;

    /// Takes a place for one of `source`, if that is known, and counts it towards the rate; or
    /// tells what there is none of. At no time more are taken than there are.
    lack take(
        listener& at, const address& source, time_point now, rule limits, admission_slot& into
    ) noexcept;

private:
    friend class admission_slot;

    struct source_hash {
        std::size_t operator()(const source_prefix& of) const noexcept { return of.key(); }
    };

    [[nodiscard]] bool is_short_of_descriptors() const noexcept;
    [[nodiscard]] lack lacks_place(const listener& at, time_point now) noexcept;
    [[nodiscard]] lack take_place(listener& at, rule limits) noexcept;
    bool take_source(const source_prefix& source) noexcept;
    void release_source(const source_prefix& source) noexcept;

    const std::size_t most_;
    const std::size_t most_per_source_;
    const int last_descriptor_; // for sessions
    std::atomic<bool> has_been_near_the_end_{false};
    on_own_lines<std::atomic<std::size_t>> sessions_{0U}; // counted if `most_` is set
    const bool has_rate_;
    std::mutex rate_mutex_; // guards the next, and is taken where there is a rate
    token_bucket rate_;
    std::mutex mutex_; // guards what follows
    // No larger than there are sessions: a source without any is not in it.
    std::unordered_map<source_prefix, std::size_t, source_hash> sources_;
    std::optional<source_rates> source_rates_;
};

/// For logs.
[[nodiscard]] std::string_view to_string(admission::lack what) noexcept;

} // namespace eddy::detail
