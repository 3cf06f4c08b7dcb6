/* Certificates on disk: which one a site gets. */
#include "consumer/nginx/certificate.h"

#include "common/file.h"
#include "common/text.h"
#include "consumer/nginx/certificate-check.h"
#include "consumer/nginx/digest.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

/* A pair of files under one name, and what became of it. */
typedef struct Candidate {
        Certificate *certificate; /* NULL: not there or not valid */
        bool expired;
        char *reason; /* NULL: valid, or not there */
} Candidate;

Certificate *certificate_free(Certificate *c) {
        if (!c)
                return NULL;
        free(c->certificate_path);
        free(c->key_path);
        free(c->digest);
        free(c);
        return NULL;
}

static void candidate_done(Candidate *c) {
        (void)certificate_free(c->certificate);
        free(c->reason);
}

/* A file's bytes; a key's do not stay behind in memory. */
typedef struct Secret {
        char *bytes;
        size_t size;
} Secret;

static void secret_done(Secret *s) {
        if (s->bytes)
                OPENSSL_cleanse(s->bytes, s->size);
        free(s->bytes);
}

static Certificate *certificate_new(const char *certificate_path, const char *key_path, const Secret *certificate,
                                    const Secret *key, int64_t not_after) {
        const struct iovec pieces[] = { { certificate->bytes, certificate->size }, { key->bytes, key->size } };
        Certificate *c = new0(Certificate);

        c->certificate_path = xstrdup(certificate_path);
        c->key_path = xstrdup(key_path);
        c->digest = xcalloc(DIGEST_SIZE, 1);
        c->not_after = not_after;
        digest_hex(pieces, 2, c->digest);
        return c;
}

static void candidate_check(Candidate *c, const char *path, const char *key_path, const Secret *certificate,
                            const Secret *key, const char *domain, int64_t now) {
        _cleanup_free_ char *flaw = NULL;
        CertificateFacts facts;

        if (strchr(path, '$'))
                flaw = xstrdup("nginx takes the \"$\" in its path for a variable; choose another directory");
        if (flaw || certificate_check(certificate->bytes, certificate->size, key->bytes, key->size, domain, now,
                                      &facts, &flaw) < 0) {
                c->reason = xasprintf("%s cannot be used: %s", path, flaw);
                return;
        }
        c->expired = facts.expired;
        if (c->expired)
                c->reason = xasprintf("%s has expired; renew it", path);
        c->certificate = certificate_new(path, key_path, certificate, key, facts.not_after);
}

/* Looks at the pair under `name` for `domain`. A key without a certificate is nothing yet. */
static void candidate_read(Candidate *c, const char *directory, const char *name, const char *domain, int64_t now) {
        _cleanup_free_ char *path = xasprintf("%s/%s.crt", directory, name);
        _cleanup_free_ char *key_path = xasprintf("%s/%s.key", directory, name);
        _cleanup_(secret_done) Secret certificate = { 0 }, key = { 0 };
        const char *unread = path;

        int r = file_read(path, CERTIFICATE_FILE_MAX, &certificate.bytes, &certificate.size);
        if (r == -ENOENT)
                return;
        if (r >= 0) {
                unread = key_path;
                r = file_read(key_path, CERTIFICATE_FILE_MAX, &key.bytes, &key.size);
        }
        if (r < 0)
                c->reason = xasprintf("%s cannot be read: %s", unread, strerror(-r));
        else
                candidate_check(c, path, key_path, &certificate, &key, domain, now);
}

/* One label up; NULL where that has less than two labels, as no certificate is for all of ".org". */
static const char *parent_of(const char *domain) {
        const char *dot = strchr(domain, '.');

        return dot && strchr(dot + 1, '.') ? dot + 1 : NULL;
}

static char *absolute(const char *directory) {
        _cleanup_free_ char *here = *directory == '/' ? NULL : get_current_dir_name();

        return here ? xasprintf("%s/%s", here, directory) : xstrdup(directory);
}

static bool is_valid(const Candidate *c) {
        return c->certificate && !c->expired;
}

int certificate_find(const char *directory, const char *domain, int64_t now, Certificate **ret, char **ret_reason) {
        _cleanup_free_ char *place = absolute(directory);
        _cleanup_(candidate_done) Candidate own = { 0 }, upper = { 0 };
        _cleanup_string_list_ StringList reasons = { 0 };

        candidate_read(&own, place, domain, domain, now);
        if (!is_valid(&own) && parent_of(domain))
                candidate_read(&upper, place, parent_of(domain), domain, now);
        Candidate *chosen = is_valid(&own) || (own.certificate && !is_valid(&upper)) ? &own : &upper;
        if (own.reason)
                string_list_add(&reasons, own.reason);
        if (upper.reason && chosen == &upper)
                string_list_add(&reasons, upper.reason);
        *ret_reason = reasons.count > 0 ? string_list_join(&reasons, "; ") : NULL;
        if (!chosen->certificate)
                return -ENOENT;
        *ret = TAKE_PTR(chosen->certificate);
        return 0;
}
