// SPDX-License-Identifier: BSL-1.0
#define _GNU_SOURCE // epoll_pwait2
#include "load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Times that were set before: a server that stalls is charged with all that it keeps waiting
// meanwhile. A generator that waited for the echo would send less just then, and miss it
// ("coordinated omission").

enum { chunk = 64 * 1024, events_per_turn = 256, most_under_way = 1024 };

struct lane {
    int descriptor;
    size_t send_at, receive_at; // position in the payload, below its period
    size_t sent, echoed;        // messages
    size_t part;                // bytes of the next echo that have come
    int64_t due[most_under_way];
};

struct latency_load {
    const struct options* options;
    struct payload payload;
    struct measurement measurement;
    struct lane* lanes;
    int epoll;
    uint64_t chance;
    int64_t next_due; // steady clock, ns
    size_t under_way;
    int64_t* taken; // ns, of each measured message
    size_t count, room;
    char buffer[chunk];
};

static uint64_t draw(struct latency_load* load) {
    load->chance ^= load->chance << 13;
    load->chance ^= load->chance >> 7;
    load->chance ^= load->chance << 17;
    return load->chance >> 11; // 53 bits
}

// Independent senders: the pauses between their messages are exponential.
static void set_next(struct latency_load* load) {
    const double share = ((double)draw(load) + 1) / 9007199254740992.0;
    load->next_due += (int64_t)(-log(share) * 1e9 / load->options->rate);
}

static void send_next(struct latency_load* load) {
    const size_t size = load->options->size;
    struct lane* lane = &load->lanes[draw(load) % load->options->connections];
    if (lane->sent - lane->echoed == most_under_way) {
        fail_because("the server does not keep up: choose a lower rate");
    }
    lane->due[lane->sent++ % most_under_way] = load->next_due;
    const char* message = load->payload.bytes + lane->send_at;
    if (send(lane->descriptor, message, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size) {
        fail("send");
    }
    lane->send_at = (lane->send_at + size) % load->payload.period;
    ++load->under_way;
    set_next(load);
}

static void note(struct latency_load* load, int64_t due, int64_t now) {
    const struct measurement* measurement = &load->measurement;
    --load->under_way;
    if (due < measurement->starts_at || due >= measurement->ends_at) {
        return;
    }
    if (load->count == load->room) {
        load->room = load->room * 2 + 4096;
        load->taken = realloc(load->taken, load->room * sizeof *load->taken);
        if (load->taken == NULL) {
            fail("realloc");
        }
    }
    load->taken[load->count++] = now - due;
}

static void receive(struct latency_load* load, struct lane* lane) {
    const ssize_t received = recv(lane->descriptor, load->buffer, chunk, MSG_DONTWAIT);
    if (received < 0 && errno == EAGAIN) {
        return;
    }
    if (received <= 0) {
        fail("recv");
    }
    const size_t length = (size_t)received;
    const size_t size = load->options->size;
    const size_t come = lane->part + length;
    if (come > (lane->sent - lane->echoed) * size ||
        memcmp(load->buffer, load->payload.bytes + lane->receive_at, length) != 0) {
        fail_because("the echo differs from what was sent");
    }
    lane->receive_at = (lane->receive_at + length) % load->payload.period;
    lane->part = come % size;
    const int64_t now = now_ns();
    for (size_t i = 0; i < come / size; ++i) {
        note(load, lane->due[lane->echoed++ % most_under_way], now);
        load->measurement.messages += 1;
    }
}

static void wait_until(struct latency_load* load, int64_t until) {
    const int64_t left = until - now_ns();
    const int64_t pause = left > 0 ? left : 0;
    const struct timespec limit = {pause / 1000000000, pause % 1000000000};
    struct epoll_event events[events_per_turn];
    const int count = epoll_pwait2(load->epoll, events, events_per_turn, &limit, NULL);
    if (count < 0) {
        fail("epoll_pwait2");
    }
    for (int i = 0; i < count; ++i) {
        receive(load, events[i].data.ptr);
    }
}

static int ascending(const void* left, const void* right) {
    const int64_t a = *(const int64_t*)left, b = *(const int64_t*)right;
    return (a > b) - (a < b);
}

static long long share_below(const struct latency_load* load, double share) {
    return (long long)load->taken[(size_t)(share * (double)(load->count - 1))];
}

static void print_latencies(struct latency_load* load) {
    if (load->count == 0) {
        fail_because("no message in the measured time: choose a higher rate");
    }
    qsort(load->taken, load->count, sizeof *load->taken, ascending);
    const struct measurement* measurement = &load->measurement;
    printf(
        "{\"messages\": %zu, \"wall_ns\": %lld, \"server_cpu_ns\": %lld, \"load_cpu_ns\": %lld, "
        "\"p50_ns\": %lld, \"p99_ns\": %lld, \"p999_ns\": %lld, \"max_ns\": %lld}\n",
        load->count,
        (long long)measurement->wall,
        (long long)measurement->server_cpu,
        (long long)measurement->load_cpu,
        share_below(load, 0.5),
        share_below(load, 0.99),
        share_below(load, 0.999),
        share_below(load, 1)
    );
}

static struct latency_load* make_latency_load(const struct options* options) {
    struct latency_load* load = calloc(1, sizeof *load);
    struct lane* lanes = calloc(options->connections, sizeof *lanes);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load == NULL || lanes == NULL || epoll < 0) {
        fail("set-up");
    }
    load->options = options;
    load->payload = make_payload(options, chunk + options->size);
    load->lanes = lanes;
    load->epoll = epoll;
    load->chance = 88172645463325252; // the same for every server
    for (size_t i = 0; i < options->connections; ++i) {
        struct lane* lane = &lanes[i];
        lane->descriptor = connect_to_server(options, SOCK_STREAM);
        greet(lane->descriptor, load->payload.bytes, options->size);
        lane->send_at = lane->receive_at = i * options->size % load->payload.period;
        watch(epoll, EPOLL_CTL_ADD, lane->descriptor, EPOLLIN, lane);
    }
    return load;
}

void load_latency(const struct options* options) {
    prctl(PR_SET_TIMERSLACK, 1UL); // under ordinary scheduling a wait may end 50 us late
    struct latency_load* load = make_latency_load(options);
    load->measurement = begin_measurement(options);
    load->next_due = now_ns();
    while (measurement_goes_on(&load->measurement)) {
        while (load->next_due <= now_ns()) {
            send_next(load);
        }
        wait_until(load, load->next_due);
    }
    const int64_t give_up_at = now_ns() + (int64_t)patience_ms * 1000000;
    while (load->under_way > 0) {
        if (now_ns() >= give_up_at) {
            fail_because("no answer within ten seconds");
        }
        wait_until(load, give_up_at);
    }
    print_latencies(load);
    for (size_t i = 0; i < options->connections; ++i) {
        close(load->lanes[i].descriptor);
    }
    close(load->epoll);
    free(load->taken);
    free(load->lanes);
    free(load->payload.bytes);
    free(load);
}
