/* With which CA's certificates clients identify themselves. */
#include "consumer/nginx/client-ca.h"

#include "common/file.h"
#include "consumer/digest.h"
#include "consumer/nginx/certificate.h"
#include "consumer/nginx/pem-check.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

typedef struct CaFile {
        const char *path; /* NULL: it is not there */
        char *bytes;
        size_t size;
        int error; /* of reading it */
} CaFile;

static void ca_file_done(CaFile *f) {
        free(f->bytes);
}

static CaFile ca_file_read(const char *path) {
        CaFile f = { .path = path };

        if (path)
                f.error = file_read(path, CERTIFICATE_FILE_MAX, &f.bytes, &f.size);
        return f;
}

ClientCa *client_ca_free(ClientCa *c) {
        if (!c)
                return NULL;
        free(c->ca_path);
        free(c->crl_path);
        free(c->digest);
        free(c);
        return NULL;
}

static ClientCa *client_ca_new(const char *ca_path, const char *crl_path) {
        ClientCa *c = new0(ClientCa);

        c->ca_path = xstrdup(ca_path);
        c->crl_path = crl_path ? xstrdup(crl_path) : NULL;
        return c;
}

ClientCa *client_ca_copy(const ClientCa *c) {
        ClientCa *copy = client_ca_new(c->ca_path, c->crl_path);

        copy->digest = xstrdup(c->digest);
        return copy;
}

/* Where a link leads, without `file` at its end; the caller owns it. NULL where it leads to no such file. */
static char *folder_of_link(const char *path, const char *file) {
        char target[PATH_MAX];
        ssize_t size = readlink(path, target, sizeof target), tail = (ssize_t)strlen(file);

        if (size <= tail || size == sizeof target || memcmp(target + size - tail, file, (size_t)tail) != 0)
                return NULL;
        return xstrndup(target, (size_t)(size - tail));
}

/* Whether the name with ".ca" behind it is a site that has a certificate: the issuer of that vouches for anybody, not
 * for clients of `name`. Both its links lead to one folder then. */
static bool is_a_sites_certificate(const FileSet *files, const char *name, const char *ca_path) {
        _cleanup_free_ char *key_path = file_set_path(files, name, ".ca.key");
        _cleanup_free_ char *folder = folder_of_link(ca_path, "/fullchain.pem");
        _cleanup_free_ char *key_folder = folder && key_path ? folder_of_link(key_path, "/key.pem") : NULL;

        return key_folder && strcmp(folder, key_folder) == 0;
}

void client_ca_paths(const FileSet *files, const char *name, char *ret[static _CLIENT_CA_PART_COUNT]) {
        static const char *const own[] = { [CLIENT_CA_ITSELF] = ".ca.crt", [CLIENT_CA_REVOKED] = ".crl.pem" };
        static const char *const of_all[] = { [CLIENT_CA_ITSELF] = "ca.crt", [CLIENT_CA_REVOKED] = "ca.crl.pem" };

        for (size_t i = 0; i < _CLIENT_CA_PART_COUNT; i++)
                ret[i] = file_set_path(files, name, *name ? own[i] : of_all[i]);
        if (*name && ret[CLIENT_CA_ITSELF] && is_a_sites_certificate(files, name, ret[CLIENT_CA_ITSELF]))
                REPLACE_PTR(ret[CLIENT_CA_ITSELF], NULL);
}

static int refused(const CaFile *f, const char *flaw, char **ret_reason) {
        *ret_reason = xasprintf("%s cannot be used: %s", f->path, flaw ? flaw : strerror(-f->error));
        return -EINVAL;
}

int client_ca_read(char *const paths[static _CLIENT_CA_PART_COUNT], int64_t now, ClientCa **ret, char **ret_reason) {
        _cleanup_(ca_file_done) CaFile ca = ca_file_read(paths[CLIENT_CA_ITSELF]);
        _cleanup_(ca_file_done) CaFile crl = ca_file_read(paths[CLIENT_CA_REVOKED]);
        const struct iovec pieces[] = { { ca.bytes, ca.size }, { crl.bytes, crl.size } };
        _cleanup_free_ char *flaw = NULL, *warning = NULL;

        if (ca.error < 0 || pem_check_trusted(ca.bytes, ca.size, &flaw) < 0)
                return refused(&ca, flaw, ret_reason);
        if (crl.error < 0 ||
            (crl.path && pem_check_crl(crl.bytes, crl.size, ca.bytes, ca.size, now, &flaw, &warning) < 0))
                return refused(&crl, flaw, ret_reason);
        *ret_reason = warning ? xasprintf("%s: %s", crl.path, warning) : NULL;
        *ret = client_ca_new(ca.path, crl.path);
        (*ret)->digest = xcalloc(DIGEST_SIZE, 1);
        digest_hex(pieces, 2, (*ret)->digest);
        return 0;
}
