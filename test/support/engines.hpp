// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/engine.hpp>
#include <eddy/core/error.hpp>
#include <eddy/core/loop.hpp>

#include "support/catch.hpp"

#include <memory>
#include <string>
#include <vector>

namespace eddy::test {

/// True when the engine works here; tells why when not.
inline bool has_engine(const char* name) {
    try {
        make_engine(name);
    } catch (const error& reason) {
        WARN("left out: " << reason.what());
        return false;
    }
    return true;
}

/// The engines on real sockets that work here. One that the kernel refuses is left out.
inline std::vector<std::string> real_engines() {
    std::vector<std::string> names;
    for (const char* name : {"epoll", "uring", "asio"}) {
        if (has_engine(name)) {
            names.emplace_back(name);
        }
    }
    return names;
}

/// The rest of the test case runs once for each of them, on such a loop.
inline std::unique_ptr<loop> loop_of_each_engine() {
    const std::string name = GENERATE(from_range(real_engines()));
    INFO("engine " << name);
    return std::make_unique<loop>(make_engine(name));
}

} // namespace eddy::test
