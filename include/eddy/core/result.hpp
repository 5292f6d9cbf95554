// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/noted_error.hpp>

#include <utility>
#include <variant>

namespace eddy {
namespace detail {

/// Throws `std::system_error`, which handlers need not compile.
[[noreturn]] EDDY_EXPORT void throw_error(error_code error);

} // namespace detail

/// A value, or the error that stands in its place.
///
/// What the network does (end of stream, reset, timeout) arrives this way; it is never thrown
/// unless asked for by `value()`. Ignoring a `result` is allowed: a failed write marks its session
/// dead, and the next read says so.
template <class Value>
class result {
public:
    using value_type = Value;

    // Implicit on purpose, as in std::expected: `return bytes;` and `return errc::reset;` both read
    // well.
    result(Value value) : held_(std::in_place_index<0>, std::move(value)) {}
    result(error_code error) noexcept : held_(std::in_place_index<1>, error) {}
    result(errc error) noexcept : result(make_error_code(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /// The error; a default-constructed (successful) code when there is a value.
    [[nodiscard]] error_code error() const noexcept {
        const error_code* const failure = std::get_if<1>(&held_);
        return failure ? *failure : error_code();
    }

    /// The value. Throws `std::system_error` when there is none.
    Value& value() & { return checked(); }
    const Value& value() const& { return const_cast<result*>(this)->checked(); }
    Value&& value() && { return std::move(checked()); }

    /// The value, which must be there.
    Value& operator*() & noexcept { return *std::get_if<0>(&held_); }
    const Value& operator*() const& noexcept { return *std::get_if<0>(&held_); }
    Value&& operator*() && noexcept { return std::move(*std::get_if<0>(&held_)); }
    Value* operator->() noexcept { return std::get_if<0>(&held_); }
    const Value* operator->() const noexcept { return std::get_if<0>(&held_); }

private:
    Value& checked() {
        if (!has_value()) {
            detail::throw_error(error());
        }
        return **this;
    }

    std::variant<Value, error_code> held_;
};

/// Success, or an error.
template <>
class result<void> {
public:
    using value_type = void;

    result() noexcept = default;
    result(error_code error) noexcept : error_(error) {}
    result(errc error) noexcept : error_(make_error_code(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] error_code error() const noexcept { return error_.code(); }

    /// Throws `std::system_error` when this is an error.
    void value() const {
        if (error_) {
            detail::throw_error(error());
        }
    }

private:
    detail::noted_error error_;
};

} // namespace eddy
