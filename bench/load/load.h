// SPDX-License-Identifier: BSL-1.0
#pragma once

// A load generator. In a closed loop every connection sends a batch of `depth` messages, waits
// until all of them came back, compares every byte, and sends the next batch; `latency` alone sends
// by the clock. One thread, one epoll set, so that it can share a core with the server it loads and
// the two never wait for anybody else.

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { most_sizes = 8, patience_ms = 10000 };

struct options {
    struct sockaddr_in server;
    int server_pid; // 0: the server's CPU time is not measured
    size_t connections;
    size_t busy;  // those that send more than a first message; zero: all
    size_t slow;  // those that send as much as they can and read 4 KiB a millisecond
    size_t depth; // messages of a connection under way at once
    size_t size;  // bytes in a message; of several sizes, their sum
    size_t sizes[most_sizes];
    size_t size_count; // sizes that the messages of a connection have in turn
    double seconds;
    double warm_up; // seconds before those that are measured; negative: a fifth of them
    double rate;    // of `latency`: messages a second, of all connections
    bool lines;     // a message is a line: it ends with '\n' and has no other
    bool frames;    // a message begins with the number of its other bytes, 4 bytes in network order
    bool together;  // no batch begins before all connections have theirs back
    bool blocks;    // datagrams leave and come as one block for a batch: UDP_SEGMENT, UDP_GRO
};

// Messages laid end to end, repeated often enough that a batch can be sent from any message on
// without wrapping.
struct payload {
    char* bytes;
    size_t period; // bytes after which the messages repeat
};

// A warm-up, then the measured stretch; the clocks are read at both ends of the latter.
struct measurement {
    const struct options* options;
    int64_t starts_at, ends_at; // steady clock, ns
    int64_t server_cpu, load_cpu, wall;
    double messages; // counted by the caller, reset when the warm-up is over
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
/// Sends a message and waits for its echo: whatever the first one of a connection costs is past.
void greet(int descriptor, const char* message, size_t size);
void watch(int epoll, int operation, int descriptor, uint32_t events, void* tag);

void load_stream(const struct options* options);
void load_churn(const struct options* options);
void load_datagrams(const struct options* options);
/// Sends at times that were set before, whatever has come back by then, and prints how long after
/// those times the echoes came.
void load_latency(const struct options* options);
/// Opens all connections, echoes once on each, prints a line and keeps them open until standard
/// input ends.
void hold_idle(const struct options* options);
