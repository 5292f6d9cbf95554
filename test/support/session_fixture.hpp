// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/session.hpp>

#include "support/manual_engine.hpp"
#include "support/scripted_stream.hpp"

#include <functional>
#include <memory>
#include <string>

namespace eddy::test {

/// A loop, a script and a session on it; the test's coroutine gets both ends.
class session_fixture {
public:
    using body = std::function<task<>(session&, stream_script&)>;

    explicit session_fixture(const session_limits& limits = {}) : limits_(limits) {}

    void run(const body& test) {
        const auto main = [](session_fixture& self, const body& inner) -> task<> {
            session peer(std::make_unique<scripted_stream>(self.script), self.limits_);
            co_await inner(peer, self.script);
        };
        loop->run(main(*this, test));
    }

    manual_loop loop;
    stream_script script;

private:
    session_limits limits_;
};

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline task<> later(duration when, std::function<void()> what) {
    co_await sleep(when);
    what();
}

} // namespace eddy::test
