// SPDX-License-Identifier: BSL-1.0

// The yardstick: an echo server written by hand on level-triggered epoll, with as few system calls
// as the job allows. `line` answers each line by itself but sends all answers to one read together.
// A second argument is the number of its loops: threads with a listener each (SO_REUSEPORT).

#define _GNU_SOURCE // accept4
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { buffer_size = 64 * 1024, longest_line = 64 * 1024, events_per_turn = 256 };

// What a connection keeps between events: nothing, unless a line is unfinished or the peer is slow.
struct connection {
    int descriptor;
    size_t input, output; // bytes kept of an unfinished line, bytes not yet sent
    size_t sent;          // of the output
    char* kept_input;
    char* kept_output;
};

static bool by_line;
static int loops = 1;
static uint16_t port; // in network order; zero: of the system's choice
static _Thread_local int epoll_descriptor;
static _Thread_local char buffer[longest_line + buffer_size];

_Noreturn static void fail(const char* what) {
    perror(what);
    exit(1);
}

static void set_on(int descriptor, int level, int option) {
    const int on = 1;
    if (setsockopt(descriptor, level, option, &on, sizeof on) != 0) {
        fail("setsockopt");
    }
}

static void watch(int operation, int descriptor, uint32_t events, void* tag) {
    struct epoll_event event = {.events = events, .data.ptr = tag};
    if (epoll_ctl(epoll_descriptor, operation, descriptor, &event) != 0) {
        fail("epoll_ctl");
    }
}

static char* keep(const char* bytes, size_t length) {
    char* copy = malloc(length);
    if (copy == NULL) {
        fail("malloc");
    }
    return memcpy(copy, bytes, length);
}

static void drop(struct connection* connection) {
    close(connection->descriptor);
    free(connection->kept_input);
    free(connection->kept_output);
    free(connection);
}

static void accept_connection(int listener) {
    const int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
        return;
    }
    set_on(descriptor, IPPROTO_TCP, TCP_NODELAY);
    struct connection* connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        fail("calloc");
    }
    connection->descriptor = descriptor;
    watch(EPOLL_CTL_ADD, descriptor, EPOLLIN, connection);
}

// Sends what it can and keeps the rest; a connection with a rest is watched for room alone, not for
// input.
static bool answer(struct connection* connection, const char* bytes, size_t length) {
    const ssize_t sent = send(connection->descriptor, bytes, length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        return false;
    }
    const size_t done = sent < 0 ? 0 : (size_t)sent;
    if (done < length) {
        connection->kept_output = keep(bytes + done, length - done);
        connection->output = length - done;
        connection->sent = 0;
        watch(EPOLL_CTL_MOD, connection->descriptor, EPOLLOUT, connection);
    }
    return true;
}

static bool send_rest(struct connection* connection) {
    const ssize_t sent = send(
        connection->descriptor,
        connection->kept_output + connection->sent,
        connection->output - connection->sent,
        MSG_NOSIGNAL
    );
    if (sent < 0) {
        return errno == EAGAIN;
    }
    connection->sent += (size_t)sent;
    if (connection->sent == connection->output) {
        free(connection->kept_output);
        connection->kept_output = NULL;
        connection->output = 0;
        watch(EPOLL_CTL_MOD, connection->descriptor, EPOLLIN, connection);
    }
    return true;
}

static bool echo(struct connection* connection) {
    const ssize_t received = recv(connection->descriptor, buffer, buffer_size, 0);
    if (received < 0) {
        return errno == EAGAIN;
    }
    return received > 0 && answer(connection, buffer, (size_t)received);
}

// Composes the answers as a handler would, line by line, and returns their length.
static size_t answer_lines(const char* input, size_t length, char* answers, size_t* used) {
    size_t written = 0;
    const char* line = input;
    const char* end = input + length;
    for (const char* newline; (newline = memchr(line, '\n', (size_t)(end - line))) != NULL;
         line = newline + 1) {
        const size_t line_length = (size_t)(newline + 1 - line);
        memcpy(answers + written, line, line_length);
        written += line_length;
    }
    *used = (size_t)(line - input);
    return written;
}

static bool echo_lines(struct connection* connection) {
    static _Thread_local char answers[longest_line + buffer_size];
    if (connection->input > 0) {
        memcpy(buffer, connection->kept_input, connection->input);
        free(connection->kept_input);
        connection->kept_input = NULL;
    }
    const ssize_t received =
        recv(connection->descriptor, buffer + connection->input, buffer_size, 0);
    if (received <= 0) {
        return false;
    }
    const size_t length = connection->input + (size_t)received;
    size_t used;
    const size_t written = answer_lines(buffer, length, answers, &used);
    connection->input = length - used;
    if (connection->input > longest_line) {
        return false;
    }
    if (connection->input > 0) {
        connection->kept_input = keep(buffer + used, connection->input);
    }
    return written == 0 || answer(connection, answers, written);
}

static int listen_on_loopback(void) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
    };
    socklen_t length = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) {
        fail("socket");
    }
    set_on(listener, SOL_SOCKET, SO_REUSEADDR);
    if (loops > 1) {
        set_on(listener, SOL_SOCKET, SO_REUSEPORT);
    }
    if (bind(listener, (struct sockaddr*)&address, length) != 0 || listen(listener, 4096) != 0 ||
        getsockname(listener, (struct sockaddr*)&address, &length) != 0) {
        fail("listen");
    }
    port = address.sin_port;
    return listener;
}

static void serve(struct connection* connection, uint32_t ready) {
    bool alive;
    if ((ready & EPOLLOUT) != 0) {
        alive = send_rest(connection);
    } else {
        alive = by_line ? echo_lines(connection) : echo(connection);
    }
    if (!alive) {
        drop(connection);
    }
}

_Noreturn static void run_loop(int listener) {
    epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
    for (;;) {
        struct epoll_event events[events_per_turn];
        const int count = epoll_wait(epoll_descriptor, events, events_per_turn, -1);
        for (int i = 0; i < count; ++i) {
            if (events[i].data.ptr == NULL) {
                accept_connection(listener);
            } else {
                serve(events[i].data.ptr, events[i].events);
            }
        }
    }
}

static void* run_thread(void* listener) {
    run_loop((int)(intptr_t)listener);
}

int main(int argc, char** argv) {
    by_line = argc > 1 && strcmp(argv[1], "line") == 0;
    loops = argc > 2 ? atoi(argv[2]) : 1;
    const int listener = listen_on_loopback();
    for (int i = 1; i < loops; ++i) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run_thread, (void*)(intptr_t)listen_on_loopback()) != 0) {
            fail("pthread_create");
        }
    }
    printf("port %d\n", ntohs(port));
    fflush(stdout);
    run_loop(listener);
}
