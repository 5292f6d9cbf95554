// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/error.hpp>
#include <eddy/net/address.hpp>
#include <eddy/net/service_record.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::sim {

/// The domain name system of a world. Every host is in it under its name, with its IPv6 address
/// first.
class EDDY_EXPORT name_table {
public:
    /// What a look-up of `name` gives from now on, in this order. Ports do not matter.
    void set(std::string_view name, std::vector<address> addresses);
    /// What `resolve_srv` is given for `name` from now on.
    void set_services(std::string_view name, std::vector<service_record> services);
    /// Makes look-ups of `name` fail, of either kind.
    void fail(std::string_view name, error_code error);

    /// `errc::no_such_host` for a name that was never set.
    [[nodiscard]] result<std::vector<address>> find(std::string_view name) const;
    /// The same of services.
    [[nodiscard]] result<std::vector<service_record>> find_services(std::string_view name) const;

private:
    struct entry {
        std::vector<address> addresses;
        std::vector<service_record> services;
        error_code error;
    };

    [[nodiscard]] entry find_entry(std::string_view name) const;

    std::map<std::string, entry, std::less<>> entries_;
};

} // namespace eddy::sim
