/* The table of all that is read on a container. */
#include "registrar/variables.h"

#include "common/text.h"

#include <string.h>

#define LABEL_PREFIX "beachhead."
#define DOMAINS_KEY "domains"
#define NGINX_PROXY_LABEL_PREFIX "com.github.nginx-proxy.nginx-proxy."

enum { RANK_VARIABLE, RANK_NGINX_PROXY_LABEL, RANK_LABEL };

typedef struct Variable {
        const char
                *name; /* in the environment; NULL: containers use such a name for themselves, only labels are read */
        const char *label; /* behind nginx-proxy's prefix; NULL: there is none */
} Variable;

static const Variable variables[] = {
        { "VIRTUAL_HOST", NULL },
        { "VIRTUAL_PORT", NULL },
        { "VIRTUAL_PATH", NULL },
        { "VIRTUAL_DEST", NULL },
        { "VIRTUAL_PROTO", NULL },
        { "VIRTUAL_ROOT", NULL },
        { "VIRTUAL_HOST_MULTIPORTS", NULL },
        { "EXTERNAL_HTTP_PORT", NULL },
        { "EXTERNAL_HTTPS_PORT", NULL },
        { "HTTPS_METHOD", NULL },
        { "NETWORK_ACCESS", NULL },
        { "CERT_NAME", NULL },
        { "SSL_POLICY", NULL },
        { "HSTS", NULL },
        { "SERVER_TOKENS", NULL },
        { "ACME_HTTP_CHALLENGE_LOCATION", NULL },
        { "TRUST_DEFAULT_CERT", "trust-default-cert" },
        { "ENABLE_HTTP_ON_MISSING_CERT", NULL },
        { "CLIENT_MAX_BODY_SIZE", NULL },
        { "PROXY_CONNECT_TIMEOUT", NULL },
        { "PROXY_READ_TIMEOUT", NULL },
        { "PROXY_SEND_TIMEOUT", NULL },
        { NULL, "loadbalance" },
        { NULL, "keepalive" },
        { NULL, "http2.enable" },
        { NULL, "http3.enable" },
        { NULL, "debug-endpoint" },
        { NULL, "non-get-redirect" },
        { NULL, "ssl_verify_client" },
        { "ACME_HOST", NULL },
        { "ACME_EMAIL", NULL },
        { "ACME_SINGLE_DOMAIN_CERTS", NULL },
        { "ACME_KEYSIZE", NULL },
        { "ACME_TEST", NULL },
        { "ACME_CA_URI", NULL },
        { "ACME_CHALLENGE", NULL },
        { "ACME_PREFERRED_CHAIN", NULL },
        { "ACME_CERT_PROFILE", NULL },
        { "LETSENCRYPT_HOST", NULL },
        { "LETSENCRYPT_EMAIL", NULL },
        { "LETSENCRYPT_SINGLE_DOMAIN_CERTS", NULL },
        { "LETSENCRYPT_KEYSIZE", NULL },
        { "LETSENCRYPT_TEST", NULL },
};

#define N_VARIABLES (sizeof variables / sizeof *variables)

static const char *setting_of(const Variable *v) {
        return v->name ? v->name : v->label;
}

const char *setting_of_variable(const char *variable, size_t length, const char *domains_variable) {
        if (strlen(domains_variable) == length && memcmp(variable, domains_variable, length) == 0)
                return domains_variable;
        for (const Variable *v = variables; v < variables + N_VARIABLES; v++)
                if (v->name && strlen(v->name) == length && memcmp(variable, v->name, length) == 0)
                        return v->name;
        return NULL;
}

const char *setting_of_key(const char *key, const char *domains_variable) {
        if (strcmp(key, DOMAINS_KEY) == 0)
                return domains_variable;
        for (const Variable *v = variables; v < variables + N_VARIABLES; v++)
                if ((v->name && strcasecmp(key, v->name) == 0) || streq_or_null(key, v->label))
                        return setting_of(v);
        return NULL;
}

const char *setting_of_label(const char *label, const char *domains_variable) {
        if (has_prefix(label, LABEL_PREFIX))
                return setting_of_key(label + strlen(LABEL_PREFIX), domains_variable);
        if (!has_prefix(label, NGINX_PROXY_LABEL_PREFIX))
                return NULL;
        for (const Variable *v = variables; v < variables + N_VARIABLES; v++)
                if (streq_or_null(label + strlen(NGINX_PROXY_LABEL_PREFIX), v->label))
                        return setting_of(v);
        return NULL;
}

int setting_rank(const char *label) {
        if (!label)
                return RANK_VARIABLE;
        return has_prefix(label, LABEL_PREFIX) ? RANK_LABEL : RANK_NGINX_PROXY_LABEL;
}
