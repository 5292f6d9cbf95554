// SPDX-License-Identifier: BSL-1.0
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { chunk = 64 * 1024, slow_chunk = 4096, slow_pause_ns = 1000000, events_per_turn = 256 };

enum pace { busy, idle, slow };

struct connection {
    int descriptor;
    enum pace pace;
    bool waits_for_room;
    size_t next_size;           // of the sizes that messages have in turn
    size_t send_at, receive_at; // position in the payload, below its period
    size_t to_send, to_receive; // bytes left of the batch
};

struct stream_load {
    const struct options* options;
    struct payload payload;
    struct measurement measurement;
    struct connection* connections;
    int epoll;
    size_t under_way; // busy connections that wait for the rest of their batch
    int64_t slow_reads_at;
    char buffer[chunk];
};

static void send_batch(struct stream_load* load, struct connection* connection) {
    while (connection->to_send > 0) {
        const size_t length = connection->to_send < chunk ? connection->to_send : chunk;
        const ssize_t sent = send(
            connection->descriptor,
            load->payload.bytes + connection->send_at,
            length,
            MSG_DONTWAIT | MSG_NOSIGNAL
        );
        if (sent < 0 && errno == EAGAIN) {
            break;
        }
        if (sent < 0) {
            fail("send");
        }
        connection->send_at = (connection->send_at + (size_t)sent) % load->payload.period;
        connection->to_send -= (size_t)sent;
    }
    const bool waits = connection->to_send > 0;
    if (waits != connection->waits_for_room) {
        connection->waits_for_room = waits;
        const uint32_t reads = connection->pace == slow ? 0 : EPOLLIN;
        const uint32_t events = waits ? reads | EPOLLOUT : reads;
        watch(load->epoll, EPOLL_CTL_MOD, connection->descriptor, events, connection);
    }
}

static void start_batch(struct stream_load* load, struct connection* connection) {
    const struct options* options = load->options;
    if (connection->pace == slow) {
        connection->to_send = connection->to_receive = SIZE_MAX;
    } else {
        for (size_t i = 0; i < options->depth; ++i) {
            connection->to_send += options->sizes[connection->next_size];
            connection->next_size = (connection->next_size + 1) % options->size_count;
        }
        connection->to_receive = connection->to_send;
        ++load->under_way;
    }
    send_batch(load, connection);
}

static void start_batches(struct stream_load* load) {
    for (size_t i = 0; i < load->options->connections; ++i) {
        if (load->connections[i].pace != idle) {
            start_batch(load, &load->connections[i]);
        }
    }
}

static void finish_batch(struct stream_load* load, struct connection* connection) {
    --load->under_way;
    if (!load->options->together) {
        start_batch(load, connection);
    } else if (load->under_way == 0) {
        start_batches(load);
    }
}

// The bytes that came and were right; none when none are there.
static size_t receive_some(struct stream_load* load, struct connection* connection, size_t most) {
    const ssize_t received = recv(connection->descriptor, load->buffer, most, MSG_DONTWAIT);
    if (received < 0 && errno == EAGAIN) {
        return 0;
    }
    if (received < 0) {
        fail("recv");
    }
    const size_t length = (size_t)received;
    if (length == 0) {
        fail_because("the server closed a connection");
    }
    if (length > connection->to_receive ||
        memcmp(load->buffer, load->payload.bytes + connection->receive_at, length) != 0) {
        fail_because("the echo differs from what was sent");
    }
    connection->to_receive -= length;
    connection->receive_at = (connection->receive_at + length) % load->payload.period;
    return length;
}

static void receive(struct stream_load* load, struct connection* connection) {
    const size_t length = receive_some(load, connection, chunk);
    const struct options* options = load->options;
    load->measurement.messages += (double)(length * options->size_count) / (double)options->size;
    if (length > 0 && connection->to_receive == 0) {
        finish_batch(load, connection);
    }
}

static void serve_slow_readers(struct stream_load* load) {
    const struct options* options = load->options;
    if (options->slow == 0 || now_ns() < load->slow_reads_at) {
        return;
    }
    load->slow_reads_at = now_ns() + slow_pause_ns;
    for (size_t i = options->connections - options->slow; i < options->connections; ++i) {
        receive_some(load, &load->connections[i], slow_chunk);
    }
}

// The slow ones are the last; the busy ones are spread among those that idle.
static enum pace pace_of(const struct options* options, size_t i) {
    const size_t others = options->connections - options->slow;
    if (i >= others) {
        return slow;
    }
    if (options->busy == 0) {
        return busy;
    }
    const size_t apart = others / options->busy;
    return i % apart == 0 && i / apart < options->busy ? busy : idle;
}

static void open_connections(struct stream_load* load) {
    const struct options* options = load->options;
    load->connections = calloc(options->connections, sizeof *load->connections);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load->connections == NULL || load->epoll < 0) {
        fail("set-up");
    }
    for (size_t i = 0; i < options->connections; ++i) {
        struct connection* connection = &load->connections[i];
        connection->pace = pace_of(options, i);
        connection->descriptor = connect_to_server(options, SOCK_STREAM);
        greet(connection->descriptor, load->payload.bytes, options->size);
        connection->send_at = connection->receive_at = i * options->size % load->payload.period;
        const uint32_t events = connection->pace == slow ? 0 : EPOLLIN;
        watch(load->epoll, EPOLL_CTL_ADD, connection->descriptor, events, connection);
    }
}

static void serve_events(struct stream_load* load) {
    struct epoll_event events[events_per_turn];
    const int count = epoll_wait(load->epoll, events, events_per_turn, patience_ms);
    if (count < 0) {
        fail("epoll_wait");
    }
    if (count == 0) {
        fail_because("no answer within ten seconds");
    }
    for (int i = 0; i < count; ++i) {
        struct connection* connection = events[i].data.ptr;
        if ((events[i].events & EPOLLOUT) != 0) {
            send_batch(load, connection);
        }
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
            receive(load, connection);
        }
    }
    serve_slow_readers(load);
}

static struct stream_load* make_stream_load(const struct options* options) {
    struct stream_load* load = calloc(1, sizeof *load);
    if (load == NULL) {
        fail("calloc");
    }
    load->options = options;
    load->payload = make_payload(options, chunk + options->size);
    open_connections(load);
    return load;
}

static void free_stream_load(struct stream_load* load) {
    for (size_t i = 0; i < load->options->connections; ++i) {
        close(load->connections[i].descriptor);
    }
    close(load->epoll);
    free(load->connections);
    free(load->payload.bytes);
    free(load);
}

void load_stream(const struct options* options) {
    struct stream_load* load = make_stream_load(options);
    load->measurement = begin_measurement(options);
    start_batches(load);
    while (measurement_goes_on(&load->measurement)) {
        serve_events(load);
    }
    print_measurement(&load->measurement);
    free_stream_load(load);
}

void hold_idle(const struct options* options) {
    struct stream_load* load = make_stream_load(options);
    puts("{\"idle\": true}");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    free_stream_load(load);
}
