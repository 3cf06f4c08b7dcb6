/* What lies under one name in the directory of certificates. */
#include "consumer/nginx/certificate-pair.h"

#include "common/file.h"
#include "consumer/digest.h"
#include "consumer/nginx/pem-check.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

enum { READS_MAX = 3 };

/* A file's bytes; a key's do not stay behind in memory. */
typedef struct PartFile {
        char *path; /* NULL: it is not there */
        char *bytes;
        size_t size;
        int error; /* of reading it */
} PartFile;

typedef struct Parts {
        PartFile files[_CERTIFICATE_PART_COUNT];
} Parts;

void certificate_pair_paths(const FileSet *files, const char *name, char *ret[static _CERTIFICATE_PART_COUNT]) {
        static const char *const suffixes[_CERTIFICATE_PART_COUNT] = {
                [CERTIFICATE_LEAF] = ".crt",
                [CERTIFICATE_KEY] = ".key",
                [CERTIFICATE_CHAIN] = ".chain.pem",
                [CERTIFICATE_DHPARAM] = ".dhparam.pem",
        };

        for (size_t i = 0; i < _CERTIFICATE_PART_COUNT; i++)
                ret[i] = file_set_path(files, name, suffixes[i]);
}

static void parts_read(Parts *p, const FileSet *files, const char *name) {
        char *paths[_CERTIFICATE_PART_COUNT];

        certificate_pair_paths(files, name, paths);
        for (size_t i = 0; i < _CERTIFICATE_PART_COUNT; i++) {
                PartFile *f = &p->files[i];
                f->path = paths[i];
                f->error = f->path ? file_read(f->path, CERTIFICATE_FILE_MAX, &f->bytes, &f->size) : -ENOENT;
        }
}

static void parts_done(Parts *p) {
        for (size_t i = 0; i < _CERTIFICATE_PART_COUNT; i++) {
                if (p->files[i].bytes)
                        OPENSSL_cleanse(p->files[i].bytes, p->files[i].size);
                free(p->files[i].bytes);
                free(p->files[i].path);
        }
}

CertificatePair *certificate_pair_free(CertificatePair *p) {
        if (!p)
                return NULL;
        free(p->path);
        (void)certificate_free(p->certificate);
        string_list_clear(&p->reasons);
        X509_free(p->leaf);
        free(p);
        return NULL;
}

/* A file that one can do without: its path where it can be used; else nothing of it stays. */
static char *take_extra(CertificatePair *pair, PartFile *f,
                        int (*check)(const char *bytes, size_t size, char **ret_reason)) {
        _cleanup_free_ char *flaw = NULL;

        if (!f->path)
                return NULL;
        if (f->error < 0)
                flaw = xstrdup(strerror(-f->error));
        else if (check(f->bytes, f->size, &flaw) == 0)
                return xstrdup(f->path);
        string_list_addf(&pair->reasons, "%s is left out: %s", f->path, flaw);
        f->size = 0;
        return NULL;
}

/* Without anybody to ask, nginx would say at each check that it staples nothing. */
static char *take_chain(CertificatePair *pair, PartFile *f, const CertificateFacts *facts) {
        if (facts->names_responder)
                return take_extra(pair, f, pem_check_trusted);
        f->size = 0;
        return NULL;
}

static Certificate *take_certificate(CertificatePair *pair, Parts *p, const CertificateFacts *facts) {
        struct iovec pieces[_CERTIFICATE_PART_COUNT];
        Certificate *c = new0(Certificate);

        c->certificate_path = xstrdup(p->files[CERTIFICATE_LEAF].path);
        c->key_path = xstrdup(p->files[CERTIFICATE_KEY].path);
        c->chain_path = take_chain(pair, &p->files[CERTIFICATE_CHAIN], facts);
        c->dhparam_path = take_extra(pair, &p->files[CERTIFICATE_DHPARAM], pem_check_dhparam);
        c->not_after = facts->not_after;
        c->digest = xcalloc(DIGEST_SIZE, 1);
        for (size_t i = 0; i < _CERTIFICATE_PART_COUNT; i++)
                pieces[i] = (struct iovec){ p->files[i].bytes, p->files[i].size };
        digest_hex(pieces, _CERTIFICATE_PART_COUNT, c->digest);
        return c;
}

static void check(CertificatePair *pair, Parts *p, int64_t now, CertificateMemory *memory) {
        const PartFile *leaf = &p->files[CERTIFICATE_LEAF], *key = &p->files[CERTIFICATE_KEY];
        _cleanup_free_ char *flaw = NULL;
        CertificateFacts facts;

        if (strchr(leaf->path, '$'))
                flaw = xstrdup("nginx takes the \"$\" in its path for a variable; choose another directory");
        if (flaw || certificate_check_with(memory, leaf->bytes, leaf->size, key->bytes, key->size, now, &facts,
                                           &pair->leaf, &flaw) < 0) {
                string_list_addf(&pair->reasons, "%s cannot be used: %s", leaf->path, flaw);
                return;
        }
        pair->expired = facts.expired;
        if (facts.expired)
                string_list_addf(&pair->reasons, "%s has expired; renew it", leaf->path);
        pair->certificate = take_certificate(pair, p, &facts);
}

static CertificatePair *read_once(const FileSet *files, const char *name, int64_t now, CertificateMemory *memory) {
        _cleanup_(parts_done) Parts parts = { 0 };
        const PartFile *leaf = &parts.files[CERTIFICATE_LEAF], *key = &parts.files[CERTIFICATE_KEY];

        parts_read(&parts, files, name);
        if (!leaf->path)
                return NULL;
        CertificatePair *pair = new0(CertificatePair);
        pair->path = xstrdup(leaf->path);
        if (leaf->error < 0)
                string_list_addf(&pair->reasons, "%s cannot be read: %s", leaf->path, strerror(-leaf->error));
        else if (key->error < 0)
                string_list_addf(&pair->reasons, "%s cannot be used, its key cannot be read: %s", leaf->path,
                                 strerror(-key->error));
        else
                check(pair, &parts, now, memory);
        return pair;
}

/* A pair that is exchanged between two of its files is seen half old and half new: what is no certificate is looked at
 * again. */
CertificatePair *certificate_pair_read(const FileSet *files, const char *name, int64_t now,
                                       CertificateMemory *memory) {
        CertificatePair *pair = read_once(files, name, now, memory);

        for (size_t reads = 1; reads < READS_MAX && pair && !pair->certificate; reads++) {
                (void)certificate_pair_free(pair);
                pair = read_once(files, name, now, memory);
        }
        return pair;
}
