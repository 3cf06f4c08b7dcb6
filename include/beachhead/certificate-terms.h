/* How a certificate is to be had: what a container may say beside its names, as types. Each term has one text form,
 * which is the same on a container and in the object `certificate` of a route: nothing else than what
 * certificate_terms_set() accepts ever comes from there. Includes nothing of ours; see beachhead-registration(5). */
#pragma once

#include <stdbool.h>

enum {
        CERTIFICATE_EMAIL_MAX = 254, /* bytes of each (of an address: RFC 5321, 4.5.3.1.3) */
        CERTIFICATE_CA_MAX = 2048,
        CERTIFICATE_CHAIN_MAX = 128,
        CERTIFICATE_PROFILE_MAX = 64,
};

/* The kind of a certificate's key (ACME_KEYSIZE); KEY_TYPE_UNSET: the issuer's default. */
typedef enum KeyType {
        KEY_TYPE_UNSET,
        KEY_TYPE_RSA_2048,
        KEY_TYPE_RSA_3072,
        KEY_TYPE_RSA_4096,
        KEY_TYPE_RSA_8192,
        KEY_TYPE_EC_256,
        KEY_TYPE_EC_384,
        KEY_TYPE_EC_521,
        _KEY_TYPE_COUNT,
} KeyType;

/* How the CA is shown who owns the names (ACME_CHALLENGE); CHALLENGE_UNSET: the issuer's default. */
typedef enum Challenge {
        CHALLENGE_UNSET,
        CHALLENGE_HTTP_01,
        CHALLENGE_DNS_01,
        _CHALLENGE_COUNT,
} Challenge;

/* What is NULL, unset or false is left to the issuer. Every text is handed to ACME clients of all kinds: none begins
 * with a dash, which a command takes for an option. */
typedef struct CertificateTerms {
        char *email; /* one "@"; printable ASCII without white space, quotes and what else means something to a shell
                      */
        KeyType key_type;
        Challenge challenge;
        bool test;             /* from the issuer's test CA */
        char *ca;              /* "https://…", the CA's directory; printable ASCII without white space and quotes */
        char *preferred_chain; /* the common name of an issuer; printable ASCII */
        char *profile;         /* letters, digits, "-", "_", "." */
} CertificateTerms;

typedef enum CertificateTerm {
        TERM_EMAIL,
        TERM_KEY,
        TERM_CHALLENGE,
        TERM_TEST,
        TERM_CA,
        TERM_CHAIN,
        TERM_PROFILE,
        _CERTIFICATE_TERM_COUNT,
} CertificateTerm;

/* Its name in JSON: "key". */
const char *certificate_term_name(CertificateTerm term);
/* Takes a term from its text. Returns 0, or -EINVAL with what it has to be in *ret_rule ("must be …"; static). */
int certificate_terms_set(CertificateTerms *t, CertificateTerm term, const char *text, const char **ret_rule);
/* Its text, borrowed; NULL where nothing is said. TERM_TEST is always "true" or "false". */
const char *certificate_terms_text(const CertificateTerms *t, CertificateTerm term);
/* Every string becomes a copy of its own. */
void certificate_terms_copy(CertificateTerms *ret, const CertificateTerms *terms);
void certificate_terms_done(CertificateTerms *terms);

/* Names as in JSON, NULL for what is unset; those from a name return 0 or -EINVAL. */
const char *key_type_name(KeyType type); /* "2048" … "8192", "ec-256" … */
int key_type_from_name(const char *name, KeyType *ret);
const char *challenge_name(Challenge challenge); /* "http-01", "dns-01" */
int challenge_from_name(const char *name, Challenge *ret);

/* Whether each text is what it says above; NULL is. */
bool certificate_email_is_valid(const char *email);
bool certificate_ca_is_valid(const char *url);
bool certificate_chain_is_valid(const char *name);
bool certificate_profile_is_valid(const char *name);
