/* What edges tell each other, over the exchange. Places are "account/<id>" and "certificate/<base>". */
#include "consumer/certs/sharing.h"

#include "common/file.h"
#include "common/log.h"
#include "consumer/certs/edge-token.h"
#include "consumer/certs/exchange.h"
#include "consumer/certs/private-key.h"
#include "consumer/certs/seal.h"

#include <errno.h>
#include <string.h>

#define ACCOUNT "account/"
#define CERTIFICATE "certificate/"

/* What nobody puts there again for so long may go. */
enum { SHARED_SECONDS = 100 * 24 * 3600, KEY_FILE_MAX = 4096 };

struct Sharing {
        Exchange *exchange;
        SealKey key;
        bool has_key;
        char *token;
        SharingHandlers handlers;
        bool is_ending; /* nobody hears any more what comes */
};

/* ---- the key ---- */

static int read_key(Sharing *s, const char *path, char **ret_message) {
        char *bytes = NULL;
        size_t size;
        int r = path ? file_read(path, KEY_FILE_MAX, &bytes, &size) : 0;

        if (!path)
                return 0;
        if (r < 0) {
                *ret_message = xasprintf("the key file %s cannot be read: %s", path, strerror(-r));
                return r;
        }
        r = seal_key_from_bytes(&s->key, bytes, size);
        secret_free(bytes);
        if (r < 0)
                *ret_message = xasprintf(
                        "the key file %s is too short for a secret: make one by `openssl rand -hex 32`", path);
        s->has_key = true;
        return r;
}

/* ---- the exchange ---- */

static void on_role(void *userdata, ExchangeRole role) {
        Sharing *s = userdata;

        (void)role;
        s->handlers.role(s->handlers.userdata);
}

static void on_changed(void *userdata) {
        Sharing *s = userdata;

        s->handlers.changed(s->handlers.userdata);
}

int sharing_new(Sharing **ret, sd_event *event, const RedisUrl *redis, const Keyspace *keyspace, const char *directory,
                const char *key_file, SharingHandlers handlers, char **ret_message) {
        _cleanup_(sharing_freep) Sharing *s = new0(Sharing);
        ExchangeHandlers exchange = { .role = on_role, .changed = on_changed, .userdata = s };
        int r = read_key(s, key_file, ret_message);

        if (r < 0)
                return r;
        s->handlers = handlers;
        s->token = edge_token(directory);
        ExchangePolicy policy = {
                .redis = redis,
                .keyspace = keyspace,
                .token = s->token,
                .key = s->has_key ? &s->key : NULL,
        };
        s->exchange = exchange_new(event, policy, exchange);
        *ret = TAKE_PTR(s);
        return 0;
}

Sharing *sharing_free(Sharing *s) {
        if (!s)
                return NULL;
        s->is_ending = true;
        s->exchange = exchange_free(s->exchange);
        explicit_bzero(&s->key, sizeof s->key);
        free(s->token);
        free(s);
        return NULL;
}

bool sharing_may_issue(const Sharing *s) {
        return exchange_role(s->exchange) == EXCHANGE_OWNER;
}

bool sharing_is_alone(const Sharing *s) {
        return !s->has_key;
}

bool sharing_is_settled(const Sharing *s) {
        return exchange_role(s->exchange) != EXCHANGE_UNKNOWN;
}

char *sharing_obstacle(const Sharing *s) {
        if (s->has_key || exchange_role(s->exchange) != EXCHANGE_FOLLOWER)
                return NULL;
        return xasprintf("the edge %s has certificates issued for this Redis already; several edges need the same "
                         "--certs-key-file, made by `openssl rand -hex 32`",
                         exchange_holder(s->exchange));
}

const char *sharing_trouble(const Sharing *s) {
        return exchange_describe(s->exchange);
}

/* ---- fetching and putting ---- */

static void on_account(void *userdata, const char *place, const char *bytes, size_t size) {
        Sharing *s = userdata;

        (void)size;
        if (s->is_ending)
                return;
        s->handlers.account(s->handlers.userdata, place + strlen(ACCOUNT), bytes);
}

static void on_certificate(void *userdata, const char *place, const char *bytes, size_t size) {
        Sharing *s = userdata;
        const char *base = place + strlen(CERTIFICATE);
        SharedCertificateText text = { 0 };

        if (s->is_ending)
                return;
        if (bytes && shared_certificate_decode(&text, bytes, size) < 0)
                log_warning_about(ABOUT(.domain = base),
                                  "What another edge says of the certificate of %s cannot be read", base);
        s->handlers.certificate(s->handlers.userdata, base, text.history ? &text.certificate : NULL);
        shared_certificate_done(&text);
}

static void fetch(Sharing *s, const char *kind, const char *const *items, size_t count, ExchangeGotFunc *got) {
        _cleanup_string_list_ StringList places = { 0 };

        for (size_t i = 0; i < count; i++)
                string_list_addf(&places, "%s%s", kind, items[i]);
        exchange_get(s->exchange, (const char *const *)places.items, places.count, got, s);
}

void sharing_fetch_accounts(Sharing *s, const char *const *ids, size_t count) {
        fetch(s, ACCOUNT, ids, count, on_account);
}

void sharing_fetch_certificates(Sharing *s, const char *const *bases, size_t count) {
        fetch(s, CERTIFICATE, bases, count, on_certificate);
}

void sharing_put_account(Sharing *s, const Account *a) {
        _cleanup_free_ char *place = xasprintf(ACCOUNT "%s", a->id);
        _cleanup_secret_ char *key = s->has_key ? account_load_key(a) : NULL;

        if (key)
                exchange_put(s->exchange, place, key, strlen(key), SHARED_SECONDS);
}

void sharing_put_certificate(Sharing *s, const char *base, const SharedCertificate *c) {
        if (!s->has_key)
                return;
        _cleanup_free_ char *place = xasprintf(CERTIFICATE "%s", base);
        _cleanup_secret_ char *json = shared_certificate_encode(c);
        exchange_put(s->exchange, place, json, strlen(json), SHARED_SECONDS);
}
