// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <utility>

namespace eddy::detail {

/// A smart pointer that gives up its object as a `T*`: `std::unique_ptr`, above all.
template <class Pointer, class T>
concept releasing = requires(Pointer&& pointer) {
    { pointer.release() } -> std::convertible_to<T*>;
};

/// Owns an object of a type that is complete in the source file of its owner only, and takes it
/// over from any `std::unique_ptr`.
///
/// What `std::unique_ptr` is, without `<memory>`, which is a sixth of what a handler costs to
/// compile (docs/decisions/0007).
template <class T>
class owner {
public:
    explicit owner(T* owned) noexcept : owned_(owned) {}
    // Implicit on purpose: a function that takes over an object is called with a `std::unique_ptr`.
    template <releasing<T> Pointer>
    owner(Pointer&& pointer) noexcept : owned_(pointer.release()) {}
    owner(owner&& other) noexcept : owned_(other.release()) {}
    owner& operator=(owner&& other) noexcept {
        delete std::exchange(owned_, other.release());
        return *this;
    }
    ~owner() { delete owned_; }

    [[nodiscard]] T* release() noexcept { return std::exchange(owned_, nullptr); }
    [[nodiscard]] T* get() const noexcept { return owned_; }
    T* operator->() const noexcept { return owned_; }
    T& operator*() const noexcept { return *owned_; }

private:
    T* owned_;
};

} // namespace eddy::detail
