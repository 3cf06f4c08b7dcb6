/* What edges tell each other of one certificate, as JSON. Pure. */
#pragma once

#include "consumer/certs/history.h"

#include <stddef.h>

/* All borrowed. */
typedef struct SharedCertificate {
        const char *chain, *key; /* PEM; NULL: there is no certificate yet */
        const History *history;
} SharedCertificate;

/* The caller owns it and, since it holds a key, frees it by secret_free(). */
char *shared_certificate_encode(const SharedCertificate *c);

/* Owns what its certificate borrows. */
typedef struct SharedCertificateText {
        SharedCertificate certificate;
        char *chain, *key;
        History *history;
} SharedCertificateText;

/* Returns 0, or -EBADMSG. */
int shared_certificate_decode(SharedCertificateText *ret, const char *bytes, size_t size);
void shared_certificate_done(SharedCertificateText *t);
