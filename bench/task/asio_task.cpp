// SPDX-License-Identifier: BSL-1.0
#include "measured.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace {

asio::awaitable<unsigned> child(unsigned value) {
    co_return value + 1;
}

asio::awaitable<unsigned> chain(unsigned depth, unsigned value) {
    if (depth == 1) {
        co_return value + 1;
    }
    co_return co_await chain(depth - 1, value);
}

asio::awaitable<unsigned> waiting(unsigned value) {
    co_await asio::post(asio::use_awaitable);
    co_return value + 1;
}

asio::awaitable<void> measure(unsigned awaits, await_costs& costs) {
    unsigned sum = 0;
    const stretch children;
    for (unsigned i = 0; i < awaits; ++i) {
        sum = co_await child(sum);
    }
    costs.child = children.per(awaits);

    const stretch chains;
    for (unsigned i = 0; i < awaits; ++i) {
        sum = co_await chain(4, sum);
    }
    costs.chain = chains.per(awaits);

    const stretch waits;
    for (unsigned i = 0; i < awaits; ++i) {
        sum = co_await waiting(sum);
    }
    costs.waiting = waits.per(awaits);
}

} // namespace

await_costs measure_asio_awaitable(unsigned awaits) {
    await_costs costs;
    asio::io_context context{1};
    asio::co_spawn(context, measure(awaits, costs), asio::detached);
    context.run();
    return costs;
}
