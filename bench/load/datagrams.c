// SPDX-License-Identifier: BSL-1.0
#define _GNU_SOURCE // sendmmsg, recvmmsg
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { largest_depth = 64, largest_datagram = 2048, events_per_turn = 256 };

struct peer {
    int descriptor;
    size_t message;  // position in the payload of the batch's first message
    size_t received; // datagrams of the batch that came back
};

struct datagram_load {
    const struct options* options;
    struct payload payload;
    struct measurement measurement;
    struct peer* peers;
    int epoll;
    struct mmsghdr headers[largest_depth];
    struct iovec pieces[largest_depth];
    char buffers[largest_depth][largest_datagram];
};

static void send_batch(struct datagram_load* load, struct peer* peer) {
    const size_t size = load->options->size;
    const unsigned depth = (unsigned)load->options->depth;
    peer->message = (peer->message + peer->received * size) % load->payload.period;
    peer->received = 0;
    for (unsigned i = 0; i < depth; ++i) {
        load->pieces[i] = (struct iovec){load->payload.bytes + peer->message + i * size, size};
    }
    if (sendmmsg(peer->descriptor, load->headers, depth, 0) != (int)depth) {
        fail("sendmmsg");
    }
}

static void receive(struct datagram_load* load, struct peer* peer) {
    const size_t size = load->options->size;
    const size_t missing = load->options->depth - peer->received;
    for (size_t i = 0; i < missing; ++i) {
        load->pieces[i] = (struct iovec){load->buffers[i], largest_datagram};
    }
    const int count =
        recvmmsg(peer->descriptor, load->headers, (unsigned)missing, MSG_DONTWAIT, NULL);
    if (count < 0 && errno != EAGAIN) {
        fail("recvmmsg");
    }
    for (int i = 0; i < count; ++i) {
        const char* expected = load->payload.bytes + peer->message + peer->received * size;
        if (load->headers[i].msg_len != size || memcmp(load->buffers[i], expected, size) != 0) {
            fail_because("the echo differs from what was sent");
        }
        ++peer->received;
        ++load->measurement.messages;
    }
    if (peer->received == load->options->depth) {
        send_batch(load, peer);
    }
}

static void open_peers(struct datagram_load* load) {
    const struct options* options = load->options;
    load->peers = calloc(options->connections, sizeof *load->peers);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load->peers == NULL || load->epoll < 0) {
        fail("set-up");
    }
    for (size_t i = 0; i < largest_depth; ++i) {
        load->headers[i].msg_hdr = (struct msghdr){.msg_iov = &load->pieces[i], .msg_iovlen = 1};
    }
    for (size_t i = 0; i < options->connections; ++i) {
        struct peer* peer = &load->peers[i];
        peer->descriptor = connect_to_server(options, SOCK_DGRAM);
        peer->message = i * options->size % load->payload.period;
        watch(load->epoll, EPOLL_CTL_ADD, peer->descriptor, EPOLLIN, peer);
    }
}

void load_datagrams(const struct options* options) {
    if (options->depth > largest_depth || options->size > largest_datagram) {
        fail_because("udp: depth or size is too large");
    }
    struct datagram_load* load = calloc(1, sizeof *load);
    if (load == NULL) {
        fail("calloc");
    }
    load->options = options;
    load->payload = make_payload(options, options->depth * options->size);
    open_peers(load);
    load->measurement = begin_measurement(options);
    for (size_t i = 0; i < options->connections; ++i) {
        send_batch(load, &load->peers[i]);
    }
    while (measurement_goes_on(&load->measurement)) {
        struct epoll_event events[events_per_turn];
        const int count = epoll_wait(load->epoll, events, events_per_turn, 1000);
        if (count <= 0) {
            fail_because("a datagram was lost: choose a smaller depth or fewer connections");
        }
        for (int i = 0; i < count; ++i) {
            receive(load, events[i].data.ptr);
        }
    }
    print_measurement(&load->measurement);
    for (size_t i = 0; i < options->connections; ++i) {
        close(load->peers[i].descriptor);
    }
    close(load->epoll);
    free(load->peers);
    free(load->payload.bytes);
    free(load);
}
