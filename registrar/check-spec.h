/* How it is seen whether a service works. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
        CHECK_PATH_MAX = 1024, /* bytes */
        CHECK_INTERVAL_MAX = 24 * 3600,
        CHECK_TIMEOUT_MAX = 60,
        CHECK_TIMES_MAX = 100,
};

typedef enum CheckKind {
        CHECK_NONE,
        CHECK_TCP,  /* passed where a connection is accepted */
        CHECK_HTTP, /* passed where a GET is answered with a status from 200 to 399 */
} CheckKind;

typedef struct CheckSpec {
        CheckKind kind;
        char *host; /* a name or an address, IPv6 without brackets */
        uint16_t port;
        char *path;            /* CHECK_HTTP: "/…" */
        char *domain;          /* CHECK_HTTP: what the request is for; NULL: the host */
        uint64_t interval_sec; /* from the end of one to the next */
        uint64_t timeout_sec;
        uint64_t fall, rise; /* how many in a row have to fail, or pass, for it to count */
} CheckSpec;

/* Sets kind, port (0: none is given) and path of "none", "tcp[:PORT]" or "http[:PORT][/PATH]". Returns 0, or -EINVAL
 * with *ret untouched. */
int check_spec_parse(const char *text, CheckSpec *ret);
/* Whether both look at the same thing in the same way; how often, and how many count, apart. */
bool check_spec_same_target(const CheckSpec *a, const CheckSpec *b);
void check_spec_done(CheckSpec *s);
