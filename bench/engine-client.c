/* The least that a client of the Engine can do, for measuring: requests and replies, nothing is made of them.
 *
 * engine-client SOCKET once PARALLEL [INSPECTS]: the list and one inspect each, or so many in turn; prints
 * microseconds. engine-client SOCKET watch: what docker-gen asks at the start of a container, the list and one inspect
 * each, one after the other; prints when that was done by the monotonic clock, in microseconds. */
#include "common/file.h"
#include "common/text.h"
#include "common/timer.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
        ID_DIGITS = 64,
        READ_MAX = 64 * 1024,
        PARALLEL_MAX = 64,
        INSPECTS_MAX = 10 * 1000 * 1000,
};

typedef struct Client {
        const char *socket;
        int channels[PARALLEL_MAX];
        size_t n_channels;
        StringList ids;
        Text reply;
        bool decodes;
} Client;

static int open_channel(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (strlen(path) >= sizeof address.sun_path)
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path) + 1);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
                return fd;
        int r = -errno;
        (void)close(fd);
        return r;
}

static int send_request(int channel, const char *path, const char *version) {
        _cleanup_free_ char *request = xasprintf("GET %s HTTP/%s\r\nHost: docker\r\n\r\n", path, version);

        return file_write_all(channel, request, strlen(request));
}

/* More of the reply; 0 where the Engine has closed the connection. */
static ssize_t read_more(Client *c, int channel) {
        static char bytes[READ_MAX];
        ssize_t n = read(channel, bytes, sizeof bytes);

        if (n > 0)
                text_append_bytes(&c->reply, bytes, (size_t)n);
        return n < 0 ? -errno : n;
}

/* By its length where it tells one, else by the end of its chunks, which is not found within JSON. */
static bool is_whole(const Text *reply) {
        static const char length[] = "Content-Length: ", last[] = "\r\n0\r\n\r\n";
        const char *end = strstr(reply->data, "\r\n\r\n"), *told = end ? strstr(reply->data, length) : NULL;
        uint64_t size;

        if (!end)
                return false;
        if (!told || told > end)
                return has_suffix(reply->data, last);
        _cleanup_free_ char *digits = xstrndup(told + strlen(length), strcspn(told + strlen(length), "\r"));
        return parse_unsigned(digits, 0, SIZE_MAX, &size) == 0 &&
               reply->size - (size_t)(end + 4 - reply->data) >= size;
}

static void decode(const Text *reply) {
        const char *body = reply->data ? strstr(reply->data, "\r\n\r\n") : NULL;

        cJSON_Delete(body ? cJSON_Parse(body) : NULL);
}

static int read_reply(Client *c, int channel) {
        ssize_t n;

        text_truncate(&c->reply, 0);
        do {
                n = read_more(c, channel);
                if (n <= 0)
                        return n < 0 ? (int)n : -ECONNRESET;
        } while (!is_whole(&c->reply));
        if (c->decodes)
                decode(&c->reply);
        return 0;
}

/* The ids of all that runs. HTTP/1.0 knows no chunks, which might cut one in two. */
static int list(Client *c) {
        static const char before[] = "\"Id\":\"";
        _cleanup_close_ int channel = open_channel(c->socket);
        ssize_t n = channel < 0 ? channel : send_request(channel, "/containers/json", "1.0");

        text_truncate(&c->reply, 0);
        string_list_clear(&c->ids);
        while (n >= 0 && (n = read_more(c, channel)) > 0)
                continue;
        for (const char *at = n < 0 ? NULL : c->reply.data; at && (at = strstr(at, before)); at += ID_DIGITS) {
                at += strlen(before);
                string_list_take(&c->ids, xstrndup(at, ID_DIGITS));
        }
        if (n >= 0 && c->decodes)
                decode(&c->reply);
        return (int)n;
}

static int ask(Client *c, size_t number) {
        _cleanup_free_ char *path = xasprintf("/containers/%s/json", c->ids.items[number % c->ids.count]);

        return send_request(c->channels[number % c->n_channels], path, "1.1");
}

/* Each channel has one request under way, and replies are read in the order of the requests. */
static int inspect(Client *c, size_t count) {
        size_t parallel = c->n_channels;
        int r = 0;

        for (size_t i = 0; i < count + parallel && r >= 0; i++) {
                if (i >= parallel && i - parallel < count)
                        r = read_reply(c, c->channels[i % parallel]);
                if (r >= 0 && i < count)
                        r = ask(c, i);
        }
        return r;
}

/* `count`: so many inspects; 0: one each. */
static int list_and_inspect(Client *c, size_t count) {
        int r = list(c);

        if (r < 0 || c->ids.count == 0 || c->n_channels == 0)
                return r;
        return inspect(c, count > 0 ? count : c->ids.count);
}

static int once(Client *c, size_t count) {
        uint64_t began = now_usec();
        int r = list_and_inspect(c, count);

        if (r >= 0)
                (void)printf("%" PRIu64 "\n", now_usec() - began);
        return r;
}

static int watch(Client *c) {
        _cleanup_close_ int events = open_channel(c->socket);
        int r = events < 0 ? events : send_request(events, "/events", "1.1");

        while (r >= 0) {
                text_truncate(&c->reply, 0);
                ssize_t n = read_more(c, events);
                if (n <= 0)
                        return n < 0 ? (int)n : -ECONNRESET;
                if (!strstr(c->reply.data, "\"Action\":\"start\""))
                        continue;
                r = list_and_inspect(c, 0);
                (void)printf("%" PRIu64 "\n", now_usec());
                (void)fflush(stdout);
        }
        return r;
}

static int open_channels(Client *c, size_t count) {
        for (; c->n_channels < count; c->n_channels++)
                if ((c->channels[c->n_channels] = open_channel(c->socket)) < 0)
                        return c->channels[c->n_channels];
        return 0;
}

int main(int argc, char *argv[]) {
        static Client c; /* to the end of the process, like all that it owns */
        uint64_t parallel = 1, count = 0;

        c.decodes = argc == 3 && strcmp(argv[2], "watch") == 0;
        if (argc < 3 || argc > 4 || (!c.decodes && parse_unsigned(argv[2], 1, PARALLEL_MAX, &parallel) < 0) ||
            (argc > 3 && parse_unsigned(argv[3], 1, INSPECTS_MAX, &count) < 0)) {
                (void)fprintf(stderr, "usage: engine-client SOCKET PARALLEL [INSPECTS]\n"
                                      "       engine-client SOCKET watch\n");
                return 2;
        }
        c.socket = argv[1];
        int r = open_channels(&c, parallel);
        if (r >= 0)
                r = c.decodes ? watch(&c) : once(&c, count);
        if (r < 0)
                (void)fprintf(stderr, "engine-client: %s\n", strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
