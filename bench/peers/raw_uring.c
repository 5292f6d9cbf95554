// SPDX-License-Identifier: BSL-1.0

// An echo server written by hand on io_uring: it accepts and receives by requests that go on, into
// buffers that all connections share, and hands over the answers of a turn together.

#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { buffers = 64, buffer_size = 16 * 1024, none = -1 };

struct connection {
    int descriptor;
    int first, last; // buffers to send, in order
    bool receives;
};

// What a completion is of: in the low bits of the connection's address.
enum { of_accept, of_receive, of_send, of_mask = 7 };

static struct io_uring ring;
static struct io_uring_buf_ring* shared;
static char (*memory)[buffer_size];
static int next_of[buffers], begin_of[buffers], end_of[buffers];

_Noreturn static void fail(const char* what, int error) {
    errno = error;
    perror(what);
    exit(1);
}

static struct io_uring_sqe* prepare(void) {
    struct io_uring_sqe* entry = io_uring_get_sqe(&ring);
    while (entry == NULL) {
        io_uring_submit(&ring);
        entry = io_uring_get_sqe(&ring);
    }
    return entry;
}

static void tag(struct io_uring_sqe* entry, struct connection* connection, unsigned of) {
    io_uring_sqe_set_data64(entry, (uintptr_t)connection | of);
}

static void give_back(int buffer) {
    io_uring_buf_ring_add(
        shared, memory[buffer], buffer_size, (unsigned short)buffer, buffers - 1, 0
    );
    io_uring_buf_ring_advance(shared, 1);
}

static void start_receive(struct connection* connection) {
    struct io_uring_sqe* entry = prepare();
    io_uring_prep_recv_multishot(entry, connection->descriptor, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    tag(entry, connection, of_receive);
    connection->receives = true;
}

static void start_send(struct connection* connection) {
    const int buffer = connection->first;
    struct io_uring_sqe* entry = prepare();
    io_uring_prep_send(
        entry,
        connection->descriptor,
        memory[buffer] + begin_of[buffer],
        (size_t)(end_of[buffer] - begin_of[buffer]),
        MSG_NOSIGNAL
    );
    tag(entry, connection, of_send);
}

static void drop_when_done(struct connection* connection) {
    if (!connection->receives && connection->first == none) {
        close(connection->descriptor);
        free(connection);
    }
}

static void accepted(int descriptor) {
    if (descriptor < 0) {
        return;
    }
    struct connection* connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        fail("calloc", ENOMEM);
    }
    connection->descriptor = descriptor;
    connection->first = none;
    start_receive(connection);
}

static void received(struct connection* connection, const struct io_uring_cqe* completion) {
    connection->receives = (completion->flags & IORING_CQE_F_MORE) != 0;
    if ((completion->flags & IORING_CQE_F_BUFFER) != 0) {
        const int buffer = (int)(completion->flags >> IORING_CQE_BUFFER_SHIFT);
        begin_of[buffer] = 0;
        end_of[buffer] = completion->res;
        next_of[buffer] = none;
        if (connection->first == none) {
            connection->first = connection->last = buffer;
            start_send(connection);
        } else {
            next_of[connection->last] = buffer;
            connection->last = buffer;
        }
    }
    if (!connection->receives && (completion->res > 0 || completion->res == -ENOBUFS)) {
        start_receive(connection);
    }
    drop_when_done(connection);
}

static void sent(struct connection* connection, int count) {
    const int buffer = connection->first;
    begin_of[buffer] = count > 0 ? begin_of[buffer] + count : end_of[buffer];
    if (begin_of[buffer] == end_of[buffer]) {
        connection->first = next_of[buffer];
        give_back(buffer);
    }
    if (connection->first != none) {
        start_send(connection);
    }
    drop_when_done(connection);
}

static int listen_on_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int on = 1;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // Accepted sockets inherit TCP_NODELAY.
    if (listener < 0 || setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        bind(listener, (struct sockaddr*)&address, length) != 0 || listen(listener, 4096) != 0 ||
        getsockname(listener, (struct sockaddr*)&address, &length) != 0) {
        fail("listen", errno);
    }
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void open_ring(void) {
    struct io_uring_params wanted = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
        .cq_entries = 2048,
    };
    int outcome = io_uring_queue_init_params(256, &ring, &wanted);
    if (outcome != 0) {
        fail("io_uring", -outcome);
    }
    memory = malloc(buffers * sizeof *memory);
    shared = aligned_alloc(4096, 4096);
    struct io_uring_buf_reg offer = {.ring_addr = (uintptr_t)shared, .ring_entries = buffers};
    if (memory == NULL || shared == NULL ||
        (outcome = io_uring_register_buf_ring(&ring, &offer, 0)) != 0) {
        fail("io_uring buffers", -outcome);
    }
    io_uring_buf_ring_init(shared);
    for (int i = 0; i < buffers; ++i) {
        give_back(i);
    }
}

int main(void) {
    open_ring();
    const int listener = listen_on_loopback();
    struct io_uring_sqe* entry = prepare();
    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
    tag(entry, NULL, of_accept);
    for (;;) {
        io_uring_submit_and_wait(&ring, 1);
        struct io_uring_cqe* completion;
        unsigned head, count = 0;
        io_uring_for_each_cqe(&ring, head, completion) {
            struct connection* connection =
                (void*)(uintptr_t)(completion->user_data & ~(uint64_t)of_mask);
            switch (completion->user_data & of_mask) {
            case of_accept:
                accepted(completion->res);
                break;
            case of_receive:
                received(connection, completion);
                break;
            default:
                sent(connection, completion->res);
            }
            ++count;
        }
        io_uring_cq_advance(&ring, count);
    }
}
