/* The sites that nginx would not have. They are few: a list will do. */
#include "consumer/nginx/set-aside.h"

#include "common/backoff.h"
#include "common/log.h"

#include <string.h>

enum { SHOWN_MAX = 3 }; /* domains in the status */

static const Backoff RETRY = { .first_usec = 10 * 1000000, .limit_usec = 300 * 1000000 };

typedef struct Item {
        Refused site;
        Backoff backoff;
} Item;

struct RefusedSites {
        Item *items;
        size_t count;
};

RefusedSites *refused_sites_new(void) {
        return new0(RefusedSites);
}

static void item_done(Item *i) {
        free(i->site.domain);
        free(i->site.words);
}

RefusedSites *refused_sites_free(RefusedSites *r) {
        if (!r)
                return NULL;
        for (size_t i = 0; i < r->count; i++)
                item_done(&r->items[i]);
        free(r->items);
        free(r);
        return NULL;
}

static Item *find(const RefusedSites *r, const char *domain) {
        for (size_t i = 0; i < r->count; i++)
                if (strcmp(r->items[i].site.domain, domain) == 0)
                        return &r->items[i];
        return NULL;
}

bool refused_sites_add(RefusedSites *r, const char *domain, const char *digest, const char *words, uint64_t now) {
        Item *item = find(r, domain);
        bool known = item && strcmp(item->site.digest, digest) == 0;
        bool news = !known || strcmp(item->site.words, words) != 0;

        if (!item) {
                array_grow(r->items, r->count);
                item = &r->items[r->count++];
                *item = (Item){ .site.domain = xstrdup(domain) };
        }
        if (!known)
                item->backoff = RETRY;
        REPLACE_PTR(item->site.words, xstrdup(words));
        memcpy(item->site.digest, digest, DIGEST_SIZE);
        item->site.retry_usec = now + backoff_next(&item->backoff);
        return news;
}

const Refused *refused_sites_find(const RefusedSites *r, const char *domain) {
        const Item *item = find(r, domain);

        return item ? &item->site : NULL;
}

static void forget(RefusedSites *r, size_t index) {
        item_done(&r->items[index]);
        r->items[index] = r->items[--r->count];
}

static bool has_to_wait(const Item *item, const Vhost *v, const RenderPolicy *policy, uint64_t now) {
        char digest[DIGEST_SIZE];

        render_digest(v, policy, digest);
        return now < item->site.retry_usec && strcmp(item->site.digest, digest) == 0;
}

void refused_sites_leave_out(RefusedSites *r, Vhosts *vhosts, uint64_t now) {
        for (size_t i = r->count; i-- > 0;) {
                const Vhost *v = vhosts_find(vhosts, r->items[i].site.domain);
                if (!v)
                        forget(r, i);
                else if (has_to_wait(&r->items[i], v, vhosts->render, now))
                        vhosts_remove(vhosts, (size_t)(v - vhosts->items));
        }
}

void refused_sites_accept(RefusedSites *r, const Vhosts *vhosts) {
        for (size_t i = r->count; i-- > 0;) {
                const char *domain = r->items[i].site.domain;
                if (!vhosts_find(vhosts, domain))
                        continue;
                log_info_about(ABOUT(.domain = domain), "%s is not set aside any more: nginx takes it", domain);
                forget(r, i);
        }
}

void refused_sites_hurry(RefusedSites *r) {
        for (size_t i = 0; i < r->count; i++)
                r->items[i].site.retry_usec = 0;
}

size_t refused_sites_count(const RefusedSites *r) {
        return r->count;
}

void refused_sites_describe(const RefusedSites *r, const StringList *others, Text *t) {
        size_t count = r->count + others->count;

        if (count == 0)
                return;
        text_appendf(t, ", %zu set aside (", count);
        for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
                text_appendf(t, "%s%s", i > 0 ? ", " : "",
                             i < r->count ? r->items[i].site.domain : others->items[i - r->count]);
        text_append(t, count > SHOWN_MAX ? ", ...)" : ")");
}

uint64_t refused_sites_next(const RefusedSites *r) {
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < r->count; i++)
                if (r->items[i].site.retry_usec < next)
                        next = r->items[i].site.retry_usec;
        return next;
}
