// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/random.hpp>

#include "core/split_mix.hpp"

namespace eddy::sim {
namespace {

using eddy::detail::split_mix;

constexpr std::array<std::string_view, choice_count> names{
    "latency",
    "loss",
    "duplicate",
    "reorder",
    "noise",
    "segment",
    "short_read",
    "short_write",
    "spurious",
    "wake",
    "accept",
    "timer",
    "resolve",
    "offload",
    "balance",
    "scenario",
    "seed",
};

constexpr std::size_t position(choice kind) noexcept {
    return static_cast<std::size_t>(kind);
}

} // namespace

std::string_view name_of(choice kind) noexcept {
    return names[position(kind)];
}

random::random(std::uint64_t seed) noexcept {
    for (std::size_t kind = 0; kind < choice_count; ++kind) {
        sequences_[kind].state = split_mix::mix(seed + split_mix::step * (kind + 1));
    }
}

std::uint64_t random::below(choice kind, std::uint64_t bound) {
    if (bound <= 1) {
        return 0;
    }
    const std::uint64_t value =
        draw(kind) % bound; // the bias of the remainder does not matter here
    if (value == 0 || is_silenced(kind)) {
        return 0;
    }
    note(kind);
    return value;
}

bool random::chance(choice kind, std::uint32_t per_million) {
    if (per_million == 0 || draw(kind) % million >= per_million || is_silenced(kind)) {
        return false;
    }
    note(kind);
    return true;
}

std::uint64_t random::missing(choice kind, std::uint32_t per_million, std::uint64_t size) {
    if (per_million == 0) {
        return 0;
    }
    const std::uint64_t value = draw(kind);
    if (size <= 1 || value % million >= per_million || is_silenced(kind)) {
        return 0;
    }
    note(kind);
    return 1 + value / million % (size - 1);
}

duration random::up_to(choice kind, duration longest) {
    if (longest <= duration::zero()) {
        return duration::zero();
    }
    return duration(
        static_cast<duration::rep>(below(kind, static_cast<std::uint64_t>(longest.count()) + 1))
    );
}

void random::keep_only(std::span<const decision> kept) {
    filtered_ = true;
    for (const decision& one : kept) {
        sequences_[position(one.kind)].kept.push_back(one.index);
    }
}

std::uint64_t random::draw(choice kind) {
    sequence& from = sequences_[position(kind)];
    return split_mix::mix(from.state + split_mix::step * ++from.made);
}

bool random::is_silenced(choice kind) noexcept {
    if (!filtered_ || kind == choice::scenario) {
        return false;
    }
    sequence& of = sequences_[position(kind)];
    const std::uint64_t index = of.made - 1;
    while (of.next_kept < of.kept.size() && of.kept[of.next_kept] < index) {
        ++of.next_kept;
    }
    return of.next_kept == of.kept.size() || of.kept[of.next_kept] != index;
}

void random::note(choice kind) {
    if (kind != choice::scenario) {
        taken_.push_back({kind, sequences_[position(kind)].made - 1});
    }
}

} // namespace eddy::sim
