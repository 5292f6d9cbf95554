// SPDX-License-Identifier: BSL-1.0
#pragma once

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
    [[nodiscard]] bool is_taken() const noexcept { return admission_ != nullptr; }

private:
    friend class admission;

    admission* admission_ = nullptr;
    listener* listener_ = nullptr;
    source_prefix source_;
};

/// Who may come in: counts the places of all listeners. Places are taken on the server's first loop
/// and given back on any.
class admission {
public:
    /// What a further session lacks.
    enum class lack {
        nothing,
        place,       ///< `server_config::max_sessions`
        own_place,   ///< `listen_options::max_sessions`
        rate,        ///< `server_config::accept_rate`
        descriptors, ///< The last of them are for other things than sessions.
    };

    explicit admission(const server_config& config);

    /// Whether the next connection would find room; not asked of its source, which nobody knows
    /// yet.
    [[nodiscard]] lack lacks(const listener& at, time_point now) noexcept;
    /// How long until the rate lets the next one in.
    [[nodiscard]] duration wait(time_point now) noexcept { return rate_.wait(now); }

    /// A connection came: counts it towards the rate, and remembers how scarce descriptors are.
    void came(native_handle descriptor) noexcept;

    /// Whether the source of `accepted` has come more often than it may; counts it.
    [[nodiscard]] bool comes_too_often(const stream& accepted, time_point now) noexcept;

    /// Takes a place for `accepted`; gives none when its source has as many as it may.
    [[nodiscard]] admission_slot take(listener& at, const stream& accepted) noexcept;

private:
    friend class admission_slot;

    struct source_hash {
        std::size_t operator()(const source_prefix& of) const noexcept { return of.key(); }
    };

    [[nodiscard]] bool is_short_of_descriptors() noexcept;
    bool take_source(const source_prefix& source) noexcept;
    void release_source(const source_prefix& source) noexcept;

    const std::size_t most_;
    const std::size_t most_per_source_;
    token_bucket rate_;
    const int last_descriptor_; // for sessions
    bool has_been_near_the_end_ = false;
    std::atomic<std::size_t> sessions_{0};
    std::mutex mutex_;
    // No larger than there are sessions: a source without any is not in it.
    std::unordered_map<source_prefix, std::size_t, source_hash> sources_;
    std::optional<source_rates> source_rates_;
};

/// For logs.
[[nodiscard]] std::string_view to_string(admission::lack what) noexcept;

} // namespace eddy::detail
