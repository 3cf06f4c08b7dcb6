/* What is to be done about one certificate: wanted × installed × history. Pure. */
#pragma once

#include "common/memory.h"
#include "consumer/certs/history.h"
#include "consumer/certs/wanted.h"

#include <stdbool.h>
#include <stdint.h>

/* What lies in the store under one base. Times in Unix seconds. */
typedef struct InstalledCertificate {
        StringList names; /* of its SAN, in their one form, sorted */
        int64_t not_before, not_after;
        KeyType key_type; /* KEY_TYPE_UNSET: another one */
} InstalledCertificate;

void installed_done(InstalledCertificate *c);

typedef enum CertificateAct {
        CERTIFICATE_KEEP,
        CERTIFICATE_ISSUE,   /* there is none that can be used */
        CERTIFICATE_RENEW,   /* a third of its life is left, or less */
        CERTIFICATE_REISSUE, /* it is for other names, of another key type, CA, chain or profile than wanted now */
} CertificateAct;

/* When, in Unix seconds: `due` is when it becomes necessary (KEEP: when it will be renewed), `at` the same or later,
 * where a failure makes it wait; never in the past of what caused it, but perhaps of now. */
typedef struct CertificateStep {
        CertificateAct act;
        int64_t due, at;
        bool is_renewal; /* RENEW for the very same names: for a CA's limits (budget.h) it is no new certificate */
        const char *why; /* a phrase for people, static: "its names have changed" */
} CertificateStep;

/* `installed` NULL: there is none. Where an installed certificate covers more names than wanted and nothing else
 * differs, it is kept until it is renewed: a container that is gone for a while costs no order. CA, chain and profile
 * can only differ where the history knows the CA. `base` also seeds the jitter by which renewals spread: up to a tenth
 * of the lifetime before the last third begins; but never in the first half of what was left when it was issued, for a
 * CA may date a certificate back by more than it lives. */
CertificateStep plan_certificate(const WantedCertificate *wanted, const InstalledCertificate *installed,
                                 const History *history, int64_t now);

const char *certificate_act_name(CertificateAct act); /* "renew" */
