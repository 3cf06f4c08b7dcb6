/* What each site of a rendering came to. */
#include "consumer/nginx/fingerprint.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

typedef struct Item {
        char *domain;
        char digest[DIGEST_SIZE];
} Item;

struct Fingerprints {
        Item *items;
        size_t count;
        char shared[DIGEST_SIZE]; /* of the files that all sites share */
};

/* The two of them are the same for all sites that use them. Digests have one length, so that two of them cannot be
 * taken for one. */
static void digest_shared(const Vhost *vhosts, size_t count, char *ret) {
        const OverrideFile *files[2] = { NULL };
        struct iovec pieces[2];

        for (size_t i = 0; i < count; i++)
                for (size_t k = 0; vhosts[i].overrides && k < overrides_count(vhosts[i].overrides); k++) {
                        const OverrideFile *f = overrides_at(vhosts[i].overrides, k);
                        if (f->shared)
                                files[k > 0] = f;
                }
        for (size_t i = 0; i < 2; i++) {
                const char *digest = files[i] && *files[i]->digest ? files[i]->digest : "-";
                pieces[i] = (struct iovec){ (char *)digest, strlen(digest) };
        }
        digest_hex(pieces, 2, ret);
}

Fingerprints *fingerprints_new(const Vhost *vhosts, size_t count, const Rendering *rendering) {
        Fingerprints *f = new0(Fingerprints);

        f->items = xcalloc(count, sizeof *f->items);
        f->count = count;
        digest_shared(vhosts, count, f->shared);
        for (size_t i = 0; i < count; i++) {
                f->items[i].domain = xstrdup(vhosts[i].site->domain);
                memcpy(f->items[i].digest, rendering->parts[i].digest, DIGEST_SIZE);
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

static int compare_domain(const void *domain, const void *item) {
        return strcmp(domain, ((const Item *)item)->domain);
}

const char *fingerprints_find(const Fingerprints *f, const char *domain) {
        const Item *found =
                f->count > 0 ? bsearch(domain, f->items, f->count, sizeof *f->items, compare_domain) : NULL;

        return found ? found->digest : NULL;
}

bool fingerprints_share_same(const Fingerprints *a, const Fingerprints *b) {
        return strcmp(a->shared, b->shared) == 0;
}
