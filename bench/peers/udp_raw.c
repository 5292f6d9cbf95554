// SPDX-License-Identifier: BSL-1.0

// UDP echo by hand: `single` receives and sends one datagram a call, `batch` up to 64 by recvmmsg
// and sendmmsg.

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
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

int main(int argc, char** argv) {
    const bool in_batches = argc > 1 && strcmp(argv[1], "batch") == 0;
    const int descriptor = bind_to_loopback();
    if (in_batches) {
        echo_in_batches(descriptor);
    } else {
        echo_one_by_one(descriptor);
    }
}
