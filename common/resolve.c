/* Names into addresses. The thread and the loop share a Lookup, which goes with the last of them: getaddrinfo cannot
 * be interrupted, so a thread may well outlive the question. */
#include "common/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>

enum { ADDRESSES_MAX = 16 }; /* of one name */

typedef struct Lookup {
        atomic_uint references;
        atomic_bool answered; /* what is below `fd` is the thread's before, the loop's afterwards */
        char *host;
        int fd; /* an eventfd that wakes the loop */
        StringList addresses;
        char *error;
} Lookup;

struct Resolution {
        Lookup *lookup;
        sd_event_source *source;
        ResolveFunc *done;
        void *userdata;
};

static void lookup_unref(Lookup *l) {
        if (atomic_fetch_sub(&l->references, 1) > 1)
                return;
        closep(&l->fd);
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

static void *look_up_in_thread(void *userdata) {
        Lookup *l = userdata;

        look_up(l, 0);
        atomic_store(&l->answered, true);
        (void)eventfd_write(l->fd, 1);
        lookup_unref(l);
        return NULL;
}

static void answer(Resolution *q) {
        q->done(q->userdata, &q->lookup->addresses, q->lookup->error);
        (void)resolve_free(q);
}

static int on_numeric(sd_event_source *source, void *userdata) {
        (void)source;
        answer(userdata);
        return 0;
}

static int on_answer(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Resolution *q = userdata;

        (void)source;
        (void)fd;
        (void)events;
        if (atomic_load(&q->lookup->answered))
                answer(q);
        return 0;
}

/* With all signals blocked, so that the loop goes on to get them. Returns 0 or -errno. */
static int start_thread(Lookup *l) {
        sigset_t all, before;
        pthread_attr_t attributes;
        pthread_t thread;

        (void)sigfillset(&all);
        (void)pthread_attr_init(&attributes);
        (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        atomic_fetch_add(&l->references, 1);
        (void)pthread_sigmask(SIG_BLOCK, &all, &before);
        int r = pthread_create(&thread, &attributes, look_up_in_thread, l);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        (void)pthread_attr_destroy(&attributes);
        if (r != 0)
                lookup_unref(l);
        return -r;
}

/* Watches before it starts the thread, since the thread cannot be taken back. */
static int ask(Resolution *q, sd_event *event) {
        Lookup *l = q->lookup;

        l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (l->fd < 0)
                return -errno;
        int r = sd_event_add_io(event, &q->source, l->fd, EPOLLIN, on_answer, q);
        return r < 0 ? r : start_thread(l);
}

int resolve_start(Resolution **ret, sd_event *event, const char *host, ResolveFunc *done, void *userdata) {
        _cleanup_(resolve_freep) Resolution *q = new0(Resolution);
        int r;

        *q = (Resolution){ .lookup = new0(Lookup), .done = done, .userdata = userdata };
        *q->lookup = (Lookup){ .references = 1, .fd = -1, .host = xstrdup(host) };
        look_up(q->lookup, AI_NUMERICHOST);
        if (q->lookup->addresses.count > 0) {
                r = sd_event_add_defer(event, &q->source, on_numeric, q);
        } else {
                free(TAKE_PTR(q->lookup->error));
                r = ask(q, event);
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(q);
        return 0;
}

Resolution *resolve_free(Resolution *q) {
        if (!q)
                return NULL;
        (void)sd_event_source_disable_unref(q->source);
        lookup_unref(q->lookup);
        free(q);
        return NULL;
}
