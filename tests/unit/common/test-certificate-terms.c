/* The terms of a certificate: what is taken, what is not, and that nothing of it is an option of a command. */
#include "beachhead/certificate-terms.h"
#include "common/memory.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

typedef struct TermCase {
        CertificateTerm term;
        const char *text;
} TermCase;

static void assert_nothing_is_said(const CertificateTerms *t) {
        for (CertificateTerm i = 0; i < _CERTIFICATE_TERM_COUNT; i++)
                if (i != TERM_TEST)
                        ck_assert_ptr_null(certificate_terms_text(t, i));
        ck_assert_str_eq(certificate_terms_text(t, TERM_TEST), "false");
}

START_TEST(every_kind_of_key_and_challenge_has_its_name) {
        static const char *const names[] = { "2048", "3072", "4096", "8192", "ec-256", "ec-384", "ec-521" };
        Challenge challenge = CHALLENGE_UNSET;

        for (KeyType type = KEY_TYPE_UNSET + 1; type < _KEY_TYPE_COUNT; type++) {
                KeyType found = KEY_TYPE_UNSET;
                ck_assert_str_eq(key_type_name(type), names[type - 1]);
                ck_assert_int_eq(key_type_from_name(names[type - 1], &found), 0);
                ck_assert_int_eq(found, type);
        }
        ck_assert_int_eq(challenge_from_name("http-01", &challenge), 0);
        ck_assert_int_eq(challenge, CHALLENGE_HTTP_01);
        ck_assert_int_eq(challenge_from_name("dns-01", &challenge), 0);
        ck_assert_int_eq(challenge, CHALLENGE_DNS_01);
        ck_assert_str_eq(challenge_name(challenge), "dns-01");
}
END_TEST

START_TEST(a_good_text_is_kept_as_it_is) {
        static const TermCase good[] = {
                { TERM_EMAIL, "me@a.org" },
                { TERM_EMAIL, "a+b=c/d?e#f!g%h*i^j~k@[192.0.2.1]" },
                { TERM_KEY, "8192" },
                { TERM_KEY, "ec-521" },
                { TERM_CHALLENGE, "dns-01" },
                { TERM_TEST, "true" },
                { TERM_TEST, "false" },
                { TERM_CA, "https://acme-v02.api.letsencrypt.org/directory" },
                { TERM_CA, "https://[2001:db8::1]:14000/dir?a=b&c=(d)" },
                { TERM_CHAIN, "ISRG Root X1" },
                { TERM_CHAIN, "Let's Encrypt (\"STAGING\") \\ Pretend Pear X1" },
                { TERM_PROFILE, "tls-server_2.0" },
        };

        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                _cleanup_(certificate_terms_done) CertificateTerms t = { 0 };
                const char *rule = NULL;
                ck_assert_msg(certificate_terms_set(&t, good[i].term, good[i].text, &rule) == 0, "%s", good[i].text);
                ck_assert_str_eq(certificate_terms_text(&t, good[i].term), good[i].text);
                ck_assert_ptr_null(rule);
        }
}
END_TEST

START_TEST(a_bad_text_changes_nothing_and_is_told_what_it_has_to_be) {
        static const TermCase bad[] = {
                { TERM_EMAIL, "" },
                { TERM_EMAIL, "a" },
                { TERM_EMAIL, "@" },
                { TERM_EMAIL, "a@" },
                { TERM_EMAIL, "@a" },
                { TERM_EMAIL, "a@b@c" },
                { TERM_EMAIL, "a b@c.org" },
                { TERM_EMAIL, "-a@b.org" },
                { TERM_EMAIL, "--version@b.org" },
                { TERM_EMAIL, "$(id)@a.org" },
                { TERM_EMAIL, "a;id@a.org" },
                { TERM_EMAIL, "a|b@a.org" },
                { TERM_EMAIL, "a'@b.org" },
                { TERM_EMAIL, "a\n@b.org" },
                { TERM_EMAIL, "a\x7f@b.org" },
                { TERM_EMAIL, "\xc3\xa4@a.org" },
                { TERM_KEY, "" },
                { TERM_KEY, "1024" },
                { TERM_KEY, "02048" },
                { TERM_KEY, "EC-256" },
                { TERM_KEY, "ec-512" },
                { TERM_CHALLENGE, "" },
                { TERM_CHALLENGE, "tls-alpn-01" },
                { TERM_TEST, "" },
                { TERM_TEST, "1" },
                { TERM_CA, "" },
                { TERM_CA, "-" },
                { TERM_CA, "http://a.org/directory" },
                { TERM_CA, "file:///etc/passwd" },
                { TERM_CA, "https://" },
                { TERM_CA, "https:///directory" },
                { TERM_CA, "https://?" },
                { TERM_CA, "https://#" },
                { TERM_CA, "https://a.org/ b" },
                { TERM_CA, "https://a.org/\"" },
                { TERM_CA, "https://a.org/'" },
                { TERM_CA, "https://a.org/`" },
                { TERM_CA, "https://a.org/\\" },
                { TERM_CA, "https://a.org/\n" },
                { TERM_CA, "https://\xc3\xa4.org/" },
                { TERM_CHAIN, "" },
                { TERM_CHAIN, "-x" },
                { TERM_CHAIN, "a\nb" },
                { TERM_CHAIN, "\xc3\xa4" },
                { TERM_PROFILE, "" },
                { TERM_PROFILE, "--eab" },
                { TERM_PROFILE, "short lived" },
                { TERM_PROFILE, "a/b" },
        };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                CertificateTerms t = { 0 };
                const char *rule = NULL;
                ck_assert_msg(certificate_terms_set(&t, bad[i].term, bad[i].text, &rule) == -EINVAL, "%s",
                              bad[i].text);
                ck_assert_msg(rule && has_prefix(rule, "must be "), "%s", bad[i].text);
                ck_assert_ptr_null(t.email             ? t.email
                                   : t.ca              ? t.ca
                                   : t.preferred_chain ? t.preferred_chain
                                                       : t.profile);
                ck_assert(t.key_type == KEY_TYPE_UNSET && t.challenge == CHALLENGE_UNSET && !t.test);
        }
}
END_TEST

START_TEST(no_text_is_longer_than_its_client_takes) {
        static const struct {
                CertificateTerm term;
                const char *beginning;
                size_t max;
        } cases[] = {
                { TERM_EMAIL, "a@", CERTIFICATE_EMAIL_MAX },
                { TERM_CA, "https://a.org/", CERTIFICATE_CA_MAX },
                { TERM_CHAIN, "a", CERTIFICATE_CHAIN_MAX },
                { TERM_PROFILE, "a", CERTIFICATE_PROFILE_MAX },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(certificate_terms_done) CertificateTerms t = { 0 };
                _cleanup_free_ char *text = xcalloc(cases[i].max + 2, 1);
                const char *rule;
                memset(text, 'a', cases[i].max + 1);
                memcpy(text, cases[i].beginning, strlen(cases[i].beginning));
                ck_assert_int_eq(certificate_terms_set(&t, cases[i].term, text, &rule), -EINVAL);
                text[cases[i].max] = '\0';
                ck_assert_int_eq(certificate_terms_set(&t, cases[i].term, text, &rule), 0);
        }
}
END_TEST

START_TEST(what_nobody_said_is_valid_and_left_open) {
        CertificateTerms t = { 0 };

        ck_assert(certificate_email_is_valid(NULL));
        ck_assert(certificate_ca_is_valid(NULL));
        ck_assert(certificate_chain_is_valid(NULL));
        ck_assert(certificate_profile_is_valid(NULL));
        assert_nothing_is_said(&t);
}
END_TEST

START_TEST(a_copy_says_the_same_and_lives_by_itself) {
        static const TermCase terms[] = {
                { TERM_EMAIL, "me@a.org" },  { TERM_KEY, "ec-384" },        { TERM_CHALLENGE, "http-01" },
                { TERM_TEST, "true" },       { TERM_CA, "https://a.org/" }, { TERM_CHAIN, "Some Root" },
                { TERM_PROFILE, "classic" },
        };
        CertificateTerms t = { 0 }, empty = { 0 }, copy, empty_copy;
        const char *rule;

        for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
                ck_assert_int_eq(certificate_terms_set(&t, terms[i].term, "", &rule), -EINVAL);
                ck_assert_int_eq(certificate_terms_set(&t, terms[i].term, terms[i].text, &rule), 0);
                ck_assert_int_eq(certificate_terms_set(&t, terms[i].term, terms[i].text, &rule), 0);
        }
        certificate_terms_copy(&copy, &t);
        certificate_terms_copy(&empty_copy, &empty);
        certificate_terms_done(&t);
        ck_assert_ptr_null(t.email);
        for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
                ck_assert_str_eq(certificate_terms_text(&copy, terms[i].term), terms[i].text);
        ck_assert_ptr_null(empty_copy.ca);
        certificate_terms_done(&copy);
        certificate_terms_done(&empty_copy);
}
END_TEST

TEST_MAIN("certificate-terms", every_kind_of_key_and_challenge_has_its_name, a_good_text_is_kept_as_it_is,
          a_bad_text_changes_nothing_and_is_told_what_it_has_to_be, no_text_is_longer_than_its_client_takes,
          what_nobody_said_is_valid_and_left_open, a_copy_says_the_same_and_lives_by_itself)
