// SPDX-License-Identifier: BSL-1.0

// eddy::task beside asio::awaitable: CPU time and allocations of an await, in rounds that take
// turns.

#include "measured.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

std::uint64_t allocations_made = 0;

} // namespace

// glibc's own names for what is counted here. Asio allocates by aligned_alloc, so that counting
// operator new would miss it.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
    ++allocations_made;
    return __libc_malloc(size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    ++allocations_made;
    return __libc_memalign(alignment, size);
}
}

std::uint64_t allocations() noexcept {
    return allocations_made;
}

double cpu_ns() noexcept {
    std::timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

namespace {

constexpr unsigned awaits = 1'000'000;
constexpr unsigned rounds = 7;

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void print_row(
    const char* what,
    measured await_costs::* cost,
    const std::vector<await_costs>& eddy,
    const std::vector<await_costs>& asio
) {
    std::vector<double> ours, theirs, ratios;
    for (unsigned round = 0; round < rounds; ++round) {
        ours.push_back((eddy[round].*cost).ns);
        theirs.push_back((asio[round].*cost).ns);
        ratios.push_back(ours.back() / theirs.back());
    }
    std::printf(
        "| %s | %.1f | %.1f | %.2f | %.2f | %.2f |\n",
        what,
        median(ours),
        median(theirs),
        median(ratios),
        (eddy.back().*cost).allocations,
        (asio.back().*cost).allocations
    );
}

} // namespace

int main() {
    std::vector<await_costs> eddy, asio;
    for (unsigned round = 0; round < rounds; ++round) {
        eddy.push_back(measure_eddy_task(awaits));
        asio.push_back(measure_asio_awaitable(awaits));
    }
    std::puts("| co_await of | eddy::task, ns | asio::awaitable, ns | ratio "
              "| eddy::task, allocations | asio::awaitable, allocations |\n"
              "|---|---|---|---|---|---|");
    print_row("a child that finishes at once", &await_costs::child, eddy, asio);
    print_row("a chain of four that finishes at once", &await_costs::chain, eddy, asio);
    print_row("a child that waits for the loop", &await_costs::waiting, eddy, asio);
}
