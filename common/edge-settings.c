/* The settings of the edge: one table says what each is called, what it is, and what ignoring it would do. Pure. */
#include "beachhead/edge-settings.h"

#include "beachhead/registration.h"
#include "common/edge-type.h"
#include "common/memory.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>

typedef struct Setting {
        const char *name;
        size_t offset;
        const EdgeType *type;
        unsigned requirement; /* of any value but the harmless one */
        const char *harmless; /* what a reader that ignores the setting comes to as well; NULL: no value is */
} Setting;

#define AT(member) offsetof(EdgeSettings, member)

static const Setting table[_EDGE_SETTING_COUNT] = {
        [EDGE_CERT_NAME] = { "cert_name", AT(cert_name), &edge_type_file_name, 0, NULL },
        [EDGE_TLS_POLICY] = { "ssl_policy", AT(tls_policy), &edge_type_policy, 0, NULL },
        [EDGE_HSTS] = { "hsts", AT(hsts), &edge_type_hsts, 0, NULL },
        [EDGE_SERVER_TOKENS] = { "server_tokens", AT(server_tokens), &edge_type_switch, 0, NULL },
        [EDGE_ACME_LOCATION] = { "acme_http_challenge_location", AT(acme_location), &edge_type_acme, 0, NULL },
        [EDGE_HTTP2] = { "http2", AT(http2), &edge_type_boolean, 0, NULL },
        [EDGE_HTTP3] = { "http3", AT(http3), &edge_type_boolean, 0, NULL },
        [EDGE_TRUST_DEFAULT_CERT] = { "trust_default_cert", AT(trust_default_cert), &edge_type_boolean, 0, NULL },
        [EDGE_HTTP_ON_MISSING_CERT] = { "enable_http_on_missing_cert", AT(http_on_missing_cert), &edge_type_boolean,
                                        REQUIRES_NO_CLEAR, "true" },
        [EDGE_DEBUG_ENDPOINT] = { "debug_endpoint", AT(debug_endpoint), &edge_type_boolean, 0, NULL },
        [EDGE_NON_GET_REDIRECT] = { "non_get_redirect", AT(non_get_redirect), &edge_type_redirect, 0, NULL },
        [EDGE_VERIFY_CLIENT] = { "ssl_verify_client", AT(verify_client), &edge_type_verification,
                                 REQUIRES_CLIENT_CERTIFICATE, "off" },
        [EDGE_HTTP_PORT] = { "external_http_port", AT(http_port), &edge_type_port, REQUIRES_PORTS, NULL },
        [EDGE_HTTPS_PORT] = { "external_https_port", AT(https_port), &edge_type_port, REQUIRES_PORTS, NULL },
        [EDGE_BALANCE] = { "loadbalance", AT(balance), &edge_type_balance, 0, NULL },
        [EDGE_KEEPALIVE] = { "keepalive", AT(keepalive), &edge_type_keepalive, 0, NULL },
        [EDGE_ROOT] = { "virtual_root", AT(root), &edge_type_root, 0, NULL },
        [EDGE_BODY_MAX] = { "client_max_body_size", AT(body_max_bytes), &edge_type_size, 0, NULL },
        [EDGE_CONNECT_TIMEOUT] = { "proxy_connect_timeout", AT(connect_timeout_msec), &edge_type_time, 0, NULL },
        [EDGE_READ_TIMEOUT] = { "proxy_read_timeout", AT(read_timeout_msec), &edge_type_time, 0, NULL },
        [EDGE_SEND_TIMEOUT] = { "proxy_send_timeout", AT(send_timeout_msec), &edge_type_time, 0, NULL },
};

static void *value_of(EdgeSettings *e, EdgeSetting setting) {
        return (char *)e + table[setting].offset;
}

static const void *const_value_of(const EdgeSettings *e, EdgeSetting setting) {
        return (const char *)e + table[setting].offset;
}

/* The string that a value owns, where it is of a type that owns one. */
static char **owned_string(EdgeSettings *e, EdgeSetting setting) {
        size_t offset = table[setting].type->owned;

        return offset == EDGE_TYPE_OWNS_NOTHING ? NULL : (char **)((char *)value_of(e, setting) + offset);
}

const char *edge_setting_name(EdgeSetting setting) {
        return table[setting].name;
}

unsigned edge_settings_requirements(const EdgeSettings *e) {
        unsigned requirements = 0;

        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++) {
                if (!edge_settings_has(e, i) || table[i].requirement == 0)
                        continue;
                _cleanup_free_ char *text = edge_settings_text(e, i);
                if (!table[i].harmless || strcmp(text, table[i].harmless) != 0)
                        requirements |= table[i].requirement;
        }
        return requirements;
}

int edge_settings_set(EdgeSettings *e, EdgeSetting setting, const char *text, const char **ret_rule) {
        const EdgeType *type = table[setting].type;
        _cleanup_free_ char *bare = trimmed(text);
        EdgeSettings fresh = { 0 };

        if (strlen(bare) > EDGE_TEXT_MAX || type->parse(type, bare, value_of(&fresh, setting)) < 0) {
                *ret_rule = type->rule;
                return -EINVAL;
        }
        char **owned = owned_string(e, setting);
        if (owned)
                free(*owned);
        memcpy(value_of(e, setting), value_of(&fresh, setting), type->size);
        e->given |= 1u << setting;
        return 0;
}

char *edge_settings_text(const EdgeSettings *e, EdgeSetting setting) {
        _cleanup_text_ Text t = { 0 };

        if (!edge_settings_has(e, setting))
                return NULL;
        table[setting].type->format(table[setting].type, const_value_of(e, setting), &t);
        return text_take(&t);
}

void edge_settings_inherit(EdgeSettings *e, const EdgeSettings *from, EdgeSetting first, EdgeSetting end) {
        for (EdgeSetting i = first; i < end; i++) {
                if (edge_settings_has(e, i) || !edge_settings_has(from, i))
                        continue;
                memcpy(value_of(e, i), const_value_of(from, i), table[i].type->size);
                e->given |= 1u << i;
                char **owned = owned_string(e, i);
                if (owned && *owned)
                        *owned = xstrdup(*owned);
        }
}

/* Whether their bytes are the same, strings apart. Values of one text may differ in padding. */
static bool bytes_agree(EdgeSettings a, EdgeSettings b, EdgeSetting setting) {
        char **x = owned_string(&a, setting), **y = owned_string(&b, setting);

        if (x && y && !streq_or_null(*x, *y))
                return false;
        if (x && y)
                *x = *y = NULL;
        return memcmp(value_of(&a, setting), value_of(&b, setting), table[setting].type->size) == 0;
}

bool edge_settings_agree(const EdgeSettings *a, const EdgeSettings *b, EdgeSetting setting) {
        if (edge_settings_has(a, setting) != edge_settings_has(b, setting))
                return false;
        if (!edge_settings_has(a, setting) || bytes_agree(*a, *b, setting))
                return true;
        _cleanup_free_ char *x = edge_settings_text(a, setting), *y = edge_settings_text(b, setting);

        return streq_or_null(x, y);
}

void edge_settings_done(EdgeSettings *e) {
        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++) {
                char **owned = owned_string(e, i);
                if (owned)
                        free(*owned);
        }
        *e = (EdgeSettings){ 0 };
}
