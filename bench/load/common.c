// SPDX-License-Identifier: BSL-1.0
#include "load.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

void fail(const char* what) {
    fprintf(stderr, "bench_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

void fail_because(const char* reason) {
    fprintf(stderr, "bench_load: %s\n", reason);
    exit(1);
}

static int64_t read_clock(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) {
        fail("clock_gettime");
    }
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t now_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t server_cpu_ns(const struct options* options) {
    if (options->server_pid == 0) {
        return 0;
    }
    clockid_t clock;
    if (clock_getcpuclockid(options->server_pid, &clock) != 0) {
        fail_because("the server process is gone");
    }
    return read_clock(clock);
}

struct payload make_payload(const struct options* options, size_t longest_chunk) {
    // A small odd number of messages keeps the payload in the cache and still tells a message that
    // was lost, doubled or sent to another connection from the one expected.
    const size_t distinct = options->size >= 4096 ? 7 : 251;
    const size_t period = distinct * options->size;
    const size_t length = period + longest_chunk;
    char* bytes = malloc(length);
    if (bytes == NULL) {
        fail("malloc");
    }
    uint32_t state = 2463534242u;
    for (size_t i = 0; i < period; ++i) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes[i] = (char)('a' + state % 26);
        if (options->lines && (i + 1) % options->size == 0) {
            bytes[i] = '\n';
        }
    }
    if (options->frames) {
        const uint32_t body = htonl((uint32_t)(options->size - sizeof body));
        for (size_t i = 0; i < period; i += options->size) {
            memcpy(bytes + i, &body, sizeof body);
        }
    }
    for (size_t i = period; i < length; ++i) {
        bytes[i] = bytes[i - period];
    }
    return (struct payload){bytes, period};
}

static void read_clocks(struct measurement* measurement, int64_t sign) {
    measurement->wall += sign * now_ns();
    measurement->server_cpu += sign * server_cpu_ns(measurement->options);
    measurement->load_cpu += sign * read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

struct measurement begin_measurement(const struct options* options) {
    const int64_t length = (int64_t)(options->seconds * 1e9);
    const int64_t warm_up = options->warm_up < 0 ? length / 5 : (int64_t)(options->warm_up * 1e9);
    const int64_t starts_at = now_ns() + warm_up;
    return (struct measurement
    ){.options = options, .starts_at = starts_at, .ends_at = starts_at + length};
}

bool measurement_goes_on(struct measurement* measurement) {
    const int64_t now = now_ns();
    if (!measurement->started && now >= measurement->starts_at) {
        measurement->started = true;
        measurement->messages = 0;
        read_clocks(measurement, -1);
    } else if (now >= measurement->ends_at) {
        read_clocks(measurement, +1);
        return false;
    }
    return true;
}

void print_measurement(const struct measurement* measurement) {
    printf(
        "{\"messages\": %.0f, \"wall_ns\": %lld, \"server_cpu_ns\": %lld, \"load_cpu_ns\": %lld}\n",
        measurement->messages,
        (long long)measurement->wall,
        (long long)measurement->server_cpu,
        (long long)measurement->load_cpu
    );
}

int connect_to_server(const struct options* options, int type) {
    const int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        fail("socket");
    }
    if (connect(descriptor, (const struct sockaddr*)&options->server, sizeof options->server) !=
        0) {
        fail("connect");
    }
    const int on = 1;
    if (type == SOCK_STREAM &&
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        fail("TCP_NODELAY");
    }
    return descriptor;
}

void greet(int descriptor, const char* message, size_t size) {
    const struct timeval patience = {.tv_sec = patience_ms / 1000};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char* echo = malloc(size);
    if (echo == NULL) {
        fail("malloc");
    }
    if (send(descriptor, message, size, MSG_NOSIGNAL) != (ssize_t)size ||
        recv(descriptor, echo, size, MSG_WAITALL) != (ssize_t)size) {
        fail("the first message of a connection");
    }
    if (memcmp(echo, message, size) != 0) {
        fail_because("the echo differs from what was sent");
    }
    free(echo);
}

void watch(int epoll, int operation, int descriptor, uint32_t events, void* tag) {
    struct epoll_event event = {.events = events, .data.ptr = tag};
    if (epoll_ctl(epoll, operation, descriptor, &event) != 0) {
        fail("epoll_ctl");
    }
}
