/* What edges tell each other of one certificate. */
#include "consumer/certs/shared-certificate.h"

#include "common/json.h"
#include "common/text.h"
#include "consumer/certs/pair-check.h"
#include "consumer/certs/private-key.h"

#include <errno.h>
#include <string.h>

enum { KEY_BYTES_MAX = 16 * 1024 };

/* One that holds a key. */
static void secret_json_free(cJSON **object) {
        cJSON *key = cJSON_GetObjectItemCaseSensitive(*object, "key");

        if (cJSON_IsString(key))
                explicit_bzero(key->valuestring, strlen(key->valuestring));
        cJSON_Delete(*object);
}

char *shared_certificate_encode(const SharedCertificate *c) {
        _cleanup_(secret_json_free) cJSON *object = cJSON_CreateObject();
        _cleanup_free_ char *history = history_encode(c->history);

        if (c->chain && c->key) {
                cJSON_AddStringToObject(object, "chain", c->chain);
                cJSON_AddStringToObject(object, "key", c->key);
        }
        cJSON_AddStringToObject(object, "history", history);
        char *json = cJSON_PrintUnformatted(object);
        if (!json)
                abort();
        return json;
}

static char *copy_or_null(const char *text) {
        return text ? xstrdup(text) : NULL;
}

int shared_certificate_decode(SharedCertificateText *ret, const char *bytes, size_t size) {
        _cleanup_(secret_json_free) cJSON *object = json_parse(bytes, size);
        const char *history = json_string(object, "history", HISTORY_BYTES_MAX);
        SharedCertificateText t = { 0 };

        if (!history || history_decode(&t.history, history, strlen(history)) < 0)
                return -EBADMSG;
        t.chain = copy_or_null(json_string(object, "chain", CHAIN_BYTES_MAX));
        t.key = copy_or_null(json_string(object, "key", KEY_BYTES_MAX));
        t.certificate = (SharedCertificate){ t.chain, t.key, t.history };
        *ret = t;
        return 0;
}

void shared_certificate_done(SharedCertificateText *t) {
        free(t->chain);
        secret_free(t->key);
        t->history = history_free(t->history);
}
