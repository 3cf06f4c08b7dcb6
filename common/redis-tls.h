/* TLS on a link to Redis. The server must show a certificate for the URL's host that a CA of the system vouches for,
 * as OpenSSL finds them: SSL_CERT_FILE and SSL_CERT_DIR are honoured. */
#pragma once

#include <hiredis/hiredis.h>
#include <stdbool.h>

typedef struct RedisTls RedisTls;

/* Whether this build can speak rediss://. */
bool redis_tls_supported(void);

/* Begins TLS on a connection that hiredis has begun. *tls is NULL at a link's first connection and kept for its later
 * ones. Borrows `host`. Returns NULL, or what went wrong: nothing may be sent then, and the caller owns it. */
char *redis_tls_start(RedisTls **tls, redisContext *context, const char *host);

/* To be called before hiredis reads or writes: what other users of OpenSSL left would pass for an error of ours. */
void redis_tls_forget_errors(void);

/* Why TLS has just ended the connection; NULL: it was not TLS, or there is none. The caller owns it. */
char *redis_tls_complaint(const RedisTls *t);
RedisTls *redis_tls_free(RedisTls *t);
