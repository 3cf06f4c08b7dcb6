/* What each site of a rendering comes to. */
#include "consumer/nginx/fingerprint.h"

#include <string.h>

typedef struct Item {
        char *domain;
        Fingerprint fingerprint;
} Item;

struct Fingerprints {
        Item *items;
        size_t count;
};

static struct iovec piece(const char *text, size_t size) {
        return (struct iovec){ .iov_base = (char *)text, .iov_len = size };
}

/* Digests have one length, so that two of them cannot be taken for one. */
static Fingerprint fingerprint_block(const char *block, size_t size, const Vhost *vhost) {
        const char *certificate = vhost->certificate ? vhost->certificate->digest : "-";
        const char *include = vhost->include_digest ? vhost->include_digest : "-";
        const struct iovec pieces[] = { piece(block, size), piece(certificate, strlen(certificate)),
                                        piece(include, strlen(include)) };
        Fingerprint f = { 0 };

        digest_hex(pieces, sizeof pieces / sizeof *pieces, f.digest);
        return f;
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

Fingerprint fingerprint_of(const Vhost *vhost, const RenderPolicy *policy) {
        _cleanup_(rendering_freep) Rendering *alone = render(vhost, 1, policy);
        _cleanup_(fingerprints_freep) Fingerprints *f = fingerprints_new(vhost, 1, alone);

        return f->items[0].fingerprint;
}
