// SPDX-License-Identifier: BSL-1.0
#include "load.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: bench_load echo|lines|frames|churn|udp|latency|idle PORT [options]\n"
    "Loads the echo server on 127.0.0.1:PORT, compares every byte, prints one line of JSON.\n"
    "  echo     messages over long connections\n"
    "  lines    the same, each message a line\n"
    "  frames   the same, each message with its length in its first 4 bytes\n"
    "  churn    connect, one message, close\n"
    "  udp      datagrams\n"
    "  latency  messages at random times that do not wait for echoes: nanoseconds from such a\n"
    "           time to the echo\n"
    "  idle     one echo a connection, then wait for the end of standard input\n"
    "  -c, --connections N   (1)      -d, --depth N: messages at once (1)\n"
    "  -s, --size BYTES[,BYTES]... (64): several, of echo, are those of its messages in turn\n"
    "  -t, --seconds S (1)            -w, --warm-up S before them (a fifth)\n"
    "  -p, --server-pid PID: report that process's CPU time\n"
    "  -b, --busy N: of echo's connections, those that send more than one message (all)\n"
    "  -l, --slow N: of echo's connections, those that read 4 KiB a millisecond and send all the\n"
    "                time; their bytes do not count (0)\n"
    "  -a, --together: of echo, a batch begins when all connections have theirs back\n"
    "  -g, --blocks: of udp, the datagrams of a batch pass the kernel as one block\n"
    "  -r, --rate N: of latency, messages a second, of all connections (1000)\n";

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

static double seconds(const char* text) {
    char* end;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0 && value <= 86400)) {
        show_usage();
    }
    return value;
}

static void parse_sizes(struct options* options, char* text) {
    options->size = options->size_count = 0;
    for (char* rest = NULL; (text = strtok_r(text, ",", &rest)) != NULL; text = NULL) {
        if (options->size_count == most_sizes) {
            show_usage();
        }
        const size_t size = positive(text);
        options->sizes[options->size_count++] = size;
        options->size += size;
    }
}

static void set_option(struct options* options, int letter, char* text) {
    switch (letter) {
    case 'a':
        options->together = true;
        break;
    case 'b':
        options->busy = positive(text);
        break;
    case 'c':
        options->connections = positive(text);
        break;
    case 'd':
        options->depth = positive(text);
        break;
    case 'g':
        options->blocks = true;
        break;
    case 'l':
        options->slow = positive(text);
        break;
    case 'p':
        options->server_pid = (int)positive(text);
        break;
    case 'r':
        options->rate = (double)positive(text);
        break;
    case 's':
        parse_sizes(options, text);
        break;
    case 't':
        options->seconds = seconds(text);
        break;
    case 'w':
        options->warm_up = seconds(text);
        break;
    default:
        show_usage();
    }
}

static struct options parse(int argc, char** argv) {
    static const struct option names[] = {
        {"blocks", no_argument, NULL, 'g'},
        {"busy", required_argument, NULL, 'b'},
        {"connections", required_argument, NULL, 'c'},
        {"depth", required_argument, NULL, 'd'},
        {"rate", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 't'},
        {"server-pid", required_argument, NULL, 'p'},
        {"size", required_argument, NULL, 's'},
        {"slow", required_argument, NULL, 'l'},
        {"together", no_argument, NULL, 'a'},
        {"warm-up", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0}
    };
    struct options options = {
        .connections = 1,
        .depth = 1,
        .size = 64,
        .sizes = {64},
        .size_count = 1,
        .seconds = 1,
        .warm_up = -1,
        .rate = 1000
    };
    int letter;
    while ((letter = getopt_long(argc, argv, "ab:c:d:gl:p:r:s:t:w:", names, NULL)) != -1) {
        set_option(&options, letter, optarg);
    }
    if (argc - optind != 2 || options.seconds <= 0 || options.size_count == 0 ||
        options.busy + options.slow > options.connections ||
        (options.together && options.slow > 0)) {
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
    options.lines = strcmp(mode, "lines") == 0;
    options.frames = strcmp(mode, "frames") == 0;
    const bool echo = strcmp(mode, "echo") == 0;
    if (options.size_count > 1 && !echo) {
        fail_because("several sizes are for echo alone");
    }
    if (echo || options.lines || (options.frames && options.size >= sizeof(uint32_t))) {
        load_stream(&options);
    } else if (strcmp(mode, "churn") == 0) {
        load_churn(&options);
    } else if (strcmp(mode, "udp") == 0) {
        load_datagrams(&options);
    } else if (strcmp(mode, "latency") == 0) {
        load_latency(&options);
    } else if (strcmp(mode, "idle") == 0) {
        hold_idle(&options);
    } else {
        show_usage();
    }
    return 0;
}
