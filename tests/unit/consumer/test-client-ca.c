/* With which CA's certificates clients identify themselves: found by the names that people have, and never done
 * without because a file cannot be used. */
#include "consumer/nginx/certificates.h"

#include "common/text.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/certificates.h"
#include "tests/unit/scratch.h"

/* "CA", "CA CRL", or "" where there is none; without the directory. `reason`: with "@" as the directory, NULL: none.
 */
static void assert_found(const char *domain, const char *expected, const char *reason) {
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(scratch);
        _cleanup_text_ Text found = { 0 }, wanted = { 0 };
        const char *said;

        const ClientCa *ca = certificates_find_client_ca(certificates, domain, TEST_NOW, &said);
        text_append(&found, ca ? ca->ca_path + strlen(scratch) + 1 : "");
        if (ca && ca->crl_path)
                text_appendf(&found, " %s", ca->crl_path + strlen(scratch) + 1);
        ck_assert_str_eq(found.data, expected);
        for (const char *i = reason ? reason : ""; *i; i++)
                text_append_bytes(&wanted, *i == '@' ? scratch : i, *i == '@' ? strlen(scratch) : 1);
        ck_assert_pstr_eq(said, wanted.data);
}

static char *ca_text, *crl_text, *old_crl_text;

static void begin(void) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(0);

        scratch_make();
        ca_text = test_certificate_text(&(TestCertificate){ 0 }, key);
        crl_text = test_crl_text(key, 60, false);
        old_crl_text = test_crl_text(key, -60, false);
}

static void end(void) {
        scratch_remove();
        free(ca_text);
        free(crl_text);
        free(old_crl_text);
}

START_TEST(a_site_has_its_own_ca_or_that_of_all) {
        begin();
        assert_found("a.org", "", NULL);
        scratch_write("a.org.crl.pem", crl_text);
        assert_found("a.org", "", NULL);
        scratch_write("ca.crt", ca_text);
        assert_found("a.org", "ca.crt", NULL);
        scratch_write("ca.crl.pem", crl_text);
        assert_found("a.org", "ca.crt ca.crl.pem", NULL);
        scratch_write("a.org.ca.crt", ca_text);
        assert_found("a.org", "a.org.ca.crt a.org.crl.pem", NULL);
        scratch_delete("a.org.crl.pem");
        assert_found("a.org", "a.org.ca.crt", NULL);
        scratch_write("b4487a680dae372a4f131037fa5e59dd3bb2be55.ca.crt", ca_text);
        assert_found("~^a", "b4487a680dae372a4f131037fa5e59dd3bb2be55.ca.crt", NULL);
        end();
}
END_TEST

static void make_link(const char *target, const char *name) {
        _cleanup_free_ char *path = scratch_path(name);

        ck_assert_int_eq(symlink(target, path), 0);
}

START_TEST(a_site_below_ca_is_no_ca) {
        _cleanup_free_ char *folder = NULL;

        begin();
        folder = scratch_path("b.org");
        ck_assert_int_eq(mkdir(folder, 0755), 0);
        scratch_write("b.org/fullchain.pem", ca_text);
        scratch_write("ca.crt", ca_text);
        make_link("./b.org/fullchain.pem", "a.org.ca.crt");
        assert_found("a.org", "a.org.ca.crt", NULL); /* somebody's link to a CA */
        make_link("./other/key.pem", "a.org.ca.key");
        assert_found("a.org", "a.org.ca.crt", NULL);
        scratch_delete("a.org.ca.key");
        make_link("./b.org/key.pem", "a.org.ca.key");
        assert_found("a.org", "ca.crt", NULL);
        end();
}
END_TEST

START_TEST(what_cannot_be_used_is_no_reason_to_do_without_or_to_take_another) {
        _cleanup_free_ char *link = NULL;

        begin();
        scratch_write("ca.crt", ca_text);
        scratch_write("a.org.ca.crt", "none");
        assert_found("a.org", "", "@/a.org.ca.crt cannot be used: it holds no PEM certificate");
        scratch_write("a.org.ca.crt", ca_text);
        scratch_write("a.org.crl.pem", "none");
        assert_found("a.org", "", "@/a.org.crl.pem cannot be used: it holds no PEM list of revoked certificates");
        scratch_write("a.org.crl.pem", old_crl_text);
        assert_found("a.org", "a.org.ca.crt a.org.crl.pem",
                     "@/a.org.crl.pem: it has expired: no client is let in until it is renewed");
        link = scratch_path("b.org.ca.crt");
        ck_assert_int_eq(symlink("nowhere", link), 0);
        assert_found("b.org", "", "@/b.org.ca.crt cannot be used: No such file or directory");
        end();
}
END_TEST

static char *digest_of(Certificates *certificates) {
        const char *reason;
        const ClientCa *ca = certificates_find_client_ca(certificates, "a.org", TEST_NOW, &reason);

        ck_assert_ptr_nonnull(ca);
        return xstrdup(ca->digest);
}

START_TEST(a_new_list_is_seen_at_the_next_look) {
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(scratch);

        begin();
        scratch_write("ca.crt", ca_text);
        _cleanup_free_ char *bare = digest_of(certificates);
        scratch_write("ca.crl.pem", crl_text);
        _cleanup_free_ char *same = digest_of(certificates);
        certificates_end_look(certificates);
        _cleanup_free_ char *listed = digest_of(certificates);
        scratch_write("ca.crl.pem", old_crl_text);
        certificates_end_look(certificates);
        _cleanup_free_ char *other = digest_of(certificates);
        ck_assert_str_eq(bare, same);
        ck_assert_str_ne(bare, listed);
        ck_assert_str_ne(listed, other);
        end();
}
END_TEST

TEST_MAIN("client-ca", a_site_has_its_own_ca_or_that_of_all, a_site_below_ca_is_no_ca,
          what_cannot_be_used_is_no_reason_to_do_without_or_to_take_another, a_new_list_is_seen_at_the_next_look)
