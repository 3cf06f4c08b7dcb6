/* The directory of certificates: each site gets the pair that fits best. */
#include "consumer/nginx/certificates.h"

#include "common/text.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/certificates.h"
#include "tests/unit/scratch.h"

static void write_pair(const char *name, TestCertificate t) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(0);
        _cleanup_free_ char *text = test_certificate_text(&t, key), *key_text = test_key_text(key);

        _cleanup_free_ char *file = xasprintf("%s.crt", name), *key_file = xasprintf("%s.key", name);

        scratch_write(file, text);
        scratch_write(key_file, key_text);
}

/* `expected`: the name of the pair, NULL for none. `reason`: with "@" as the directory; NULL for none. */
static void assert_chosen(CertificateQuery query, const char *expected, const char *reason) {
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(scratch);
        _cleanup_text_ Text wanted = { 0 };
        const char *said;

        const Certificate *c = certificates_find(certificates, &query, TEST_NOW, &said);
        for (const char *i = reason ? reason : ""; *i; i++)
                text_append_bytes(&wanted, *i == '@' ? scratch : i, *i == '@' ? strlen(scratch) : 1);
        ck_assert_pstr_eq(said, wanted.data);
        ck_assert_int_eq(c == NULL, expected == NULL);
        if (!c)
                return;
        _cleanup_free_ char *path = xasprintf("%s/%s.crt", scratch, expected);
        ck_assert_str_eq(c->certificate_path, path);
        strcpy(strrchr(path, '.'), ".key");
        ck_assert_str_eq(c->key_path, path);
}

static void assert_found(const char *domain, const char *expected, const char *reason) {
        assert_chosen((CertificateQuery){ .domain = domain }, expected, reason);
}

START_TEST(a_site_gets_its_own_pair_or_its_parents) {
        const TestCertificate wide = { .names = "DNS:a.org,DNS:*.a.org" }, own = { .names = "DNS:www.a.org" };

        scratch_make();
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
        scratch_remove();
}
END_TEST

START_TEST(one_that_has_expired_is_the_last_resort_and_is_said) {
        const TestCertificate old = { .names = "DNS:a.org,DNS:*.a.org", .from = -100, .until = -1 };

        scratch_make();
        write_pair("www.a.org", old);
        assert_found("www.a.org", "www.a.org", "@/www.a.org.crt has expired; renew it");
        write_pair("a.org", old);
        assert_found("www.a.org", "www.a.org", "@/www.a.org.crt has expired; renew it");
        write_pair("a.org", (TestCertificate){ .names = "DNS:*.a.org" });
        assert_found("www.a.org", "a.org", "@/www.a.org.crt has expired; renew it");
        scratch_write("www.a.org.crt", "nothing");
        assert_found("www.a.org", "a.org", "@/www.a.org.crt cannot be used: it is no PEM certificate");
        write_pair("a.org", old);
        assert_found("www.a.org", "a.org",
                     "@/www.a.org.crt cannot be used: it is no PEM certificate; @/a.org.crt has expired; renew it");
        scratch_remove();
}
END_TEST

START_TEST(files_that_cannot_be_used_are_named) {
        _cleanup_free_ char *large = xcalloc(CERTIFICATE_FILE_MAX + 2, 1);

        scratch_make();
        write_pair("a.org", (TestCertificate){ 0 });
        scratch_delete("a.org.key");
        assert_found("a.org", NULL, "@/a.org.crt cannot be used, its key cannot be read: No such file or directory");
        scratch_write("b.org.key", "a key alone is nothing yet");
        assert_found("b.org", NULL, NULL);
        memset(large, ' ', CERTIFICATE_FILE_MAX + 1);
        scratch_write("c.org.crt", large);
        assert_found("c.org", NULL, "@/c.org.crt cannot be read: File too large");
        scratch_remove();
}
END_TEST

START_TEST(a_path_that_nginx_would_take_for_a_variable_is_refused) {
        char plain[sizeof scratch];

        scratch_make();
        strcpy(plain, scratch);
        strcat(scratch, "/$x");
        ck_assert_int_eq(mkdir(scratch, 0755), 0);
        write_pair("a.org", (TestCertificate){ 0 });
        assert_found("a.org", NULL,
                     "@/a.org.crt cannot be used: nginx takes the \"$\" in its path for a variable; choose another "
                     "directory");
        strcpy(scratch, plain);
        scratch_remove();
}
END_TEST

/* The digest of the one that a.org has at that time; the caller owns it. */
static char *digest_at(Certificates *certificates, int64_t now) {
        const char *reason;
        const Certificate *c = certificates_find(certificates, &(CertificateQuery){ .domain = "a.org" }, now, &reason);

        ck_assert_ptr_nonnull(c);
        ck_assert_uint_eq(strlen(c->digest), 64);
        return xstrdup(c->digest);
}

START_TEST(a_renewed_pair_is_seen_at_the_next_look) {
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(scratch);

        scratch_make();
        write_pair("a.org", (TestCertificate){ 0 });
        _cleanup_free_ char *old = digest_at(certificates, TEST_NOW);
        write_pair("a.org", (TestCertificate){ 0 });
        _cleanup_free_ char *same = digest_at(certificates, TEST_NOW);
        certificates_end_look(certificates);
        _cleanup_free_ char *renewed = digest_at(certificates, TEST_NOW);
        ck_assert_str_eq(old, same);
        ck_assert_str_ne(old, renewed);
        scratch_remove();
}
END_TEST

/* Whether the certificate of a.org can be used, and whether there is reason to wait: "+" or "-", then "waits" or "".
 */
static void assert_look(Certificates *certificates, int64_t now, bool usable, bool waits) {
        const char *reason;

        ck_assert(!certificates_find(certificates, &(CertificateQuery){ .domain = "a.org" }, now, &reason) == !usable);
        certificates_end_look(certificates);
        ck_assert_int_eq(certificates_are_in_transit(certificates, now), waits);
}

START_TEST(a_pair_that_is_renewed_half_way_is_waited_for) {
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(scratch);
        int64_t now = TEST_NOW;

        scratch_make();
        scratch_write("a.org.crt", "none");
        assert_look(certificates, now, false, false); /* it never could be used */
        write_pair("a.org", (TestCertificate){ 0 });
        assert_look(certificates, ++now, true, false);
        scratch_write("a.org.key", "half of it");
        assert_look(certificates, ++now, false, true);
        scratch_write("a.org.key", "more of it");
        assert_look(certificates, ++now, false, true);
        write_pair("a.org", (TestCertificate){ 0 });
        assert_look(certificates, ++now, true, false);

        scratch_delete("a.org.crt");
        assert_look(certificates, ++now, false, true);
        assert_look(certificates, now + CERTIFICATES_PATIENCE, false, false);
        assert_look(certificates, ++now, false, false); /* once is enough */
        write_pair("a.org", (TestCertificate){ 0 });
        assert_look(certificates, ++now, true, false);
        scratch_delete("a.org.crt");
        assert_look(certificates, ++now, false, true);
        certificates_end_look(certificates); /* nobody asks for it any more */
        ck_assert(!certificates_are_in_transit(certificates, now));
        scratch_remove();
}
END_TEST

START_TEST(what_changes_after_a_look_is_noticed_without_another_one) {
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(scratch);

        scratch_make();
        write_pair("a.org", (TestCertificate){ 0 });
        assert_look(certificates, TEST_NOW, true, false);
        ck_assert(!certificates_have_changed(certificates));
        write_pair("b.org", (TestCertificate){ 0 }); /* nobody asked for it */
        ck_assert(!certificates_have_changed(certificates));
        scratch_write("a.org.chain.pem", "new");
        ck_assert(certificates_have_changed(certificates));
        assert_look(certificates, TEST_NOW, true, false);
        scratch_delete("a.org.key");
        ck_assert(certificates_have_changed(certificates));
        scratch_remove();
}
END_TEST

START_TEST(time_makes_a_look_necessary_too) {
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(scratch);
        const CertificateQuery query = { .domain = "a.org" };
        const char *reason;

        scratch_make();
        write_pair("a.org", (TestCertificate){ .from = 3610, .until = 3700 });
        ck_assert_ptr_null(certificates_find(certificates, &query, TEST_NOW, &reason)); /* not valid yet */
        certificates_end_look(certificates);
        ck_assert_ptr_nonnull(certificates_find(certificates, &query, TEST_NOW + 60, &reason));
        ck_assert_ptr_null(reason);
        certificates_end_look(certificates);
        ck_assert_ptr_nonnull(certificates_find(certificates, &query, TEST_NOW + 3701, &reason));
        ck_assert_ptr_nonnull(strstr(reason, "has expired"));
        certificates_end_look(certificates);
        scratch_delete("a.org.crt");
        ck_assert_ptr_null(certificates_find(certificates, &query, TEST_NOW + 3701, &reason));
        ck_assert_ptr_null(reason);
        scratch_remove();
}
END_TEST

START_TEST(one_pair_is_for_many_domains_of_many_looks) {
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(scratch);
        static const struct {
                const char *domain;
                bool covered;
        } cases[] = { { "a.org", true }, { "x.a.org", false }, { "b.a.org", true }, { "x.a.org", false } };

        scratch_make();
        write_pair("a.org", (TestCertificate){ .names = "DNS:a.org,DNS:b.a.org" });
        for (int look = 0; look < 3; look++) {
                for (size_t i = 0; i < 2 + (size_t)look; i++) {
                        const CertificateQuery query = { .domain = cases[i % 4].domain };
                        const char *reason;
                        const Certificate *c = certificates_find(certificates, &query, TEST_NOW, &reason);
                        ck_assert_int_eq(c != NULL, cases[i % 4].covered);
                }
                certificates_end_look(certificates);
        }
        scratch_remove();
}
END_TEST

START_TEST(what_its_container_names_comes_first) {
        const TestCertificate own = { .names = "DNS:www.a.org" }, shared = { .names = "DNS:www.a.org,DNS:b.org" };
        const CertificateQuery query = { .domain = "www.a.org", .cert_name = "shared" };

        scratch_make();
        assert_chosen(query, NULL, "@/shared.crt, which its container asks for, is not there");
        write_pair("www.a.org", own);
        assert_chosen(query, "www.a.org", "@/shared.crt, which its container asks for, is not there");
        write_pair("shared", shared);
        assert_chosen(query, "shared", NULL);
        write_pair("shared", (TestCertificate){ .names = "DNS:b.org" });
        assert_chosen(query, "shared", "@/shared.crt is not for www.a.org, clients will be warned");
        scratch_write("shared.key", "");
        assert_chosen(query, "www.a.org",
                      "@/shared.crt cannot be used: its key is no PEM private key without a passphrase");
        scratch_remove();
}
END_TEST

START_TEST(a_wildcard_lies_beside_the_name_above_it) {
        scratch_make();
        write_pair("a.org", (TestCertificate){ .names = "DNS:a.org" });
        write_pair("*.a.org", (TestCertificate){ .names = "DNS:*.a.org" });
        assert_found("a.org", "a.org", NULL);
        assert_found("*.a.org", "*.a.org", NULL);
        assert_found("www.a.org", "*.a.org", NULL);
        write_pair("www.a.org", (TestCertificate){ .names = "DNS:www.a.org" });
        assert_found("www.a.org", "www.a.org", NULL);
        scratch_write("*.a.org.crt", "nothing");
        assert_found("*.a.org", NULL,
                     "@/*.a.org.crt cannot be used: it is no PEM certificate; @/a.org.crt cannot be used: it is not "
                     "for *.a.org");
        write_pair("*.org", (TestCertificate){ .names = "DNS:b.org" });
        assert_found("b.org", NULL, NULL);
        scratch_remove();
}
END_TEST

START_TEST(the_default_one_is_for_those_who_trust_it) {
        const CertificateQuery trusting = { .domain = "www.a.org", .trust_default = true };

        scratch_make();
        assert_chosen(trusting, NULL, NULL);
        write_pair("default", (TestCertificate){ .names = "DNS:b.org" });
        assert_found("www.a.org", NULL, NULL);
        assert_chosen(trusting, "default", "@/default.crt is not for www.a.org, clients will be warned");
        assert_chosen((CertificateQuery){ 0 }, "default", NULL);
        write_pair("default", (TestCertificate){ .names = "DNS:*.a.org" });
        assert_chosen(trusting, "default", NULL);
        write_pair("a.org", (TestCertificate){ .names = "DNS:*.a.org" });
        assert_chosen(trusting, "a.org", NULL);
        scratch_remove();
}
END_TEST

START_TEST(patterns_and_addresses_have_certificates_too) {
        static const char regex[] = "~^www\\d+\\.a\\.org$";
        static const char sha1[] = "8a9aeaf733e4129c87d9e9c236926a55e8eedbec";

        scratch_make();
        write_pair("a.org", (TestCertificate){ .names = "DNS:*.a.org" });
        assert_found("*.a.org", "a.org", NULL);
        write_pair("192.0.2.1", (TestCertificate){ .names = "IP:192.0.2.1" });
        assert_found("192.0.2.1", "192.0.2.1", NULL);
        write_pair("0.2.1", (TestCertificate){ .names = "IP:192.0.2.2" });
        assert_found("192.0.2.2", NULL, NULL);
        write_pair("[2001:db8::1]", (TestCertificate){ .names = "IP:2001:db8::1" });
        assert_found("[2001:db8::1]", "[2001:db8::1]", NULL);
        write_pair("www.a.*", (TestCertificate){ .names = "DNS:www.a.net" });
        assert_found("www.a.*", "www.a.*", NULL);
        assert_found(regex, NULL, NULL);
        write_pair(sha1, (TestCertificate){ .names = "DNS:www1.a.org" });
        assert_found(regex, sha1, NULL);
        scratch_remove();
}
END_TEST

static char *digest_of(const char *domain, bool *ret_chain, bool *ret_dhparam) {
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(scratch);
        const char *reason;
        const Certificate *c =
                certificates_find(certificates, &(CertificateQuery){ .domain = domain }, TEST_NOW, &reason);

        ck_assert_ptr_nonnull(c);
        *ret_chain = c->chain_path;
        *ret_dhparam = c->dhparam_path;
        return xstrdup(c->digest);
}

START_TEST(a_chain_and_parameters_are_used_where_they_can_be) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *ca = test_key(0);
        _cleanup_free_ char *chain_text = test_certificate_text(&(TestCertificate){ 0 }, ca);
        _cleanup_free_ char *dhparam = test_dhparam_text("ffdhe2048");
        bool has_chain, has_dhparam;

        scratch_make();
        write_pair("a.org", (TestCertificate){ .access = "OCSP;URI:http://ocsp.a.org/" });
        scratch_write("other.chain.pem", chain_text);
        _cleanup_free_ char *bare = digest_of("a.org", &has_chain, &has_dhparam);
        ck_assert(!has_chain && !has_dhparam);
        scratch_write("a.org.chain.pem", chain_text);
        scratch_write("a.org.dhparam.pem", dhparam);
        _cleanup_free_ char *full = digest_of("a.org", &has_chain, &has_dhparam);
        ck_assert(has_chain && has_dhparam);
        ck_assert_str_ne(bare, full);
        scratch_write("a.org.chain.pem", "none");
        scratch_write("a.org.dhparam.pem", "none");
        assert_found("a.org", "a.org",
                     "@/a.org.chain.pem is left out: it holds no PEM certificate; @/a.org.dhparam.pem is left out: it "
                     "holds no PEM Diffie-Hellman parameters");
        _cleanup_free_ char *again = digest_of("a.org", &has_chain, &has_dhparam);
        ck_assert(!has_chain && !has_dhparam);
        ck_assert_str_eq(bare, again);
        scratch_remove();
}
END_TEST

/* nginx would warn at each check that it ignores it. */
START_TEST(without_anybody_to_ask_no_chain_is_used_and_its_change_is_none) {
        bool has_chain, has_dhparam;

        scratch_make();
        write_pair("a.org", (TestCertificate){ 0 });
        _cleanup_free_ char *bare = digest_of("a.org", &has_chain, &has_dhparam);
        scratch_write("a.org.chain.pem", "whatever");
        _cleanup_free_ char *full = digest_of("a.org", &has_chain, &has_dhparam);
        ck_assert(!has_chain);
        ck_assert_str_eq(bare, full);
        assert_found("a.org", "a.org", NULL);
        scratch_remove();
}
END_TEST

TEST_MAIN("certificates", a_site_gets_its_own_pair_or_its_parents, one_that_has_expired_is_the_last_resort_and_is_said,
          files_that_cannot_be_used_are_named, a_path_that_nginx_would_take_for_a_variable_is_refused,
          a_renewed_pair_is_seen_at_the_next_look, a_pair_that_is_renewed_half_way_is_waited_for,
          what_changes_after_a_look_is_noticed_without_another_one, time_makes_a_look_necessary_too,
          one_pair_is_for_many_domains_of_many_looks, what_its_container_names_comes_first,
          a_wildcard_lies_beside_the_name_above_it, the_default_one_is_for_those_who_trust_it,
          patterns_and_addresses_have_certificates_too, a_chain_and_parameters_are_used_where_they_can_be,
          without_anybody_to_ask_no_chain_is_used_and_its_change_is_none)
