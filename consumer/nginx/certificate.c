/* A certificate on disk that can be used. */
#include "consumer/nginx/certificate.h"

Certificate *certificate_free(Certificate *c) {
        if (!c)
                return NULL;
        free(c->certificate_path);
        free(c->key_path);
        free(c->chain_path);
        free(c->dhparam_path);
        free(c->digest);
        free(c);
        return NULL;
}

static char *copy_or_null(const char *text) {
        return text ? xstrdup(text) : NULL;
}

Certificate *certificate_copy(const Certificate *c) {
        Certificate *copy = new0(Certificate);

        *copy = (Certificate){
                .certificate_path = xstrdup(c->certificate_path),
                .key_path = xstrdup(c->key_path),
                .chain_path = copy_or_null(c->chain_path),
                .dhparam_path = copy_or_null(c->dhparam_path),
                .digest = xstrdup(c->digest),
                .not_after = c->not_after,
        };
        return copy;
}
