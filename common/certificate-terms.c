/* The terms of certificates: one table says what each is called and what it has to be. Pure. */
#include "beachhead/certificate-terms.h"

#include "common/memory.h"
#include "common/text.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SCHEME "https://"
#define PROFILE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

typedef struct Term {
        const char *name, *rule;
        size_t offset;                      /* of a text */
        bool (*is_valid)(const char *text); /* NULL: it is one of some words */
} Term;

#define AT(member) offsetof(CertificateTerms, member)

static const Term table[_CERTIFICATE_TERM_COUNT] = {
        [TERM_EMAIL] = { "email", "must be an address such as admin@example.org", AT(email),
                         certificate_email_is_valid },
        [TERM_KEY] = { "key", "must be 2048, 3072, 4096, 8192, ec-256, ec-384 or ec-521", 0, NULL },
        [TERM_CHALLENGE] = { "challenge", "must be http-01 or dns-01", 0, NULL },
        [TERM_TEST] = { "test", "must be true or false", 0, NULL },
        [TERM_CA] = { "ca", "must be the https:// URL of a CA's directory", AT(ca), certificate_ca_is_valid },
        [TERM_CHAIN] = { "chain", "must be an issuer's common name, at most 128 printable characters",
                         AT(preferred_chain), certificate_chain_is_valid },
        [TERM_PROFILE] = { "profile", "must be at most 64 letters, digits, \"-\", \"_\" and \".\"", AT(profile),
                           certificate_profile_is_valid },
};

static const char *const key_type_names[_KEY_TYPE_COUNT] = {
        [KEY_TYPE_RSA_2048] = "2048", [KEY_TYPE_RSA_3072] = "3072", [KEY_TYPE_RSA_4096] = "4096",
        [KEY_TYPE_RSA_8192] = "8192", [KEY_TYPE_EC_256] = "ec-256", [KEY_TYPE_EC_384] = "ec-384",
        [KEY_TYPE_EC_521] = "ec-521",
};

static const char *const challenge_names[_CHALLENGE_COUNT] = {
        [CHALLENGE_HTTP_01] = "http-01",
        [CHALLENGE_DNS_01] = "dns-01",
};

static const char *const test_names[] = { "false", "true" };

const char *key_type_name(KeyType type) {
        return key_type_names[type];
}

int key_type_from_name(const char *name, KeyType *ret) {
        int i = name_find(key_type_names, _KEY_TYPE_COUNT, name);

        if (i < 0)
                return i;
        *ret = (KeyType)i;
        return 0;
}

const char *challenge_name(Challenge challenge) {
        return challenge_names[challenge];
}

int challenge_from_name(const char *name, Challenge *ret) {
        int i = name_find(challenge_names, _CHALLENGE_COUNT, name);

        if (i < 0)
                return i;
        *ret = (Challenge)i;
        return 0;
}

static int test_from_name(const char *name, bool *ret) {
        int i = name_find(test_names, 2, name);

        if (i < 0)
                return i;
        *ret = i;
        return 0;
}

/* Not empty, from `first` to "~" without what stands in `but`, and no option of a command. */
static bool is_plain(const char *text, size_t max, char first, const char *but) {
        if (!*text || *text == '-' || strlen(text) > max)
                return false;
        for (const char *c = text; *c; c++)
                if (*c < first || *c > '~' || strchr(but, *c))
                        return false;
        return true;
}

bool certificate_email_is_valid(const char *email) {
        const char *at = email ? strchr(email, '@') : NULL;

        return !email || (at && at > email && at[1] && !strchr(at + 1, '@') &&
                          is_plain(email, CERTIFICATE_EMAIL_MAX, '!', "\"'`\\$<>|&;(){}"));
}

/* There is a host: the end of the string is among what may not stand there. */
bool certificate_ca_is_valid(const char *url) {
        return !url || (has_prefix(url, SCHEME) && !strchr("/?#", url[strlen(SCHEME)]) &&
                        is_plain(url, CERTIFICATE_CA_MAX, '!', "\"'`\\"));
}

bool certificate_chain_is_valid(const char *name) {
        return !name || is_plain(name, CERTIFICATE_CHAIN_MAX, ' ', "");
}

bool certificate_profile_is_valid(const char *name) {
        return !name || (is_plain(name, CERTIFICATE_PROFILE_MAX, '!', "") && !name[strspn(name, PROFILE_CHARACTERS)]);
}

/* ---- any term ---- */

const char *certificate_term_name(CertificateTerm term) {
        return table[term].name;
}

static char **field_of(CertificateTerms *t, CertificateTerm term) {
        return (char **)((char *)t + table[term].offset);
}

static int set_text(CertificateTerms *t, CertificateTerm term, const char *text) {
        if (!table[term].is_valid(text))
                return -EINVAL;
        REPLACE_PTR(*field_of(t, term), xstrdup(text));
        return 0;
}

static int set_term(CertificateTerms *t, CertificateTerm term, const char *text) {
        switch (term) {
        case TERM_KEY:
                return key_type_from_name(text, &t->key_type);
        case TERM_CHALLENGE:
                return challenge_from_name(text, &t->challenge);
        case TERM_TEST:
                return test_from_name(text, &t->test);
        default:
                return set_text(t, term, text);
        }
}

int certificate_terms_set(CertificateTerms *t, CertificateTerm term, const char *text, const char **ret_rule) {
        int r = set_term(t, term, text);

        if (r < 0)
                *ret_rule = table[term].rule;
        return r;
}

const char *certificate_terms_text(const CertificateTerms *t, CertificateTerm term) {
        switch (term) {
        case TERM_KEY:
                return key_type_name(t->key_type);
        case TERM_CHALLENGE:
                return challenge_name(t->challenge);
        case TERM_TEST:
                return test_names[t->test];
        default:
                return *(char *const *)((const char *)t + table[term].offset);
        }
}

void certificate_terms_copy(CertificateTerms *ret, const CertificateTerms *terms) {
        *ret = *terms;
        for (CertificateTerm i = 0; i < _CERTIFICATE_TERM_COUNT; i++)
                if (table[i].is_valid && *field_of(ret, i))
                        *field_of(ret, i) = xstrdup(*field_of(ret, i));
}

void certificate_terms_done(CertificateTerms *terms) {
        for (CertificateTerm i = 0; i < _CERTIFICATE_TERM_COUNT; i++)
                if (table[i].is_valid)
                        free(*field_of(terms, i));
        *terms = (CertificateTerms){ 0 };
}
