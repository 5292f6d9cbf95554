// SPDX-License-Identifier: BSL-1.0

// Echo on libevent's bufferevents: what was read moves to the output buffer without a copy.

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

static void on_read(struct bufferevent* peer, void* context) {
    (void)context;
    evbuffer_add_buffer(bufferevent_get_output(peer), bufferevent_get_input(peer));
}

static void on_end(struct bufferevent* peer, short what, void* context) {
    (void)what;
    (void)context;
    bufferevent_free(peer);
}

static void on_connection(
    struct evconnlistener* listener,
    evutil_socket_t descriptor,
    struct sockaddr* address,
    int length,
    void* context
) {
    (void)address;
    (void)length;
    (void)context;
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct event_base* base = evconnlistener_get_base(listener);
    struct bufferevent* peer = bufferevent_socket_new(base, descriptor, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(peer, on_read, NULL, on_end, NULL);
    bufferevent_enable(peer, EV_READ | EV_WRITE);
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct event_base* base = event_base_new();
    struct evconnlistener* listener = evconnlistener_new_bind(
        base,
        on_connection,
        NULL,
        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE,
        4096,
        (const struct sockaddr*)&address,
        sizeof address
    );
    if (listener == NULL ||
        getsockname(evconnlistener_get_fd(listener), (struct sockaddr*)&address, &length) != 0) {
        fputs("cannot listen\n", stderr);
        return 1;
    }
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return event_base_dispatch(base);
}
