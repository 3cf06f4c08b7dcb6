/* The PEM files beside a certificate: what nginx would refuse without naming it is known before. */
#include "consumer/nginx/pem-check.h"

#include "tests/unit/check-main.h"
#include "tests/unit/consumer/certificates.h"

typedef int CheckFunc(const char *bytes, size_t size, char **ret_reason);

/* NULL: nothing is wrong with it. */
static void assert_said(CheckFunc *check, const char *text, const char *expected) {
        _cleanup_free_ char *reason = NULL;
        int r = check(text, strlen(text), &reason);

        ck_assert_pstr_eq(reason, expected);
        ck_assert_int_eq(r < 0, expected != NULL);
}

START_TEST(a_chain_is_certificates_that_can_be_read) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(0);
        _cleanup_free_ char *one = test_certificate_text(&(TestCertificate){ 0 }, key), *key_text = test_key_text(key);
        _cleanup_free_ char *two = xasprintf("words\n%s\n%s", one, one), *cut = xstrndup(two, strlen(two) - 100);

        assert_said(pem_check_trusted, one, NULL);
        assert_said(pem_check_trusted, two, NULL);
        assert_said(pem_check_trusted, cut, "a part of it cannot be read");
        assert_said(pem_check_trusted, key_text, "it holds no PEM certificate");
        assert_said(pem_check_trusted, "", "it holds no PEM certificate");
        assert_said(pem_check_trusted, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                    "a part of it cannot be read");
}
END_TEST

START_TEST(parameters_are_long_enough) {
        _cleanup_free_ char *good = test_dhparam_text("ffdhe2048"), *large = test_dhparam_text("ffdhe3072");
        _cleanup_free_ char *small = test_dhparam_text("modp_1536");

        assert_said(pem_check_dhparam, good, NULL);
        assert_said(pem_check_dhparam, large, NULL);
        assert_said(pem_check_dhparam, small, "its parameters are too short, make some of 2048 bits or more");
        assert_said(pem_check_dhparam, "", "it holds no PEM Diffie-Hellman parameters");
        assert_said(pem_check_dhparam, "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n",
                    "it holds no PEM Diffie-Hellman parameters");
}
END_TEST

START_TEST(a_list_of_revoked_certificates_is_for_its_ca_and_in_time) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *ca = test_key(0);
        _cleanup_free_ char *ca_text = test_certificate_text(&(TestCertificate){ 0 }, ca);
        _cleanup_free_ char *good = test_crl_text(ca, 60, false), *old = test_crl_text(ca, -60, false);
        _cleanup_free_ char *foreign = test_crl_text(ca, 60, true), *both = xasprintf("%s%s", good, old);
        _cleanup_free_ char *cut = xstrndup(good, strlen(good) - 30);
        const struct {
                const char *text, *reason, *warning;
        } cases[] = {
                { good, NULL, NULL },
                { old, NULL, "it has expired: no client is let in until it is renewed" },
                { both, NULL, NULL },
                { foreign, NULL, "it is not by the CA beside it: no client is let in" },
                { cut, "a part of it cannot be read", NULL },
                { ca_text, "it holds no PEM list of revoked certificates", NULL },
                { "", "it holds no PEM list of revoked certificates", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *reason = NULL, *warning = NULL;
                int r = pem_check_crl(cases[i].text, strlen(cases[i].text), ca_text, strlen(ca_text), TEST_NOW,
                                      &reason, &warning);
                ck_assert_pstr_eq(reason, cases[i].reason);
                ck_assert_pstr_eq(warning, cases[i].warning);
                ck_assert_int_eq(r < 0, reason != NULL);
        }
}
END_TEST

TEST_MAIN("pem-check", a_chain_is_certificates_that_can_be_read, parameters_are_long_enough,
          a_list_of_revoked_certificates_is_for_its_ca_and_in_time)
