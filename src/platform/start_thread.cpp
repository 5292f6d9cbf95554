// SPDX-License-Identifier: BSL-1.0
#include "platform/start_thread.hpp"

#include "platform/block_signals.hpp"

#include <cstddef>
#include <functional>
#include <pthread.h>
#include <utility>

namespace eddy::platform {

std::thread start_thread(std::string name, std::function<void()> body) {
    constexpr std::size_t longest_name = 15; // pthread_setname_np(3)
    if (name.size() > longest_name) {
        name.resize(longest_name);
    }
    const block_signals blocked; // the new thread inherits the mask
    return std::thread([name = std::move(name), body = std::move(body)] {
        ::pthread_setname_np(::pthread_self(), name.c_str());
        body();
    });
}

} // namespace eddy::platform
