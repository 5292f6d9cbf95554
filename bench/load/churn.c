// SPDX-License-Identifier: BSL-1.0
#include "load.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { largest_message = 64 * 1024, events_per_turn = 256 };

struct visit {
    int descriptor;
    size_t message;  // which of the payload's messages it sends
    size_t received; // bytes of the echo so far
};

struct churn_load {
    const struct options* options;
    struct payload payload;
    struct measurement measurement;
    int epoll;
    uint32_t visits_begun;
    char buffer[largest_message];
};

// A closed connection blocks its port pair for a while (TIME_WAIT). Calling from many loopback
// addresses in turn keeps a run of any length away from the end of the port range.
static void bind_to_next_address(int descriptor, uint32_t visit) {
    const int on = 1;
    const struct sockaddr_in from = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + visit % 128)
    };
    if (setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0 ||
        bind(descriptor, (const struct sockaddr*)&from, sizeof from) != 0) {
        fail("bind");
    }
}

static void begin_visit(struct churn_load* load, struct visit* visit) {
    const struct options* options = load->options;
    visit->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (visit->descriptor < 0) {
        fail("socket");
    }
    bind_to_next_address(visit->descriptor, load->visits_begun);
    const struct sockaddr* server = (const struct sockaddr*)&options->server;
    if (connect(visit->descriptor, server, sizeof options->server) != 0 && errno != EINPROGRESS) {
        fail("connect");
    }
    visit->message = load->visits_begun++ * options->size % load->payload.period;
    visit->received = 0;
    watch(load->epoll, EPOLL_CTL_ADD, visit->descriptor, EPOLLIN | EPOLLOUT, visit);
}

static void send_message(struct churn_load* load, struct visit* visit) {
    const size_t size = load->options->size;
    const char* message = load->payload.bytes + visit->message;
    if (send(visit->descriptor, message, size, MSG_NOSIGNAL) != (ssize_t)size) {
        fail("send");
    }
    watch(load->epoll, EPOLL_CTL_MOD, visit->descriptor, EPOLLIN, visit);
}

static void receive(struct churn_load* load, struct visit* visit) {
    const size_t wanted = load->options->size - visit->received;
    const ssize_t received = recv(visit->descriptor, load->buffer, wanted, 0);
    if (received <= 0) {
        fail("recv");
    }
    const char* expected = load->payload.bytes + visit->message + visit->received;
    if (memcmp(load->buffer, expected, (size_t)received) != 0) {
        fail_because("the echo differs from what was sent");
    }
    visit->received += (size_t)received;
    if (visit->received == load->options->size) {
        load->measurement.messages += 1;
        close(visit->descriptor);
        begin_visit(load, visit);
    }
}

static void serve_events(struct churn_load* load) {
    struct epoll_event events[events_per_turn];
    const int count = epoll_wait(load->epoll, events, events_per_turn, patience_ms);
    if (count <= 0) {
        fail_because("no answer within ten seconds");
    }
    for (int i = 0; i < count; ++i) {
        if ((events[i].events & EPOLLOUT) != 0) {
            send_message(load, events[i].data.ptr);
        } else {
            receive(load, events[i].data.ptr);
        }
    }
}

void load_churn(const struct options* options) {
    if (options->size > largest_message) {
        fail_because("churn: the message is too large");
    }
    struct churn_load* load = calloc(1, sizeof *load);
    struct visit* visits = calloc(options->connections, sizeof *visits);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load == NULL || visits == NULL || epoll < 0) {
        fail("set-up");
    }
    load->options = options;
    load->epoll = epoll;
    load->payload = make_payload(options, options->size);
    load->measurement = begin_measurement(options);
    for (size_t i = 0; i < options->connections; ++i) {
        begin_visit(load, &visits[i]);
    }
    while (measurement_goes_on(&load->measurement)) {
        serve_events(load);
    }
    print_measurement(&load->measurement);
    close(epoll);
    free(load->payload.bytes);
    free(visits);
    free(load);
}
