/* Certificates: what nginx would refuse is known before it sees it, and each site gets the pair that fits best. */
#include "consumer/nginx/certificate.h"

#include "common/text.h"
#include "consumer/nginx/certificate-check.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/certificates.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free);

/* The reason why it is refused, "valid" or "expired". */
static char *verdict(const char *certificate, const char *key, const char *domain) {
        CertificateFacts facts;
        char *reason = NULL;

        int r = certificate_check(certificate, strlen(certificate), key, strlen(key), domain, TEST_NOW, &facts,
                                  &reason);
        ck_assert_int_eq(r < 0, reason != NULL);
        return r < 0 ? reason : xstrdup(facts.expired ? "expired" : "valid");
}

static void assert_verdict(const char *certificate, const char *key, const char *domain, const char *expected) {
        _cleanup_free_ char *said = verdict(certificate, key, domain);

        ck_assert_str_eq(said, expected);
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
                { { .names = "DNS:*.a.org" }, "a.org", "it is not for a.org" },
                { { .names = "DNS:*.a.org" }, "x.y.a.org", "it is not for x.y.a.org" },
                { { .names = "DNS:a.org" }, "www.a.org", "it is not for www.a.org" },
                { { .from = -86400, .until = 0 }, "a.org", "valid" },
                { { .from = -86400, .until = -1 }, "a.org", "expired" },
                { { .from = 0, .until = 60 }, "a.org", "valid" },
                { { .from = 1, .until = 60 }, "a.org", "it is not valid yet" },
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

static char directory[64];

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static void make_directory(void) {
        strcpy(directory, "/tmp/beachhead-certificate-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void) {
        (void)nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *name, const char *suffix, const char *text) {
        _cleanup_free_ char *path = xasprintf("%s/%s%s", directory, name, suffix);
        FILE *f = fopen(path, "we");

        ck_assert_ptr_nonnull(f);
        ck_assert_int_ge(fputs(text, f), 0);
        ck_assert_int_eq(fclose(f), 0);
}

static void write_pair(const char *name, TestCertificate t) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(0);
        _cleanup_free_ char *text = test_certificate_text(&t, key), *key_text = test_key_text(key);

        write_file(name, ".crt", text);
        write_file(name, ".key", key_text);
}

/* `expected`: the name of the pair, NULL for none. `reason`: with "@" as the directory; NULL for none. */
static void assert_found(const char *domain, const char *expected, const char *reason) {
        _cleanup_(certificate_freep) Certificate *c = NULL;
        _cleanup_free_ char *said = NULL, *path = NULL;
        _cleanup_text_ Text wanted = { 0 };

        int r = certificate_find(directory, domain, TEST_NOW, &c, &said);
        for (const char *i = reason ? reason : ""; *i; i++)
                text_append_bytes(&wanted, *i == '@' ? directory : i, *i == '@' ? strlen(directory) : 1);
        ck_assert_pstr_eq(said, wanted.data);
        ck_assert_int_eq(r, expected ? 0 : -ENOENT);
        ck_assert_int_eq(c == NULL, expected == NULL);
        if (!c)
                return;
        path = xasprintf("%s/%s.crt", directory, expected);
        ck_assert_str_eq(c->certificate_path, path);
        strcpy(strrchr(path, '.'), ".key");
        ck_assert_str_eq(c->key_path, path);
}

START_TEST(a_site_gets_its_own_pair_or_its_parents) {
        const TestCertificate wide = { .names = "DNS:a.org,DNS:*.a.org" }, own = { .names = "DNS:www.a.org" };

        make_directory();
        assert_found("www.a.org", NULL, NULL);
        write_pair("a.org", wide);
        assert_found("a.org", "a.org", NULL);
        assert_found("www.a.org", "a.org", NULL);
        assert_found("x.www.a.org", NULL, NULL);
        write_pair("www.a.org", own);
        assert_found("www.a.org", "www.a.org", NULL);
        assert_found("x.www.a.org", NULL, "@/www.a.org.crt cannot be used: it is not for x.www.a.org");
        write_pair("org", (TestCertificate){ .names = "DNS:b.org" });
        assert_found("b.org", NULL, NULL);
        remove_directory();
}
END_TEST

START_TEST(one_that_has_expired_is_the_last_resort_and_is_said) {
        const TestCertificate old = { .names = "DNS:a.org,DNS:*.a.org", .from = -100, .until = -1 };

        make_directory();
        write_pair("www.a.org", old);
        assert_found("www.a.org", "www.a.org", "@/www.a.org.crt has expired; renew it");
        write_pair("a.org", old);
        assert_found("www.a.org", "www.a.org", "@/www.a.org.crt has expired; renew it");
        write_pair("a.org", (TestCertificate){ .names = "DNS:*.a.org" });
        assert_found("www.a.org", "a.org", "@/www.a.org.crt has expired; renew it");
        write_file("www.a.org", ".crt", "nothing");
        assert_found("www.a.org", "a.org", "@/www.a.org.crt cannot be used: it is no PEM certificate");
        write_pair("a.org", old);
        assert_found("www.a.org", "a.org",
                     "@/www.a.org.crt cannot be used: it is no PEM certificate; @/a.org.crt has expired; renew it");
        remove_directory();
}
END_TEST

START_TEST(files_that_cannot_be_used_are_named) {
        _cleanup_free_ char *large = xcalloc(CERTIFICATE_FILE_MAX + 2, 1), *path = NULL;

        make_directory();
        write_pair("a.org", (TestCertificate){ 0 });
        path = xasprintf("%s/a.org.key", directory);
        ck_assert_int_eq(remove(path), 0);
        assert_found("a.org", NULL, "@/a.org.key cannot be read: No such file or directory");
        write_file("b.org", ".key", "a key alone is nothing yet");
        assert_found("b.org", NULL, NULL);
        memset(large, ' ', CERTIFICATE_FILE_MAX + 1);
        write_file("c.org", ".crt", large);
        assert_found("c.org", NULL, "@/c.org.crt cannot be read: File too large");
        remove_directory();
}
END_TEST

START_TEST(a_path_that_nginx_would_take_for_a_variable_is_refused) {
        char plain[sizeof directory];

        make_directory();
        strcpy(plain, directory);
        strcat(directory, "/$x");
        ck_assert_int_eq(mkdir(directory, 0755), 0);
        write_pair("a.org", (TestCertificate){ 0 });
        assert_found("a.org", NULL,
                     "@/a.org.crt cannot be used: nginx takes the \"$\" in its path for a variable; choose another "
                     "directory");
        strcpy(directory, plain);
        remove_directory();
}
END_TEST

START_TEST(a_renewed_pair_has_another_digest) {
        _cleanup_(certificate_freep) Certificate *old = NULL, *same = NULL, *renewed = NULL;
        _cleanup_free_ char *reason = NULL;

        make_directory();
        write_pair("a.org", (TestCertificate){ 0 });
        ck_assert_int_eq(certificate_find(directory, "a.org", TEST_NOW, &old, &reason), 0);
        ck_assert_int_eq(certificate_find(directory, "a.org", TEST_NOW, &same, &reason), 0);
        write_pair("a.org", (TestCertificate){ 0 });
        ck_assert_int_eq(certificate_find(directory, "a.org", TEST_NOW, &renewed, &reason), 0);
        ck_assert_uint_eq(strlen(old->digest), 64);
        ck_assert_str_eq(old->digest, same->digest);
        ck_assert_str_ne(old->digest, renewed->digest);
        ck_assert_int_eq(old->not_after, TEST_NOW + 86400);
        remove_directory();
}
END_TEST

TEST_MAIN("certificate", what_nginx_would_refuse_is_refused_with_a_reason, a_chain_is_read_to_its_end,
          a_key_must_be_there_be_readable_and_fit, a_site_gets_its_own_pair_or_its_parents,
          one_that_has_expired_is_the_last_resort_and_is_said, files_that_cannot_be_used_are_named,
          a_path_that_nginx_would_take_for_a_variable_is_refused, a_renewed_pair_has_another_digest)
