/* hiredis' asynchronous contexts on sd-event: one io source a context. */
#include "common/redis-event.h"

#include "common/memory.h"
#include "common/redis-tls.h"

#include <stdbool.h>
#include <sys/epoll.h>

typedef struct Attachment {
        redisAsyncContext *context;
        sd_event_source *io;
        RedisReadFunc *read;
        uint32_t interest;
        bool in_handler, detached; /* hiredis may end the context while we are in its handler */
} Attachment;

/* A source with an empty mask would still report hang-ups: it is switched off instead. */
static void set_interest(Attachment *a, uint32_t interest) {
        if (interest == a->interest)
                return;
        a->interest = interest;
        if (interest)
                (void)sd_event_source_set_io_events(a->io, interest);
        (void)sd_event_source_set_enabled(a->io, interest ? SD_EVENT_ON : SD_EVENT_OFF);
}

static void add_read(void *data) {
        Attachment *a = data;
        set_interest(a, a->interest | EPOLLIN);
}

static void del_read(void *data) {
        Attachment *a = data;
        set_interest(a, a->interest & ~(uint32_t)EPOLLIN);
}

static void add_write(void *data) {
        Attachment *a = data;
        set_interest(a, a->interest | EPOLLOUT);
}

static void del_write(void *data) {
        Attachment *a = data;
        set_interest(a, a->interest & ~(uint32_t)EPOLLOUT);
}

static void detach(void *data) {
        Attachment *a = data;

        a->io = sd_event_source_disable_unref(a->io);
        a->detached = true;
        if (!a->in_handler)
                free(a);
}

static void handle_read(Attachment *a) {
        redisAsyncHandleRead(a->context);
        if (!a->detached)
                a->read(a->context);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Attachment *a = userdata;

        (void)source, (void)fd;
        a->in_handler = true;
        redis_tls_forget_errors();
        if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) && (a->interest & EPOLLIN))
                handle_read(a);
        redis_tls_forget_errors();
        if (!a->detached && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) && (a->interest & EPOLLOUT))
                redisAsyncHandleWrite(a->context);
        a->in_handler = false;
        if (a->detached)
                free(a);
        return 0;
}

int redis_event_attach(redisAsyncContext *context, sd_event *event, RedisReadFunc *read) {
        Attachment *a = new0(Attachment);
        int r = sd_event_add_io(event, &a->io, context->c.fd, EPOLLIN, on_io, a);

        if (r < 0) {
                free(a);
                return r;
        }
        (void)sd_event_source_set_enabled(a->io, SD_EVENT_OFF);
        a->context = context;
        a->read = read;
        context->ev.data = a;
        context->ev.addRead = add_read;
        context->ev.delRead = del_read;
        context->ev.addWrite = add_write;
        context->ev.delWrite = del_write;
        context->ev.cleanup = detach;
        return 0;
}
