// SPDX-License-Identifier: BSL-1.0
#pragma once

// A closed-loop load generator: every connection sends a batch of `depth` messages, waits until all
// of them came back, compares every byte, and sends the next batch. One thread, one epoll set, so
// that it can share a core with the server it loads and the two never wait for anybody else.

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
    struct sockaddr_in server;
    int server_pid; // 0: the server's CPU time is not measured
    size_t connections;
    size_t size;  // bytes in a message
    size_t depth; // messages of a connection under way at once
    double seconds;
    bool lines;  // a message is a line: it ends with '\n' and has no other
    bool frames; // a message begins with the number of its other bytes, 4 bytes in network order
};

// Messages laid end to end, repeated often enough that a batch can be sent from any message on
// without wrapping.
struct payload {
    char* bytes;
    size_t message_size;
    size_t period; // bytes after which the messages repeat
};

// A warm-up, then the measured stretch; the clocks are read at both ends of the latter.
struct measurement {
    const struct options* options;
    int64_t starts_at, ends_at; // steady clock, ns
    int64_t server_cpu, load_cpu, wall;
    uint64_t messages; // counted by the caller, reset when the warm-up is over
    bool started;
};

_Noreturn void fail(const char* what); // with errno's text
_Noreturn void fail_because(const char* reason);

int64_t now_ns(void);

struct payload make_payload(const struct options* options, size_t longest_chunk);

struct measurement begin_measurement(const struct options* options);
/// Called once per turn of the loop; false when the measured stretch is over.
bool measurement_goes_on(struct measurement* measurement);
void print_measurement(const struct measurement* measurement);

int connect_to_server(const struct options* options, int type);
void watch(int epoll, int operation, int descriptor, uint32_t events, void* tag);

void load_stream(const struct options* options);
void load_churn(const struct options* options);
void load_datagrams(const struct options* options);
/// Opens all connections, echoes once on each, prints a line and keeps them open until standard
/// input ends.
void hold_idle(const struct options* options);
