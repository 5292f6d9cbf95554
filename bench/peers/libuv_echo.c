// SPDX-License-Identifier: BSL-1.0

// Echo on libuv as its guide writes it, with one shared read buffer and uv_try_write before a
// queued write.

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static char shared_buffer[64 * 1024];

struct rest {
    uv_write_t request;
    char bytes[];
};

static void lend(uv_handle_t* peer, size_t suggested, uv_buf_t* buffer) {
    (void)peer;
    (void)suggested;
    *buffer = uv_buf_init(shared_buffer, sizeof shared_buffer);
}

static void release(uv_handle_t* peer) {
    free(peer);
}

static void on_read(uv_stream_t* peer, ssize_t length, const uv_buf_t* buffer);

static void on_written(uv_write_t* request, int status) {
    uv_stream_t* peer = request->handle;
    free(request);
    if (status == 0) {
        uv_read_start(peer, lend, on_read);
    }
}

static void on_read(uv_stream_t* peer, ssize_t length, const uv_buf_t* buffer) {
    if (length < 0) {
        uv_close((uv_handle_t*)peer, release);
        return;
    }
    uv_buf_t bytes = uv_buf_init(buffer->base, (unsigned)length);
    const int sent = uv_try_write(peer, &bytes, 1);
    const size_t done = sent < 0 ? 0 : (size_t)sent;
    if (done == (size_t)length) {
        return;
    }
    uv_read_stop(peer);
    const size_t left = (size_t)length - done;
    struct rest* rest = malloc(sizeof *rest + left);
    memcpy(rest->bytes, buffer->base + done, left);
    bytes = uv_buf_init(rest->bytes, (unsigned)left);
    uv_write(&rest->request, peer, &bytes, 1, on_written);
}

static void on_connection(uv_stream_t* listener, int status) {
    if (status < 0) {
        return;
    }
    uv_tcp_t* peer = malloc(sizeof *peer);
    uv_tcp_init(listener->loop, peer);
    if (uv_accept(listener, (uv_stream_t*)peer) != 0) {
        uv_close((uv_handle_t*)peer, release);
        return;
    }
    uv_tcp_nodelay(peer, 1);
    uv_read_start((uv_stream_t*)peer, lend, on_read);
}

int main(void) {
    uv_tcp_t listener;
    struct sockaddr_in address;
    int length = sizeof address;
    uv_loop_t* loop = uv_default_loop();
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, &listener);
    if (uv_tcp_bind(&listener, (const struct sockaddr*)&address, 0) != 0 ||
        uv_listen((uv_stream_t*)&listener, 4096, on_connection) != 0 ||
        uv_tcp_getsockname(&listener, (struct sockaddr*)&address, &length) != 0) {
        fputs("cannot listen\n", stderr);
        return 1;
    }
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
