// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/promise.hpp>

#include <array>
#include <new>

namespace eddy::detail {
namespace {

#if defined(__SANITIZE_ADDRESS__)
#define EDDY_PLAIN_FRAMES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EDDY_PLAIN_FRAMES 1
#endif
#endif

#if defined(EDDY_PLAIN_FRAMES)
// A recycled frame would hide a use after free from AddressSanitizer.
constexpr bool recycle = false;
#else
constexpr bool recycle = true;
#endif

constexpr std::size_t granule = 16;  // what the heap rounds to
constexpr std::size_t classes = 128; // frames up to 2 KiB are kept
constexpr std::size_t kept_each = 128;

constexpr std::size_t class_of(std::size_t size) noexcept {
    return (size + granule - 1) / granule;
}

struct free_frame_link {
    free_frame_link* next;
};

/// A thread's free frames by size class. Frames freed on another thread than they came from simply
/// move house.
class frame_cache {
public:
    frame_cache() noexcept = default;
    frame_cache(const frame_cache&) = delete;
    frame_cache& operator=(const frame_cache&) = delete;

    ~frame_cache() {
        empty();
        is_gone = true;
    }

    void empty() noexcept {
        for (auto& bucket : buckets_) {
            while (bucket.first) {
                ::operator delete(pop(bucket));
            }
        }
    }

    void* take(std::size_t size) {
        const std::size_t index = class_of(size);
        if (index >= classes) {
            return ::operator new(size);
        }
        auto& bucket = buckets_[index];
        return bucket.first ? pop(bucket) : ::operator new(index * granule);
    }

    void give(void* frame, std::size_t size) noexcept {
        const std::size_t index = class_of(size);
        if (index >= classes || buckets_[index].count == kept_each) {
            ::operator delete(frame);
            return;
        }
        auto& bucket = buckets_[index];
        bucket.first = ::new (frame) free_frame_link{bucket.first};
        ++bucket.count;
    }

    // Frames that outlive the cache (held by objects of static or thread duration) fall back to the
    // heap.
    static thread_local bool is_gone;

private:
    struct free_list {
        free_frame_link* first = nullptr;
        std::size_t count = 0;
    };

    static void* pop(free_list& from) noexcept {
        free_frame_link* taken = from.first;
        from.first = taken->next;
        --from.count;
        return taken;
    }

    std::array<free_list, classes> buckets_;
};

thread_local bool frame_cache::is_gone = false;
thread_local frame_cache frames;
thread_local constinit std::ptrdiff_t bytes_in_use = 0;

} // namespace

void* allocate_frame(std::size_t size) {
    void* frame = !recycle || frame_cache::is_gone ? ::operator new(size) : frames.take(size);
    bytes_in_use += static_cast<std::ptrdiff_t>(size);
    return frame;
}

void free_frame(void* frame, std::size_t size) noexcept {
    bytes_in_use -= static_cast<std::ptrdiff_t>(size);
    if (!recycle || frame_cache::is_gone) {
        ::operator delete(frame);
        return;
    }
    frames.give(frame, size);
}

std::ptrdiff_t frame_bytes() noexcept {
    return bytes_in_use;
}

void empty_frame_cache() noexcept {
    if (!frame_cache::is_gone) {
        frames.empty();
    }
}

} // namespace eddy::detail
