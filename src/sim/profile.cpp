// SPDX-License-Identifier: BSL-1.0
#include <eddy/sim/profile.hpp>

namespace eddy::sim {

using namespace std::chrono_literals;

profile profile::calm() {
    profile made;
    made.name = "calm";
    made.link.latency = 1ms;
    made.loopback.latency = 10us;
    made.host.offload_delay = made.host.resolve_delay = 0ms;
    return made;
}

profile profile::lan() {
    profile made;
    made.name = "lan";
    made.link.latency = 100us;
    made.link.jitter = 200us;
    made.link.bandwidth = 125'000'000;
    made.link.loss = 10;
    made.link.cut = 10'000;
    made.loopback.latency = 10us;
    made.loopback.jitter = 10us;
    made.host.wake_delay = 50us;
    made.host.timer_delay = 1ms;
    return made;
}

profile profile::wan() {
    profile made = lan();
    made.name = "wan";
    made.link.latency = 40ms;
    made.link.jitter = 20ms;
    made.link.bandwidth = 12'500'000;
    made.link.loss = 1'000;
    made.link.duplicate = 100;
    made.link.reorder = 1'000;
    made.link.cut = 50'000;
    made.host.resolve_delay = 200ms;
    return made;
}

profile profile::mobile() {
    profile made = wan();
    made.name = "mobile";
    made.link.latency = 50ms;
    made.link.jitter = 300ms;
    made.link.bandwidth = 250'000;
    made.link.loss = 30'000;
    made.link.duplicate = 5'000;
    made.link.reorder = 20'000;
    made.link.segment_size = 1'200;
    made.host.resolve_delay = 2s;
    return made;
}

profile profile::hostile() {
    profile made = wan();
    made.name = "hostile";
    made.link.latency = 1ms;
    made.link.jitter = 100ms;
    made.link.loss = 50'000;
    made.link.duplicate = 100'000;
    made.link.reorder = 200'000;
    made.link.cut = 500'000;
    made.loopback.jitter = 5ms;
    made.loopback.cut = 500'000;
    made.host.send_buffer = 4'096;
    made.host.receive_buffer = 2'048;
    made.host.wake_delay = 20ms;
    made.host.accept_delay = 200ms;
    made.host.timer_delay = 50ms;
    made.host.offload_delay = 500ms;
    made.host.short_reads = 200'000;
    made.host.short_writes = 200'000;
    made.host.spurious = 100'000;
    made.host.noise = 50'000;
    return made;
}

} // namespace eddy::sim
