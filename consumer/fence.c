/* A fence is told from those of others, and from former ones, by its token. */
#include "consumer/fence.h"

#include "common/memory.h"
#include "common/timer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>

struct Fence {
        sd_event *event;
        RedisLink *link;
        const char *channel;
        FenceFailedFunc *failed;
        void *userdata;
        char identity[SD_ID128_STRING_MAX];
        char token[SD_ID128_STRING_MAX + 24];
        uint64_t count;
        bool raised;
        sd_event_source *limit;
};

int fence_new(Fence **ret, sd_event *event, RedisLink *link, const char *channel, FenceFailedFunc *failed,
              void *userdata) {
        sd_id128_t identity;
        int r = sd_id128_randomize(&identity);

        if (r < 0)
                return r;
        Fence *f = new0(Fence);
        *f = (Fence){
                .event = sd_event_ref(event),
                .link = link,
                .channel = channel,
                .failed = failed,
                .userdata = userdata,
        };
        (void)sd_id128_to_string(identity, f->identity);
        *ret = f;
        return 0;
}

Fence *fence_free(Fence *f) {
        if (!f)
                return NULL;
        (void)sd_event_source_disable_unref(f->limit);
        (void)sd_event_unref(f->event);
        free(f);
        return NULL;
}

static void fail(Fence *f, const char *reason) {
        fence_lower(f);
        f->failed(f->userdata, reason);
}

static int on_limit(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        fail(userdata, "messages do not come through: a fence was not heard");
        return 0;
}

static void on_sent(void *userdata, redisReply *reply) {
        Fence *f = userdata;

        if (!reply || reply->type != REDIS_REPLY_ERROR || !f->raised)
                return;
        _cleanup_free_ char *reason = redis_link_explain(f->link, reply);
        fail(f, reason);
}

void fence_raise(Fence *f) {
        f->raised = true;
        (void)snprintf(f->token, sizeof f->token, "%s-%" PRIu64, f->identity, ++f->count);
        redis_link_call(f->link, on_sent, f, "PUBLISH", f->channel, f->token, NULL);
        timer_arm(&f->limit, f->event, FENCE_SECONDS * UINT64_C(1000000), on_limit, f);
}

bool fence_is_heard(Fence *f, const char *token) {
        bool heard = f->raised && strcmp(token, f->token) == 0;

        if (heard)
                fence_lower(f);
        return heard;
}

void fence_lower(Fence *f) {
        if (!f)
                return;
        f->raised = false;
        timer_stop(f->limit);
}
