// SPDX-License-Identifier: BSL-1.0

// UDP echo by hand: `single` receives and sends one datagram a call, `batch` up to 64 by recvmmsg
// and sendmmsg, `blocks` what the kernel has joined (UDP_GRO) as one block (UDP_SEGMENT).

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { batch = 64, largest_datagram = 65536 };

_Noreturn static void fail(const char* what) {
    perror(what);
    exit(1);
}

static int bind_to_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr*)&address, length) != 0 ||
        getsockname(descriptor, (struct sockaddr*)&address, &length) != 0) {
        fail("bind");
    }
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return descriptor;
}

static void wait_for_input(int descriptor) {
    struct pollfd input = {.fd = descriptor, .events = POLLIN};
    poll(&input, 1, -1);
}

static void echo_one_by_one(int descriptor) {
    static char buffer[largest_datagram];
    struct sockaddr_in peer;
    for (;;) {
        socklen_t length = sizeof peer;
        const ssize_t received =
            recvfrom(descriptor, buffer, sizeof buffer, 0, (struct sockaddr*)&peer, &length);
        if (received < 0) {
            wait_for_input(descriptor);
        } else {
            sendto(descriptor, buffer, (size_t)received, 0, (struct sockaddr*)&peer, length);
        }
    }
}

static void echo_in_batches(int descriptor) {
    static char buffers[batch][largest_datagram];
    static struct sockaddr_in peers[batch];
    static struct iovec pieces[batch];
    static struct mmsghdr headers[batch];
    for (;;) {
        for (int i = 0; i < batch; ++i) {
            pieces[i] = (struct iovec){buffers[i], largest_datagram};
            headers[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                                 .msg_namelen = sizeof peers[i],
                                                 .msg_iov = &pieces[i],
                                                 .msg_iovlen = 1};
        }
        const int received = recvmmsg(descriptor, headers, batch, 0, NULL);
        if (received < 0) {
            wait_for_input(descriptor);
            continue;
        }
        for (int i = 0; i < received; ++i) {
            pieces[i].iov_len = headers[i].msg_len;
        }
        sendmmsg(descriptor, headers, (unsigned)received, 0);
    }
}

static uint16_t size_in_block(struct msghdr* header, uint16_t length) {
    const struct cmsghdr* note = CMSG_FIRSTHDR(header);
    int size = length;
    if (note != NULL && note->cmsg_level == SOL_UDP && note->cmsg_type == UDP_GRO) {
        memcpy(&size, CMSG_DATA(note), sizeof size);
    }
    return (uint16_t)size;
}

static void echo_in_blocks(int descriptor) {
    static char buffer[largest_datagram];
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    const int on = 1;
    if (setsockopt(descriptor, SOL_UDP, UDP_GRO, &on, sizeof on) != 0) {
        fail("UDP_GRO");
    }
    for (;;) {
        struct sockaddr_in peer;
        struct iovec piece = {buffer, sizeof buffer};
        struct msghdr header = {
            .msg_name = &peer,
            .msg_namelen = sizeof peer,
            .msg_iov = &piece,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof control
        };
        const ssize_t length = recvmsg(descriptor, &header, 0);
        if (length < 0) {
            wait_for_input(descriptor);
            continue;
        }
        const uint16_t size = size_in_block(&header, (uint16_t)length);
        piece.iov_len = (size_t)length;
        header.msg_controllen = CMSG_SPACE(sizeof size);
        struct cmsghdr* note = CMSG_FIRSTHDR(&header);
        note->cmsg_level = SOL_UDP;
        note->cmsg_type = UDP_SEGMENT;
        note->cmsg_len = CMSG_LEN(sizeof size);
        memcpy(CMSG_DATA(note), &size, sizeof size);
        sendmsg(descriptor, &header, 0);
    }
}

int main(int argc, char** argv) {
    const char* way = argc > 1 ? argv[1] : "single";
    const int descriptor = bind_to_loopback();
    if (strcmp(way, "batch") == 0) {
        echo_in_batches(descriptor);
    } else if (strcmp(way, "blocks") == 0) {
        echo_in_blocks(descriptor);
    } else {
        echo_one_by_one(descriptor);
    }
}
