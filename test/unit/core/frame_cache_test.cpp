// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/promise.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <cstring>
#include <thread>
#include <vector>

namespace eddy::detail {
namespace {

TEST_CASE(
    "frame_cache: frame freed, is given out again for its size class", "[core][frame_cache]"
) {
    if (!test::allocation_counter::is_available()) {
        return;
    }
    free_frame(allocate_frame(200), 200);
    const test::allocation_counter allocations;

    void* frame = allocate_frame(193);
    std::memset(frame, 1, 193);
    free_frame(frame, 193);

    CHECK(allocations.count() == 0);
}

TEST_CASE("frame_cache: frames in use, are counted on their thread", "[core][frame_cache]") {
    const auto before = frame_bytes();
    void* small = allocate_frame(100);
    void* large = allocate_frame(10'000);
    CHECK(frame_bytes() == before + 10'100);
    std::ptrdiff_t elsewhere = 1;
    std::thread([&] {
        free_frame(large, 10'000);
        elsewhere = frame_bytes();
    }).join();
    CHECK(elsewhere == -10'000);
    free_frame(small, 100);
    CHECK(frame_bytes() == before + 10'000);
}

TEST_CASE("frame_cache: any size, gives usable memory", "[core][frame_cache]") {
    const std::size_t size = GENERATE(1U, 63U, 64U, 65U, 1984U, 1985U, 2048U, 100'000U);
    CAPTURE(size);

    void* first = allocate_frame(size);
    void* second = allocate_frame(size);
    std::memset(first, 1, size);
    std::memset(second, 2, size);
    CHECK(static_cast<unsigned char*>(first)[size - 1] == 1);
    free_frame(first, size);
    free_frame(second, size);
}

TEST_CASE("frame_cache: more freed than it keeps, leaks nothing", "[core][frame_cache]") {
    std::vector<void*> frames;
    for (int i = 0; i < 1000; ++i) {
        frames.push_back(allocate_frame(64));
    }
    for (void* frame : frames) {
        free_frame(frame, 64);
    }

    CHECK(frames.size() == 1000);
}

TEST_CASE(
    "frame_cache: frame freed on another thread, moves there", "[core][frame_cache][thread]"
) {
    void* frame = allocate_frame(64);

    std::thread([frame] {
        free_frame(frame, 64);
        free_frame(allocate_frame(64), 64);
    }).join();

    CHECK(frame != nullptr);
}

/// Frees its frame when the thread ends, after the cache, which was made later, is gone.
struct late_owner {
    ~late_owner() { free_frame(frame, 64); }
    void* frame = nullptr;
};

TEST_CASE(
    "frame_cache: frame outlives the thread's cache, goes to the heap",
    "[core][frame_cache][thread]"
) {
    bool is_done = false;

    std::thread([&is_done] {
        thread_local late_owner owner;
        owner.frame = nullptr;
        owner.frame = allocate_frame(64);
        is_done = owner.frame != nullptr;
    }).join();

    CHECK(is_done);
}

} // namespace
} // namespace eddy::detail
