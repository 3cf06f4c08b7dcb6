/* Whether a certificate and its key can be used: what nginx would refuse is known before it sees it. */
#include "consumer/certificate-check.h"

#include "common/text.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/certificates.h"

/* The reason why it is refused, or what is to be said about it. */
static char *verdict(CertificateMemory *memory, const char *certificate, const char *key, const char *domain) {
        _cleanup_(X509_freep) X509 *leaf = NULL;
        CertificateFacts facts;
        char *reason = NULL;

        int r = certificate_check_with(memory, certificate, strlen(certificate), key, strlen(key), TEST_NOW, &facts,
                                       &leaf, &reason);
        ck_assert_int_eq(r < 0, reason != NULL);
        ck_assert_int_eq(r < 0, leaf == NULL);
        if (r < 0)
                return reason;
        return xstrdup(!certificate_covers(leaf, domain) ? "for others" : facts.expired ? "expired" : "valid");
}

/* Whether stapling can work. */
static bool can_be_stapled(const TestCertificate *t) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(0);
        _cleanup_free_ char *text = test_certificate_text(t, key), *key_text = test_key_text(key), *reason = NULL;
        _cleanup_(X509_freep) X509 *leaf = NULL;
        CertificateFacts facts;

        ck_assert_int_eq(
                certificate_check(text, strlen(text), key_text, strlen(key_text), TEST_NOW, &facts, &leaf, &reason),
                0);
        return facts.names_responder;
}

/* With a memory of all checks before, and without. */
static void assert_verdict(const char *certificate, const char *key, const char *domain, const char *expected) {
        static CertificateMemory *memory;

        memory = memory ? memory : certificate_memory_new();
        CertificateMemory *const memories[] = { NULL, memory, memory };
        for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
                _cleanup_free_ char *said = verdict(memories[i], certificate, key, domain);
                ck_assert_str_eq(said, expected);
        }
}

START_TEST(what_nginx_would_refuse_is_refused_with_a_reason) {
        static const struct {
                TestCertificate certificate;
                const char *domain, *expected;
        } cases[] = {
                { { 0 }, "a.org", "valid" },
                { { .names = "DNS:b.org,DNS:a.org" }, "a.org", "valid" },
                { { .names = "DNS:*.a.org" }, "www.a.org", "valid" },
                { { .names = "IP:192.0.2.1" }, "192.0.2.1", "valid" },
                { { .rsa_bits = 2048 }, "a.org", "valid" },
                { { .names = "IP:192.0.2.1" }, "192.0.2.2", "for others" },
                { { .names = "IP:2001:db8::1" }, "[2001:db8::1]", "valid" },
                { { .names = "DNS:*.a.org" }, "a.org", "for others" },
                { { .names = "DNS:*.a.org" }, "x.y.a.org", "for others" },
                { { .names = "DNS:a.org" }, "www.a.org", "for others" },
                { { .names = "DNS:*.a.org" }, "*.a.org", "valid" },
                { { .names = "DNS:www.a.org" }, "*.a.org", "for others" },
                { { .names = "DNS:b.org" }, "www.a.*", "valid" },
                { { .names = "DNS:b.org" }, "~^www\\d+\\.a\\.org$", "valid" },
                { { .from = -86400, .until = 0 }, "a.org", "valid" },
                { { .from = -86400, .until = -1 }, "a.org", "expired" },
                { { .from = 0, .until = 60 }, "a.org", "valid" },
                { { .from = 3600, .until = 7200 }, "a.org", "valid" }, /* by a clock that is ahead */
                { { .from = 3601, .until = 7200 }, "a.org", "it is not valid yet" },
                { { .rsa_bits = 1024 }, "a.org", "its key or its signature is too weak" },
                { { .hash = "SHA1" }, "a.org", "valid" }, /* signs itself */
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(cases[i].certificate.rsa_bits);
                _cleanup_free_ char *text = test_certificate_text(&cases[i].certificate, key);
                _cleanup_free_ char *key_text = test_key_text(key);
                assert_verdict(text, key_text, cases[i].domain, cases[i].expected);
        }
}
END_TEST

START_TEST(a_chain_is_read_to_its_end) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(0), *ca = test_key(0), *weak = test_key(1024);
        const TestCertificate signed_by_ca = { .issuer = ca }, by_sha1 = { .issuer = ca, .hash = "SHA1" },
                              root = { 0 };
        _cleanup_free_ char *key_text = test_key_text(key), *leaf = test_certificate_text(&signed_by_ca, key);
        _cleanup_free_ char *ca_text = test_certificate_text(&root, ca), *weak_ca = test_certificate_text(&root, weak);
        _cleanup_free_ char *sha1 = test_certificate_text(&by_sha1, key);
        _cleanup_free_ char *good = xasprintf("%s%s", leaf, ca_text), *bad = xasprintf("%s%s", leaf, weak_ca);
        _cleanup_free_ char *reversed = xasprintf("%s%s", ca_text, leaf);
        _cleanup_free_ char *cut = xstrndup(good, strlen(good) - 100), *text = xasprintf("words\n%s\nwords\n", good);

        assert_verdict(good, key_text, "a.org", "valid");
        assert_verdict(text, key_text, "a.org", "valid");
        assert_verdict(bad, key_text, "a.org", "its chain has a key or a signature that is too weak");
        assert_verdict(cut, key_text, "a.org", "a certificate of its chain cannot be read");
        assert_verdict(reversed, key_text, "a.org", "its key belongs to another certificate");
        assert_verdict(sha1, key_text, "a.org", "its key or its signature is too weak");
}
END_TEST

START_TEST(a_key_must_be_there_be_readable_and_fit) {
        static const char no_key[] = "its key is no PEM private key without a passphrase";
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(0), *other = test_key(0);
        _cleanup_free_ char *text = test_certificate_text(&(TestCertificate){ 0 }, key);
        _cleanup_free_ char *key_text = test_key_text(key), *other_text = test_key_text(other);
        _cleanup_free_ char *modern =
                PEM_TEXT(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(), "secret", 6, NULL, NULL));
        _cleanup_free_ char *traditional = PEM_TEXT(PEM_write_bio_PrivateKey_traditional(
                bio, key, EVP_aes_256_cbc(), (const unsigned char *)"secret", 6, NULL, NULL));

        assert_verdict(text, other_text, "a.org", "its key belongs to another certificate");
        assert_verdict(text, modern, "a.org", no_key);
        assert_verdict(text, traditional, "a.org", no_key);
        assert_verdict(text, "", "a.org", no_key);
        assert_verdict(text, text, "a.org", no_key);
        assert_verdict("", key_text, "a.org", "it is no PEM certificate");
        assert_verdict(key_text, key_text, "a.org", "it is no PEM certificate");
        assert_verdict("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key_text, "a.org",
                       "it is no PEM certificate");
}
END_TEST

START_TEST(a_key_may_be_written_in_any_way_that_nginx_reads) {
        static const char parameters[] =
                "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        static const unsigned bits[] = { 0, 2048 };

        for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
                _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(bits[i]);
                _cleanup_free_ char *text = test_certificate_text(&(TestCertificate){ 0 }, key);
                _cleanup_free_ char *modern = test_key_text(key);
                _cleanup_free_ char *traditional =
                        PEM_TEXT(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL));
                _cleanup_free_ char *public = PEM_TEXT(PEM_write_bio_PUBKEY(bio, key));
                _cleanup_free_ char *behind_parameters = xasprintf("%s%s", parameters, traditional);
                _cleanup_free_ char *behind_all = xasprintf("words\n%s%s%s%s", text, public, parameters, modern);
                assert_verdict(text, modern, "a.org", "valid");
                assert_verdict(text, traditional, "a.org", "valid");
                assert_verdict(text, behind_parameters, "a.org", "valid");
                assert_verdict(text, behind_all, "a.org", "valid");
                assert_verdict(text, public, "a.org", "its key is no PEM private key without a passphrase");
        }
}
END_TEST

START_TEST(as_many_chains_as_there_are_can_be_checked) {
        _cleanup_(certificate_memory_freep) CertificateMemory *memory = certificate_memory_new();
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(0);
        _cleanup_free_ char *leaf = test_certificate_text(&(TestCertificate){ 0 }, key),
                            *key_text = test_key_text(key);

        for (int i = 0; i < 2 * CERTIFICATE_MEMORY_CHAINS_MAX + 1; i++) {
                _cleanup_free_ char *chain = xasprintf("%s%s# %d\n", leaf, leaf, i);
                _cleanup_free_ char *said = verdict(memory, chain, key_text, "a.org");
                ck_assert_str_eq(said, "valid");
        }
}
END_TEST

START_TEST(only_who_names_a_responder_for_nginx_can_be_stapled) {
        static const struct {
                const char *access;
                bool expected;
        } cases[] = {
                { NULL, false },
                { "OCSP;URI:http://ocsp.a.org/", true },
                { "OCSP;URI:HTTP://ocsp.a.org/", true },
                { "OCSP;URI:https://ocsp.a.org/", false },
                { "OCSP;URI:https://a.org,OCSP;URI:http://a.org", false },
                { "caIssuers;URI:http://a.org/ca.crt", false },
                { "caIssuers;URI:http://a.org/ca.crt,OCSP;URI:http://a.org/", true },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                ck_assert_msg(can_be_stapled(&(TestCertificate){ .access = cases[i].access }) == cases[i].expected,
                              "%s", cases[i].access);
}
END_TEST

TEST_MAIN("certificate-check", what_nginx_would_refuse_is_refused_with_a_reason, a_chain_is_read_to_its_end,
          a_key_must_be_there_be_readable_and_fit, a_key_may_be_written_in_any_way_that_nginx_reads,
          as_many_chains_as_there_are_can_be_checked, only_who_names_a_responder_for_nginx_can_be_stapled)
