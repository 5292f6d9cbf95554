// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/export.hpp>

#include <cstdint>
#include <utility>

namespace eddy::detail {

/// Base of an object that its handles share. Destroyed with the last of them, on any thread.
class EDDY_EXPORT shared_object {
public:
    shared_object(const shared_object&) = delete;
    shared_object& operator=(const shared_object&) = delete;

    void retain() noexcept;
    void release() noexcept;

protected:
    shared_object() noexcept = default;
    virtual ~shared_object();

private:
    std::uint32_t handles_ = 1; // atomic where it is used: <atomic> is not for every handler
};

/// A handle of a shared object, or of none.
///
/// What `std::shared_ptr` is, without `<memory>`; see `owner`.
template <class T>
class shared {
public:
    shared() noexcept = default;
    /// Takes over the handle that a new object comes with.
    explicit shared(T* made) noexcept : object_(made) {}
    template <class U>
    shared(const shared<U>& other) noexcept : object_(other.get()) {
        retain();
    }
    shared(const shared& other) noexcept : object_(other.object_) { retain(); }
    shared(shared&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    shared& operator=(shared other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~shared() {
        if (object_) {
            object_->release();
        }
    }

    [[nodiscard]] T* get() const noexcept { return object_; }
    T* operator->() const noexcept { return object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }

private:
    void retain() const noexcept {
        if (object_) {
            object_->retain();
        }
    }

    T* object_ = nullptr;
};

} // namespace eddy::detail
