/* What each site of a rendering comes to. */
#include "consumer/nginx/fingerprint.h"

#include "common/text.h"

#include <string.h>

typedef struct Item {
        char *domain;
        Fingerprint fingerprint;
} Item;

struct Fingerprints {
        Item *items;
        size_t count;
        Fingerprint shared; /* of the files that all sites share */
};

/* Digests have one length, so that two of them cannot be taken for one. */
static void append_digest(Text *t, const char *digest) {
        text_append(t, digest && *digest ? digest : "-");
}

static void append_files(Text *t, const Vhost *v) {
        append_digest(t, v->certificate ? v->certificate->digest : NULL);
        append_digest(t, v->client_ca ? v->client_ca->digest : NULL);
        for (size_t i = 0; v->overrides && i < overrides_count(v->overrides); i++)
                append_digest(t, overrides_at(v->overrides, i)->digest);
}

static Fingerprint fingerprint_text(const Text *t) {
        Fingerprint f = { 0 };

        digest_hex(&(struct iovec){ t->data, t->size }, 1, f.digest);
        return f;
}

static Fingerprint fingerprint_block(const char *block, size_t size, const Vhost *vhost) {
        _cleanup_text_ Text t = { 0 };

        append_files(&t, vhost);
        text_append_bytes(&t, block, size);
        return fingerprint_text(&t);
}

/* The two of them are the same for all sites that use them. */
static Fingerprint fingerprint_shared(const Vhost *vhosts, size_t count) {
        const OverrideFile *files[2] = { NULL };
        _cleanup_text_ Text t = { 0 };

        for (size_t i = 0; i < count; i++)
                for (size_t k = 0; vhosts[i].overrides && k < overrides_count(vhosts[i].overrides); k++) {
                        const OverrideFile *f = overrides_at(vhosts[i].overrides, k);
                        if (f->shared)
                                files[k > 0] = f;
                }
        for (size_t i = 0; i < 2; i++)
                append_digest(&t, files[i] ? files[i]->digest : NULL);
        return fingerprint_text(&t);
}

/* Moves *cursor, which stands at the start of line *line, to the start of `wanted` (or the end of the text). */
static void seek_line(const char **cursor, size_t *line, size_t wanted) {
        for (; *line < wanted && **cursor; (*line)++) {
                const char *end = strchr(*cursor, '\n');
                *cursor = end ? end + 1 : *cursor + strlen(*cursor);
        }
}

Fingerprints *fingerprints_new(const Vhost *vhosts, size_t count, const Rendering *rendering) {
        Fingerprints *f = new0(Fingerprints);
        const char *cursor = rendering->text;
        size_t line = 1;

        f->items = xcalloc(count, sizeof *f->items);
        f->count = count;
        f->shared = fingerprint_shared(vhosts, count);
        for (size_t i = 0; i < count; i++) {
                seek_line(&cursor, &line, rendering->ranges[i].first);
                const char *start = cursor;
                seek_line(&cursor, &line, rendering->ranges[i].last + 1);
                f->items[i].domain = xstrdup(vhosts[i].site->domain);
                f->items[i].fingerprint = fingerprint_block(start, (size_t)(cursor - start), &vhosts[i]);
        }
        return f;
}

Fingerprints *fingerprints_free(Fingerprints *f) {
        if (!f)
                return NULL;
        for (size_t i = 0; i < f->count; i++)
                free(f->items[i].domain);
        free(f->items);
        free(f);
        return NULL;
}

static int compare_domain(const void *key, const void *item) {
        return strcmp(key, ((const Item *)item)->domain);
}

const Fingerprint *fingerprints_find(const Fingerprints *f, const char *domain) {
        const Item *found = bsearch(domain, f->items, f->count, sizeof *f->items, compare_domain);

        return found ? &found->fingerprint : NULL;
}

bool fingerprint_equal(const Fingerprint *a, const Fingerprint *b) {
        return strcmp(a->digest, b->digest) == 0;
}

bool fingerprints_share_same(const Fingerprints *a, const Fingerprints *b) {
        return fingerprint_equal(&a->shared, &b->shared);
}

Fingerprint fingerprint_of(const Vhost *vhost, const RenderPolicy *policy) {
        _cleanup_(rendering_freep) Rendering *alone = render(vhost, 1, policy);
        _cleanup_(fingerprints_freep) Fingerprints *f = fingerprints_new(vhost, 1, alone);

        return f->items[0].fingerprint;
}
