// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/server/handler.hpp>
#include <eddy/services/option.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::services {

/// A service as programs list and configure it.
struct EDDY_EXPORT service {
    std::string name;         ///< In small letters with hyphens: "message-reply".
    std::string summary = {}; ///< One full sentence.
    std::vector<option> options = {};
    /// Makes the handler. Called with a checked value for every option.
    std::function<handler(const option_values&)> make = {};

    /// Checks `given` and adds the standard value of each option that is missing.
    ///
    /// @par Errors
    /// Throws `option_error` for an unknown option and for a value that does not fit.
    [[nodiscard]] option_values complete(const option_values& given) const;
};

/// Services by name: what a program that is configured by a file can serve.
///
/// @par Thread safety
/// Distinct objects: safe. Shared objects: unsafe while `add` runs.
///
/// @par Example
/// @code
/// auto services = eddy::services::registry::standard();
/// services.add({"shout", "Replies each line in capitals.", {}, [](const auto&) { return
/// eddy::handler(shout); }}); server.serve("tcp://[::]:7000", services.make("shout"));
/// @endcode
class EDDY_EXPORT registry {
public:
    /// Has no services.
    registry() = default;

    /// Has Eddy's own: echo, message-reply, discard, chargen, daytime, time and
    /// relay.
    [[nodiscard]] static registry standard();

    /// Adds a service. Throws `std::invalid_argument` when it has no name or no way to be made, or
    /// when the name is taken.
    void add(service added);

    /// Throws `option_error` for "service" when there is none of that name.
    [[nodiscard]] const service& find(std::string_view name) const;

    /// Makes the handler of the service `name`; see `service::complete`.
    [[nodiscard]] handler make(std::string_view name, const option_values& given = {}) const;

    /// In the order in which they were added.
    [[nodiscard]] std::span<const service> services() const noexcept { return services_; }

private:
    std::vector<service> services_;
};

} // namespace eddy::services
