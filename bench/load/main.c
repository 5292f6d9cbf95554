// SPDX-License-Identifier: BSL-1.0
#include "load.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: bench_load echo|lines|frames|churn|udp|idle PORT [options]\n"
    "Loads the echo server on 127.0.0.1:PORT, compares every byte, prints one line of JSON.\n"
    "  echo   messages over long connections      lines  the same, each message a line\n"
    "  frames the same, each message with its     churn  connect, one message, close\n"
    "         length in its first 4 bytes         udp    datagrams\n"
    "  idle   one echo a connection, then wait for the end of standard input\n"
    "  -c, --connections N   (1)      -s, --size BYTES  (64)     -d, --depth N  (1)\n"
    "  -t, --seconds S       (1)      -p, --server-pid PID: report that process's CPU time\n";

_Noreturn static void show_usage(void) {
    fputs(usage, stderr);
    exit(2);
}

static size_t positive(const char* text) {
    char* end;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*end != '\0' || value == 0 || value > 1u << 30) {
        show_usage();
    }
    return (size_t)value;
}

static struct options parse(int argc, char** argv) {
    static const struct option names[] = {
        {"connections", required_argument, NULL, 'c'},
        {"size", required_argument, NULL, 's'},
        {"depth", required_argument, NULL, 'd'},
        {"seconds", required_argument, NULL, 't'},
        {"server-pid", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0}
    };
    struct options options = {.connections = 1, .size = 64, .depth = 1, .seconds = 1};
    int option;
    while ((option = getopt_long(argc, argv, "c:s:d:t:p:", names, NULL)) != -1) {
        switch (option) {
        case 'c':
            options.connections = positive(optarg);
            break;
        case 's':
            options.size = positive(optarg);
            break;
        case 'd':
            options.depth = positive(optarg);
            break;
        case 't':
            options.seconds = atof(optarg);
            break;
        case 'p':
            options.server_pid = (int)positive(optarg);
            break;
        default:
            show_usage();
        }
    }
    if (argc - optind != 2 || options.seconds <= 0) {
        show_usage();
    }
    const size_t port = positive(argv[optind + 1]);
    options.server = (struct sockaddr_in){.sin_family = AF_INET,
                                          .sin_port = htons((uint16_t)port),
                                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return options;
}

int main(int argc, char** argv) {
    struct options options = parse(argc, argv);
    const char* mode = argv[optind];
    if (strcmp(mode, "echo") == 0) {
        load_stream(&options);
    } else if (strcmp(mode, "lines") == 0) {
        options.lines = true;
        load_stream(&options);
    } else if (strcmp(mode, "frames") == 0 && options.size >= sizeof(uint32_t)) {
        options.frames = true;
        load_stream(&options);
    } else if (strcmp(mode, "churn") == 0) {
        load_churn(&options);
    } else if (strcmp(mode, "udp") == 0) {
        load_datagrams(&options);
    } else if (strcmp(mode, "idle") == 0) {
        hold_idle(&options);
    } else {
        show_usage();
    }
    return 0;
}
