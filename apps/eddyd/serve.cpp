// SPDX-License-Identifier: BSL-1.0
#include "serve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <vector>

namespace eddyd {
namespace {

/// Standard output belongs to the session of a `stdio:` listener.
std::FILE* output_for_people(const config& wanted) {
    const bool is_taken =
        std::any_of(wanted.listeners.begin(), wanted.listeners.end(), [](auto& each) {
            return each.at.kind() == eddy::endpoint::transport::stdio;
        });
    return is_taken ? stderr : stdout;
}

/// The lines are an interface: scripts wait for them and read the port there.
void announce(const config& wanted, const std::vector<eddy::endpoint>& endpoints) {
    auto* out = output_for_people(wanted);
    for (std::size_t i = 0; i != endpoints.size(); ++i) {
        fmt::print(
            out, "eddyd: {} ready on {}\n", wanted.listeners[i].service, endpoints[i].to_string()
        );
    }
    std::fflush(out);
}

} // namespace

int serve(const config& wanted) {
    eddy::server server(wanted.server);
    for (const auto& each : wanted.listeners) {
        server.serve(each.at, each.what, each.options);
    }
    server.on_ready([&] { announce(wanted, server.endpoints()); });
    return server.run();
}

} // namespace eddyd
