// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/service_lookup.hpp"

#ifdef EDDY_HAS_RESOLVER

#include "engine/posix/socket_address.hpp"
#include "net/service_answer.hpp"

#include <algorithm>
#include <arpa/nameser.h>
#include <cstddef>
#include <cstring>
#include <limits>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <span>

namespace eddy::posix {
namespace {

using settings = struct __res_state; // a function has the same name

/// The settings of one look-up, from /etc/resolv.conf.
class resolver_state {
public:
    resolver_state() : is_open_(::res_ninit(&state_) == 0) {}
    resolver_state(const resolver_state&) = delete;
    resolver_state& operator=(const resolver_state&) = delete;
    ~resolver_state() {
        if (is_open_) {
            ::res_nclose(&state_);
        }
    }

    [[nodiscard]] bool is_open() const noexcept { return is_open_; }
    [[nodiscard]] settings& get() noexcept { return state_; }

private:
    settings state_{};
    bool is_open_;
};

error_code error_of(int resolver_error) {
    switch (resolver_error) {
    case HOST_NOT_FOUND:
    case NO_DATA:
        return errc::no_such_host;
    case NO_RECOVERY:
        return make_error_code(std::errc::protocol_error);
    default:
        return make_error_code(std::errc::resource_unavailable_try_again);
    }
}

} // namespace

result<std::vector<service_record>>
look_up_services(const std::string& name, const address& name_server) {
    resolver_state resolver;
    if (!resolver.is_open()) {
        return error_of(TRY_AGAIN);
    }
    if (name_server.kind() == address::family::ipv4) {
        const socket_address at(name_server);
        auto& state = resolver.get();
        state.nscount = 1;
        std::memcpy(&state.nsaddr_list[0], &at.storage, sizeof state.nsaddr_list[0]);
    }
    std::vector<std::byte> answer(std::numeric_limits<std::uint16_t>::max());
    const int size = ::res_nquery(
        &resolver.get(),
        name.c_str(),
        ns_c_in,
        ns_t_srv,
        reinterpret_cast<unsigned char*>(answer.data()),
        static_cast<int>(answer.size())
    );
    if (size < 0) {
        return error_of(resolver.get().res_h_errno);
    }
    // An answer that had no room is told by its whole size.
    const auto whole = std::min(static_cast<std::size_t>(size), answer.size());
    return detail::parse_services(std::span(answer).first(whole));
}

} // namespace eddy::posix

#else

namespace eddy::posix {

result<std::vector<service_record>>
look_up_services(const std::string& /*name*/, const address& /*name_server*/) {
    return errc::not_supported;
}

} // namespace eddy::posix

#endif
