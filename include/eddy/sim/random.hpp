// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/clock.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace eddy::sim {

/// What a random decision is about.
enum class choice : std::uint8_t {
    latency,   ///< How much longer than the link's latency something is on its way.
    loss,      ///< Whether a packet is lost: a datagram for good, a segment until it is sent again.
    duplicate, ///< Whether a datagram arrives twice.
    reorder,   ///< Whether a datagram is overtaken by later ones.
    noise,     ///< Whether the network reports an error that nobody caused.
    segment,   ///< How much shorter than possible a segment is.
    short_read,  ///< How much less than available a read gives.
    short_write, ///< How much less than it could a write takes.
    spurious,    ///< Whether something wakes up for nothing.
    wake,        ///< How long after its cause a completion is noticed.
    accept,      ///< How long a finished connection waits in the backlog.
    timer,       ///< How late a timer fires.
    resolve,     ///< How long a name look-up takes.
    offload,     ///< How long blocking work takes.
    balance,     ///< Which member of a group of listeners gets a connection.
    scenario,    ///< The test's own decisions; these are never silenced.
    seed,        ///< Where random numbers of the program begin (`backoff`).
};

inline constexpr std::size_t choice_count = 17;

/// The word for a kind of decision, as in traces and in EDDY_SIM_KEEP.
[[nodiscard]] EDDY_EXPORT std::string_view name_of(choice kind) noexcept;

/// One random decision: the n-th of its kind, counted from 0.
struct decision {
    choice kind;         ///< What it is about.
    std::uint64_t index; ///< From 0 within its kind.

    friend auto operator<=>(const decision&, const decision&) = default;
};

/// All randomness of a world, from one seed; the same numbers with every compiler and library.
///
/// Each kind of decision has a sequence of its own, so that silencing one decision leaves the
/// others as they were. Every decision has a *calm* outcome, which is 0 or false: the network
/// behaves as well as its options allow.
class EDDY_EXPORT random {
public:
    /// Every number that follows depends on `seed` alone.
    explicit random(std::uint64_t seed) noexcept;

    /// A number below `bound`; 0 is the calm one.
    std::uint64_t below(choice kind, std::uint64_t bound);

    /// True `per_million` times out of a million.
    bool chance(choice kind, std::uint32_t per_million);

    /// `per_million` times out of a million a number from 1 to `size` - 1, otherwise 0: how much is
    /// missing from a whole.
    std::uint64_t missing(choice kind, std::uint32_t per_million, std::uint64_t size);

    /// A duration from zero, the calm one, up to `longest`.
    duration up_to(choice kind, duration longest);

    /// Makes every decision calm that is not among `kept` (sorted) and not the scenario's. Before
    /// the first decision.
    void keep_only(std::span<const decision> kept);

    /// The decisions that were not calm so far, in the order in which they were made.
    [[nodiscard]] const std::vector<decision>& taken() const noexcept { return taken_; }

private:
    struct sequence {
        std::uint64_t state = 0;
        std::uint64_t made = 0;
        std::vector<std::uint64_t> kept;
        std::size_t next_kept = 0;
    };

    std::uint64_t draw(choice kind);
    bool is_silenced(choice kind) noexcept;
    void note(choice kind);
    static constexpr std::uint64_t million = 1'000'000;

    std::array<sequence, choice_count> sequences_;
    std::vector<decision> taken_;
    bool filtered_ = false;
};

} // namespace eddy::sim
