/* Names into addresses: by getaddrinfo, which nothing can interrupt, as a work of its own. */
#include "common/resolve.h"

#include "common/work.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

enum { ADDRESSES_MAX = 16 }; /* of one name */

typedef struct Lookup {
        char *host;
        StringList addresses;
        char *error;
} Lookup;

struct Resolution {
        Lookup *lookup; /* of an address, which is looked up already; else it is the work's */
        sd_event_source *source;
        Work *work;
        ResolveFunc *done;
        void *userdata;
};

static void lookup_free(void *lookup) {
        Lookup *l = lookup;

        if (!l)
                return;
        free(l->host);
        string_list_clear(&l->addresses);
        free(l->error);
        free(l);
}

/* The addresses as text, in the order that the resolver prefers. Sets either addresses or error. */
static void look_up(Lookup *l, int flags) {
        const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags };
        struct addrinfo *found = NULL;
        char address[NI_MAXHOST];
        int r = getaddrinfo(l->host, NULL, &hints, &found);

        for (const struct addrinfo *a = found; r == 0 && a; a = a->ai_next) {
                r = getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST);
                if (r == 0 && l->addresses.count < ADDRESSES_MAX)
                        string_list_add(&l->addresses, address);
        }
        if (found)
                freeaddrinfo(found);
        if (l->addresses.count == 0)
                l->error = xstrdup(r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
}

static void look_up_in_thread(void *lookup) {
        look_up(lookup, 0);
}

static void answer(Resolution *q, const Lookup *l) {
        q->done(q->userdata, &l->addresses, l->error);
        (void)resolve_free(q);
}

static int on_numeric(sd_event_source *source, void *userdata) {
        Resolution *q = userdata;

        (void)source;
        answer(q, q->lookup);
        return 0;
}

static void on_looked_up(void *lookup, void *userdata) {
        Resolution *q = userdata;

        q->work = NULL; /* frees itself */
        answer(q, lookup);
}

/* Takes the question over, unless it fails. */
static int ask(Resolution *q, sd_event *event) {
        Lookup *l = q->lookup;

        REPLACE_PTR(l->error, NULL);
        int r = work_start(&q->work, event, look_up_in_thread, l, lookup_free, on_looked_up, q);
        if (r >= 0)
                q->lookup = NULL;
        return r;
}

int resolve_start(Resolution **ret, sd_event *event, const char *host, ResolveFunc *done, void *userdata) {
        _cleanup_(resolve_freep) Resolution *q = new0(Resolution);

        *q = (Resolution){ .lookup = new0(Lookup), .done = done, .userdata = userdata };
        q->lookup->host = xstrdup(host);
        look_up(q->lookup, AI_NUMERICHOST);
        int r = q->lookup->addresses.count > 0 ? sd_event_add_defer(event, &q->source, on_numeric, q) : ask(q, event);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(q);
        return 0;
}

Resolution *resolve_free(Resolution *q) {
        if (!q)
                return NULL;
        (void)sd_event_source_disable_unref(q->source);
        (void)work_free(q->work);
        lookup_free(q->lookup);
        free(q);
        return NULL;
}
