// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/error.hpp>

namespace eddy::detail {

/// An error that is noted for later, and hardly ever is one. An `error_code` asks the standard
/// library for its category even where there is no error, which every message would pay for.
class noted_error {
public:
    noted_error() noexcept = default; ///< None.
    noted_error(error_code code) noexcept : value_(code.value()), category_(&code.category()) {}
    noted_error(errc code) noexcept : noted_error(make_error_code(code)) {}

    explicit operator bool() const noexcept { return value_ != 0; }
    [[nodiscard]] error_code code() const noexcept {
        return category_ ? error_code(value_, *category_) : error_code();
    }

private:
    int value_ = 0;
    const std::error_category* category_ = nullptr;
};

} // namespace eddy::detail
