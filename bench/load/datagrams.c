// SPDX-License-Identifier: BSL-1.0
#define _GNU_SOURCE // sendmmsg, recvmmsg
#include "load.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    largest_depth = 64,
    largest_datagram = 2048,
    largest_block = 65507, // what an IPv4 packet has room for
    events_per_turn = 256
};

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
    size_t under_way; // peers that wait for the rest of their batch
    bool over;        // none begins another
    struct mmsghdr headers[largest_depth];
    struct iovec pieces[largest_depth];
    char buffers[largest_depth][largest_datagram];
    char block[largest_block];
};

static void send_batch(struct datagram_load* load, struct peer* peer) {
    const size_t size = load->options->size;
    const unsigned depth = (unsigned)load->options->depth;
    peer->message = (peer->message + peer->received * size) % load->payload.period;
    peer->received = 0;
    ++load->under_way;
    if (load->options->blocks) {
        const char* block = load->payload.bytes + peer->message;
        if (send(peer->descriptor, block, depth * size, 0) != (ssize_t)(depth * size)) {
            fail("send");
        }
        return;
    }
    for (unsigned i = 0; i < depth; ++i) {
        load->pieces[i] = (struct iovec){load->payload.bytes + peer->message + i * size, size};
    }
    if (sendmmsg(peer->descriptor, load->headers, depth, 0) != (int)depth) {
        fail("sendmmsg");
    }
}

static void
check_echo(struct datagram_load* load, struct peer* peer, const char* bytes, size_t count) {
    const size_t size = load->options->size;
    const char* expected = load->payload.bytes + peer->message + peer->received * size;
    if (count > load->options->depth - peer->received ||
        memcmp(bytes, expected, count * size) != 0) {
        fail_because("the echo differs from what was sent");
    }
    peer->received += count;
    load->measurement.messages += (double)count;
}

static void receive_datagrams(struct datagram_load* load, struct peer* peer) {
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
        if (load->headers[i].msg_len != load->options->size) {
            fail_because("a datagram came back with another length");
        }
        check_echo(load, peer, load->buffers[i], 1);
    }
}

// A block of more than one datagram says how long each is.
static void receive_block(struct datagram_load* load, struct peer* peer) {
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    struct iovec piece = {load->block, sizeof load->block};
    struct msghdr header = {
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control
    };
    const ssize_t length = recvmsg(peer->descriptor, &header, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) {
        return;
    }
    if (length < 0) {
        fail("recvmsg");
    }
    int size = (int)length;
    const struct cmsghdr* note = CMSG_FIRSTHDR(&header);
    if (note != NULL && note->cmsg_level == SOL_UDP && note->cmsg_type == UDP_GRO) {
        memcpy(&size, CMSG_DATA(note), sizeof size);
    }
    if ((size_t)size != load->options->size || length % size != 0) {
        fail_because("a datagram came back with another length");
    }
    check_echo(load, peer, load->block, (size_t)(length / size));
}

static void receive(struct datagram_load* load, struct peer* peer) {
    if (load->options->blocks) {
        receive_block(load, peer);
    } else {
        receive_datagrams(load, peer);
    }
    if (peer->received == load->options->depth) {
        --load->under_way;
        if (!load->over) {
            send_batch(load, peer);
        }
    }
}

static void serve_events(struct datagram_load* load) {
    struct epoll_event events[events_per_turn];
    const int count = epoll_wait(load->epoll, events, events_per_turn, patience_ms);
    if (count <= 0) {
        fail_because("a datagram was lost: choose a smaller depth or fewer connections");
    }
    for (int i = 0; i < count; ++i) {
        receive(load, events[i].data.ptr);
    }
}

static void use_blocks(const struct options* options, int descriptor) {
    const int size = (int)options->size;
    const int on = 1;
    if (setsockopt(descriptor, SOL_UDP, UDP_SEGMENT, &size, sizeof size) != 0 ||
        setsockopt(descriptor, SOL_UDP, UDP_GRO, &on, sizeof on) != 0) {
        fail("UDP_SEGMENT, UDP_GRO");
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
        if (options->blocks) {
            use_blocks(options, peer->descriptor);
        }
        peer->message = i * options->size % load->payload.period;
        watch(load->epoll, EPOLL_CTL_ADD, peer->descriptor, EPOLLIN, peer);
    }
}

void load_datagrams(const struct options* options) {
    if (options->depth > largest_depth || options->size > largest_datagram ||
        (options->blocks && options->depth * options->size > largest_block)) {
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
        serve_events(load);
    }
    print_measurement(&load->measurement);
    load->over = true; // the next load must not find this one's datagrams in the server's buffer
    while (load->under_way > 0) {
        serve_events(load);
    }
    for (size_t i = 0; i < options->connections; ++i) {
        close(load->peers[i].descriptor);
    }
    close(load->epoll);
    free(load->peers);
    free(load->payload.bytes);
    free(load);
}
