// SPDX-License-Identifier: BSL-1.0

// The client of 06_rpc as a program has it that asks all day: any number of questions at once over
// few sessions, which are made again when a server goes, to whichever of its endpoints answers.
//   example_13_pool ENDPOINT[,ENDPOINT...] QUESTION TIMES

#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/messages/pooled_calls.hpp>
#include <eddy/net/pool.hpp>

#include "../06_rpc/rpc.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;

namespace {

using rpc_calls = eddy::pooled_calls<rpc_codec>;

std::vector<eddy::endpoint> endpoints_in(std::string_view list) {
    std::vector<eddy::endpoint> found;
    while (!list.empty()) {
        const auto one = list.substr(0, list.find(','));
        found.emplace_back(one);
        list.remove_prefix(std::min(one.size() + 1, list.size()));
    }
    return found;
}

/// [ask]
eddy::task<> ask(rpc_calls& calls, std::string_view text, unsigned& answered) {
    const rpc_message question{static_cast<std::uint32_t>(calls.next_id()), text};
    const auto heard = co_await calls.call(question, eddy::within(5s));
    answered += heard ? 1U : 0U;
}

eddy::task<int>
ask_often(std::vector<eddy::endpoint> where, std::string_view text, unsigned times) {
    eddy::pool sessions(std::move(where), {.max_sessions = 8, .max_idle = 30s});
    unsigned answered = 0;
    {
        rpc_calls calls(sessions);
        eddy::scope asking;
        for (unsigned i = 0; i != times; ++i) {
            asking.spawn(ask(calls, text, answered));
        }
        co_await asking.join();
    }
    const auto stats = sessions.stats();
    std::cout << answered << " of " << times << " answered over " << stats.connects
              << " sessions\n";
    if (answered != times) {
        std::cerr << eddy::to_string(sessions.failures()) << '\n';
    }
    co_await sessions.close(eddy::within(5s));
    co_return answered == times ? 0 : 1;
}
/// [ask]

} // namespace

int main(int argc, char** argv) {
    unsigned times = 0;
    if (argc == 4) {
        const std::string_view digits = argv[3];
        std::from_chars(digits.data(), digits.data() + digits.size(), times);
    }
    if (times == 0) {
        std::cerr << "usage: " << argv[0] << " ENDPOINT[,ENDPOINT...] QUESTION TIMES\n";
        return 2;
    }
    try {
        eddy::loop loop;
        return loop.run(ask_often(endpoints_in(argv[1]), argv[2], times));
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
