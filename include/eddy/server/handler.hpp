// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/shared.hpp>
#include <eddy/core/task.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace eddy {

class datagrams;
class session;

/// A function `task<>(session&)`: called once for each session of a listener.
template <class Function>
concept session_handler = std::is_invocable_r_v<task<>, Function&, session&>;

/// A function `task<>(datagrams&)`: called once for the socket of a listener.
template <class Function>
concept datagram_handler = std::is_invocable_r_v<task<>, Function&, datagrams&>;

/// What a service does, for streams, for datagrams or for both. Copies share the functions.
///
/// The functions are called on any of the server's loops, also on several at once, so what they
/// share must be safe for that. A function object may be a lambda with captures: it lives as long
/// as the server. (Its coroutine must not use the captures after the first wait unless the object
/// outlives it, which here it does.)
///
/// @par Thread safety
/// Distinct objects: safe. Calls of a shared object: as safe as its functions are.
class handler {
public:
    /// Takes nothing; `server::serve` refuses it.
    handler() noexcept = default;

    /// A service of one function, or of a function object that takes both kinds. Implicit on
    /// purpose: `server.serve("tcp://…", shout)`.
    template <class Function>
        requires(!std::same_as<std::decay_t<Function>, handler>)
    handler(Function&& function) {
        using stored = std::decay_t<Function>;
        // Not a constraint: then a compiler would say that there is no conversion, and not why.
        static_assert(
            session_handler<stored> || datagram_handler<stored>,
            "a handler is a function `eddy::task<> f(eddy::session&)`, or `eddy::task<> "
            "f(eddy::datagrams&)` for datagrams"
        );
        const detail::shared shared(new holder<stored>(std::forward<Function>(function)));
        if constexpr (session_handler<stored>) {
            on_session_ = shared;
        }
        if constexpr (datagram_handler<stored>) {
            on_datagrams_ = shared;
        }
    }

    /// A service of two functions.
    template <session_handler ForSessions, datagram_handler ForDatagrams>
    handler(ForSessions for_sessions, ForDatagrams for_datagrams) {
        on_session_ = handler(std::move(for_sessions)).on_session_;
        on_datagrams_ = handler(std::move(for_datagrams)).on_datagrams_;
    }

    /// True when it can serve streams.
    [[nodiscard]] bool takes_sessions() const noexcept { return static_cast<bool>(on_session_); }
    /// True when it can serve datagrams.
    [[nodiscard]] bool takes_datagrams() const noexcept { return static_cast<bool>(on_datagrams_); }

    /// Makes the task that serves `peer`, which must outlive it. Only when `takes_sessions()`.
    [[nodiscard]] task<> operator()(session& peer) const { return on_session_->call(peer); }
    /// Makes the task that serves `socket`, which must outlive it. Only when `takes_datagrams()`.
    [[nodiscard]] task<> operator()(datagrams& socket) const { return on_datagrams_->call(socket); }

private:
    struct interface : detail::shared_object {
        virtual task<> call(session& peer) = 0;
        virtual task<> call(datagrams& socket) = 0;
    };

    template <class Function>
    struct holder final : interface {
        explicit holder(Function f) : function(std::move(f)) {}
        task<> call(session& peer) override {
            if constexpr (session_handler<Function>) {
                return function(peer);
            } else {
                return {};
            }
        }
        task<> call(datagrams& socket) override {
            if constexpr (datagram_handler<Function>) {
                return function(socket);
            } else {
                return {};
            }
        }
        Function function;
    };

    detail::shared<interface> on_session_;
    detail::shared<interface> on_datagrams_;
};

} // namespace eddy
