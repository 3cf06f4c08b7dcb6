/* TLS between hiredis and Redis, on an SSL_CTX of our own, as hiredis' checks no host name. Only this file knows
 * whether hiredis has TLS at all (1.0 and newer). */
#include "common/redis-tls.h"

#include "common/memory.h"

#if HAVE_HIREDIS_SSL
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

struct RedisTls {
        const char *host;
        SSL_CTX *authorities;
        SSL *connection; /* the last one; hiredis holds a reference of its own */
};

bool redis_tls_supported(void) {
        return true;
}

static SSL_CTX *read_authorities(void) {
        SSL_CTX *c = SSL_CTX_new(TLS_client_method());

        if (!c)
                return NULL;
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        (void)SSL_CTX_set_options(c, SSL_OP_IGNORE_UNEXPECTED_EOF); /* a reply says itself where it ends */
        if (SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 && SSL_CTX_set_default_verify_paths(c) == 1)
                return c;
        SSL_CTX_free(c);
        return NULL;
}

/* The certificate is checked against the host; a name, but no address, is also sent ahead (SNI). */
static SSL *new_connection(SSL_CTX *authorities, const char *host) {
        SSL *ssl = SSL_new(authorities);

        if (!ssl)
                return NULL;
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 ||
            (SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1))
                return ssl;
        SSL_free(ssl);
        return NULL;
}

/* Reading the CAs takes 20 ms: that is done once, and again after a refusal, as they may have been mended since. */
static void renew(RedisTls *t) {
        if (t->connection && SSL_get_verify_result(t->connection) != X509_V_OK) {
                SSL_CTX_free(t->authorities);
                t->authorities = NULL;
        }
        if (!t->authorities)
                t->authorities = read_authorities();
        SSL_free(t->connection);
        t->connection = t->authorities ? new_connection(t->authorities, t->host) : NULL;
}

static const char *advice(unsigned long error) {
        switch (ERR_GET_REASON(error)) {
        case SSL_R_WRONG_VERSION_NUMBER:
                return "; does that port speak TLS?";
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
                return "; Redis wants a client certificate, there is none: set tls-auth-clients to no or optional "
                       "there";
        default:
                return "";
        }
}

/* What OpenSSL says about it, or NULL. */
static char *explain(const RedisTls *t) {
        long verdict = SSL_get_verify_result(t->connection);
        unsigned long error = ERR_peek_error();
        const char *reason = ERR_reason_error_string(error);
        if (verdict != X509_V_OK)
                return xasprintf(
                        "the certificate of %s is refused: %s; it must be for that host and from a CA that this "
                        "system knows or $SSL_CERT_FILE holds",
                        t->host, X509_verify_cert_error_string(verdict));
        return reason ? xasprintf("TLS with %s failed: %s%s", t->host, reason, advice(error)) : NULL;
}

char *redis_tls_start(RedisTls **tls, redisContext *context, const char *host) {
        RedisTls *t = *tls ? *tls : new0(RedisTls);

        *tls = t;
        t->host = host;
        renew(t);
        if (!t->connection)
                return xasprintf("TLS with %s cannot be set up by OpenSSL", host);
        if (redisInitiateSSL(context, t->connection) != REDIS_OK) {
                char *complaint = explain(t); /* a server nearby may have answered already */
                return complaint ? complaint : xasprintf("TLS with %s cannot begin: %s", host, context->errstr);
        }
        (void)SSL_up_ref(t->connection);
        return NULL;
}

void redis_tls_forget_errors(void) {
        ERR_clear_error();
}

char *redis_tls_complaint(const RedisTls *t) {
        if (!t || !t->connection)
                return NULL;
        char *complaint = explain(t);
        if (complaint || SSL_is_init_finished(t->connection))
                return complaint;
        return xasprintf("%s ended the TLS handshake", t->host);
}

RedisTls *redis_tls_free(RedisTls *t) {
        if (!t)
                return NULL;
        SSL_free(t->connection);
        SSL_CTX_free(t->authorities);
        free(t);
        return NULL;
}

#else

bool redis_tls_supported(void) {
        return false;
}

char *redis_tls_start(RedisTls **tls, redisContext *context, const char *host) {
        (void)tls, (void)context;
        return xasprintf("TLS with %s needs a hiredis that has it", host);
}

void redis_tls_forget_errors(void) {
}

char *redis_tls_complaint(const RedisTls *t) {
        (void)t;
        return NULL;
}

RedisTls *redis_tls_free(RedisTls *t) {
        (void)t;
        return NULL;
}
#endif
