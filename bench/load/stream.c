// SPDX-License-Identifier: BSL-1.0
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { chunk = 64 * 1024, events_per_turn = 256 };

struct connection {
    int descriptor;
    bool waits_for_room;
    size_t send_at, receive_at; // position in the payload, below its period
    size_t to_send, to_receive; // bytes left of the batch
};

struct stream_load {
    const struct options* options;
    struct payload payload;
    struct measurement measurement;
    struct connection* connections;
    int epoll;
    size_t batch;
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
        const uint32_t events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN;
        watch(load->epoll, EPOLL_CTL_MOD, connection->descriptor, events, connection);
    }
}

static void start_batch(struct stream_load* load, struct connection* connection) {
    connection->to_send = load->batch;
    connection->to_receive = load->batch;
    send_batch(load, connection);
}

static void receive(struct stream_load* load, struct connection* connection) {
    const ssize_t received = recv(connection->descriptor, load->buffer, chunk, MSG_DONTWAIT);
    if (received < 0 && errno == EAGAIN) {
        return;
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
    const size_t size = load->payload.message_size;
    const size_t before = (connection->to_receive + size - 1) / size;
    connection->to_receive -= length;
    load->measurement.messages += before - (connection->to_receive + size - 1) / size;
    connection->receive_at = (connection->receive_at + length) % load->payload.period;
    if (connection->to_receive == 0) {
        start_batch(load, connection);
    }
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
        connection->descriptor = connect_to_server(options, SOCK_STREAM);
        connection->send_at = connection->receive_at = i * options->size % load->payload.period;
        watch(load->epoll, EPOLL_CTL_ADD, connection->descriptor, EPOLLIN, connection);
    }
}

static void serve_events(struct stream_load* load) {
    struct epoll_event events[events_per_turn];
    const int count = epoll_wait(load->epoll, events, events_per_turn, 1000);
    if (count < 0) {
        fail("epoll_wait");
    }
    if (count == 0) {
        fail_because("no answer within a second");
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
}

static struct stream_load* make_stream_load(const struct options* options) {
    struct stream_load* load = calloc(1, sizeof *load);
    if (load == NULL) {
        fail("calloc");
    }
    load->options = options;
    load->batch = options->depth * options->size;
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
    for (size_t i = 0; i < options->connections; ++i) {
        start_batch(load, &load->connections[i]);
    }
    while (measurement_goes_on(&load->measurement)) {
        serve_events(load);
    }
    print_measurement(&load->measurement);
    free_stream_load(load);
}

void hold_idle(const struct options* options) {
    struct stream_load* load = make_stream_load(options);
    for (size_t i = 0; i < options->connections; ++i) {
        struct connection* connection = &load->connections[i];
        const char* message = load->payload.bytes + connection->send_at;
        if (send(connection->descriptor, message, options->size, MSG_NOSIGNAL) !=
                (ssize_t)options->size ||
            recv(connection->descriptor, load->buffer, options->size, MSG_WAITALL) !=
                (ssize_t)options->size ||
            memcmp(load->buffer, message, options->size) != 0) {
            fail("echo");
        }
    }
    puts("{\"idle\": true}");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    free_stream_load(load);
}
