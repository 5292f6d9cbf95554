// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <limits>

namespace eddy::detail {

/// What a server does about the memory of its sessions, as a state machine without I/O.
///
/// | phase    | above hard mark        | above soft mark   | an eighth below the lower mark |
/// |----------|------------------------|-------------------|--------------------------------|
/// | calm     | → closing: hold, close | → holding: hold   |                                |
/// | holding  | → closing: hold, close | hold              | → calm: release                |
/// | closing  | hold, close            | hold              | → calm: release                |
///
/// *Hold*: sessions with more than their share of the soft mark stop reading. *Close*: those that
/// hold most are closed, until no more than the hard mark is left.
class memory_policy {
public:
    enum class phase { calm, holding, closing };

    /// In bytes; zero: none. Soft is not above hard.
    struct marks {
        std::size_t soft = 0;
        std::size_t hard = 0;
    };

    /// What is there now.
    struct load {
        std::size_t buffers = 0; ///< Bytes of inboxes and outboxes.
        std::size_t frames = 0;  ///< Bytes of coroutines.
        std::size_t sessions = 0;
        [[nodiscard]] std::size_t total() const noexcept { return buffers + frames; }
    };

    struct order {
        static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
        std::size_t share = no_limit; ///< Sessions that hold more stop reading.
        bool is_release = false;      ///< All sessions read again.
        std::size_t to_free = 0;      ///< Bytes that the sessions that hold most have to give.
    };

    explicit memory_policy(const marks& chosen) noexcept : marks_(chosen) {}

    /// Below this there is nothing to do.
    [[nodiscard]] std::size_t lower_mark() const noexcept;
    [[nodiscard]] phase current() const noexcept { return phase_; }
    order look(const load& now) noexcept;
    void reset() noexcept { phase_ = phase::calm; }

private:
    marks marks_;
    phase phase_ = phase::calm;
};

} // namespace eddy::detail
