// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/shared.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace eddy {

/// A function without parameters and result that is kept, or none. Copies share it.
///
/// What `std::function<void()>` is, at a tenth of what `<functional>` costs to compile.
class action {
public:
    /// None; must not be called.
    action() noexcept = default;

    /// Implicit on purpose: `server.on_ready([&] { … })`.
    template <std::invocable Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, action>)
    action(Function&& function)
        : held_(new holder<std::decay_t<Function>>(std::forward<Function>(function))) {}

    void operator()() const { held_->call(); }
    explicit operator bool() const noexcept { return static_cast<bool>(held_); }

private:
    struct interface : detail::shared_object {
        virtual void call() = 0;
    };

    template <class Function>
    struct holder final : interface {
        explicit holder(Function kept) : function(std::move(kept)) {}
        void call() override { static_cast<void>(function()); }
        Function function;
    };

    detail::shared<interface> held_;
};

} // namespace eddy
