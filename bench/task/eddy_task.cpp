// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>

#include "measured.hpp"

namespace {

eddy::task<unsigned> child(unsigned value) {
    co_return value + 1;
}

eddy::task<unsigned> chain(unsigned depth, unsigned value) {
    if (depth == 1) {
        co_return value + 1;
    }
    co_return co_await chain(depth - 1, value);
}

eddy::task<unsigned> waiting(unsigned value) {
    co_await eddy::yield();
    co_return value + 1;
}

eddy::task<> measure(unsigned awaits, await_costs& costs) {
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

await_costs measure_eddy_task(unsigned awaits) {
    await_costs costs;
    eddy::loop loop;
    loop.run(measure(awaits, costs));
    return costs;
}
