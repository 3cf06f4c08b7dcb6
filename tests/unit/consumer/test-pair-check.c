/* What a CA's client gave replaces a certificate that works only where it is better than that. */
#include "consumer/certs/pair-check.h"

#include "tests/unit/check-main.h"
#include "tests/unit/consumer/ca.h"

#include <errno.h>
#include <openssl/err.h>

#define DOUBT                                                                                                         \
        "it came without the certificate of its issuer, which most visitors need; see to it that the client takes "   \
        "the whole chain"

/* A root, a CA below it, and a key whose certificate is in question. */
typedef struct Ground {
        TestCa root, middle;
        EVP_PKEY *key;
        char *root_text, *middle_text, *key_text;
} Ground;

static Ground ground_make(void) {
        Ground g = { .root = test_ca("root", NULL), .key = test_key(0) };

        g.middle = test_ca("middle", &g.root);
        g.root_text = test_x509_text(g.root.certificate);
        g.middle_text = test_x509_text(g.middle.certificate);
        g.key_text = test_key_text(g.key);
        return g;
}

static void ground_done(Ground *g) {
        test_ca_done(&g->root);
        test_ca_done(&g->middle);
        EVP_PKEY_free(g->key);
        free(g->root_text);
        free(g->middle_text);
        free(g->key_text);
}
#define _cleanup_ground_ _cleanup_(ground_done)

static StringList names_of(const char *text) {
        StringList names = { 0 };
        char *name;

        while ((name = next_word(&text, " ")))
                string_list_take(&names, name);
        return names;
}

/* The verdict: "good", "doubtful: …", or why it is refused. */
static char *verdict_of(const char *chain, size_t size, const char *key, const char *wanted) {
        _cleanup_string_list_ StringList names = names_of(wanted);
        _cleanup_free_ char *reason = NULL;
        int r = pair_check(chain, size, key, &names, TEST_NOW, &reason);

        ck_assert_int_eq(r == 0, reason == NULL);
        ck_assert(r == 0 || r == PAIR_DOUBTFUL || r == -EINVAL);
        ck_assert_uint_eq(ERR_peek_error(), 0);
        return r < 0 ? TAKE_PTR(reason) : r > 0 ? xasprintf("doubtful: %s", reason) : xstrdup("good");
}

static void assert_verdict(const char *chain, const char *key, const char *wanted, const char *expected) {
        _cleanup_free_ char *said = verdict_of(chain, strlen(chain), key, wanted);

        ck_assert_str_eq(said, expected);
}

START_TEST(a_certificate_is_for_all_names_for_servers_and_for_some_time) {
        static const struct {
                TestX509 terms;
                const char *wanted, *expected;
        } cases[] = {
                { { .names = "DNS:a.org" }, "a.org", "good" },
                { { .names = "DNS:b.org,DNS:a.org" }, "a.org b.org", "good" },
                { { .names = "DNS:*.a.org,DNS:a.org" }, "*.a.org a.org www.a.org", "good" },
                { { .names = "DNS:a.org" }, "a.org b.org", "it is not for b.org" },
                { { .names = "DNS:*.a.org" }, "*.a.org a.org", "it is not for a.org" },
                { { .names = "DNS:www.a.org" }, "*.a.org", "it is not for *.a.org" },
                { { .subject = "a.org" }, "a.org", "it is not for a.org" },
                { { .subject = "a.org", .names = "DNS:a.org" }, "a.org", "good" },
                { { .names = "DNS:a.org", .usage = "serverAuth,clientAuth" }, "a.org", "good" },
                { { .names = "DNS:a.org", .usage = "clientAuth" }, "a.org", "it is not for servers" },
                { { .names = "DNS:a.org", .from = -60, .until = 10 }, "a.org", "good" },
                { { .names = "DNS:a.org", .from = -60, .until = 9 }, "a.org", "it expires within seconds" },
                { { .names = "DNS:a.org", .from = -60, .until = -1 }, "a.org", "it has expired" },
                { { .names = "DNS:a.org", .from = 3600, .until = 7200 }, "a.org", "good" },
                { { .names = "DNS:a.org", .from = 3601, .until = 7200 }, "a.org", "it is not valid yet" },
        };
        _cleanup_ground_ Ground g = ground_make();

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *leaf = test_ca_issue(&g.middle, g.key, cases[i].terms);
                _cleanup_free_ char *chain = xasprintf("%s%s", leaf, g.middle_text);
                assert_verdict(chain, g.key_text, cases[i].wanted, cases[i].expected);
        }
}
END_TEST

START_TEST(each_of_a_chain_has_issued_the_one_before) {
        _cleanup_ground_ Ground g = ground_make(), others = ground_make();
        _cleanup_free_ char *leaf = test_ca_issue(&g.middle, g.key, (TestX509){ .names = "DNS:a.org" });
        _cleanup_(X509_freep) X509 *renamed =
                test_x509(&(TestX509){ .subject = "another", .constraints = "CA:TRUE" }, g.middle.key, &g.root);
        _cleanup_free_ char *renamed_text = test_x509_text(renamed);
        const struct {
                const char *chain[4], *expected;
        } cases[] = {
                { { leaf, g.middle_text }, "good" },
                { { leaf, g.middle_text, g.root_text }, "good" },
                { { leaf, "\n", g.middle_text, " \r\n\n" }, "good" },
                { { leaf, g.root_text }, "certificate 2 of its chain has not issued the one before" },
                { { leaf, g.root_text, g.middle_text }, "certificate 2 of its chain has not issued the one before" },
                { { leaf, leaf, g.middle_text }, "certificate 2 of its chain has not issued the one before" },
                { { leaf, renamed_text }, "certificate 2 of its chain has not issued the one before" },
                { { leaf, others.middle_text }, "certificate 2 of its chain has not issued the one before" },
                { { leaf, g.middle_text, others.root_text },
                  "certificate 3 of its chain has not issued the one before" },
                { { g.middle_text, leaf }, "its key belongs to another certificate" },
                { { leaf, g.middle_text, g.root_text, others.root_text },
                  "certificate 4 of its chain has not issued the one before" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_text_ Text chain = { 0 };
                for (size_t n = 0; n < 4 && cases[i].chain[n]; n++)
                        text_append(&chain, cases[i].chain[n]);
                assert_verdict(chain.data, g.key_text, "a.org", cases[i].expected);
        }
}
END_TEST

START_TEST(who_issued_it_is_a_ca_that_has_not_expired) {
        static const struct {
                const char *constraints;
                int64_t until;
                bool is_root;
                const char *expected;
        } cases[] = {
                { "CA:TRUE", 86400, false, "good" },
                { "CA:FALSE", 86400, false, "certificate 2 of its chain is no CA's" },
                { "CA:TRUE", -1, false, "certificate 2 of its chain has expired" },
                { "CA:TRUE", -1, true, "good" },
        };
        _cleanup_ground_ Ground g = ground_make();

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                const TestX509 terms = {
                        .subject = "ca", .constraints = cases[i].constraints, .from = -86400, .until = cases[i].until
                };
                _cleanup_test_ca_ TestCa ca = test_ca_from(&terms, cases[i].is_root ? NULL : &g.root);
                _cleanup_free_ char *leaf = test_ca_issue(&ca, g.key, (TestX509){ .names = "DNS:a.org" });
                _cleanup_free_ char *ca_text = test_x509_text(ca.certificate);
                _cleanup_free_ char *chain = xasprintf("%s%s", leaf, ca_text);
                assert_verdict(chain, g.key_text, "a.org", cases[i].expected);
        }
}
END_TEST

START_TEST(a_certificate_alone_is_doubtful_where_it_says_who_issued_it) {
        const TestX509 terms = { .names = "DNS:a.org", .info = "caIssuers;URI:http://ca.example/middle" };
        const TestX509 ocsp = { .names = "DNS:a.org", .info = "OCSP;URI:http://ca.example/ocsp" };
        _cleanup_ground_ Ground g = ground_make();
        _cleanup_free_ char *plain = test_ca_issue(&g.root, g.key, (TestX509){ .names = "DNS:a.org" });
        _cleanup_free_ char *asked = test_ca_issue(&g.root, g.key, ocsp);
        _cleanup_free_ char *public = test_ca_issue(&g.middle, g.key, terms);
        _cleanup_free_ char *whole = xasprintf("%s%s", public, g.middle_text);

        assert_verdict(plain, g.key_text, "a.org", "good");
        assert_verdict(asked, g.key_text, "a.org", "good");
        assert_verdict(public, g.key_text, "a.org", "doubtful: " DOUBT);
        assert_verdict(public, g.key_text, "b.org", "it is not for b.org");
        assert_verdict(whole, g.key_text, "a.org", "good");
}
END_TEST

START_TEST(nothing_but_certificates_stands_there) {
        static const char something_else[] = "something else than certificates stands there";
        static const char empty[] = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
        _cleanup_ground_ Ground g = ground_make();
        _cleanup_free_ char *leaf = test_ca_issue(&g.middle, g.key, (TestX509){ .names = "DNS:a.org" });
        _cleanup_free_ char *half = xstrndup(leaf, strlen(leaf) / 2);
        _cleanup_free_ char *body = xstrdup(leaf);
        const struct {
                const char *chain[3], *expected;
        } cases[] = {
                { { leaf, g.middle_text, g.key_text }, something_else },
                { { g.key_text, leaf }, something_else },
                { { "words\n", leaf }, something_else },
                { { leaf, "words" }, something_else },
                { { leaf, "-----END CERTIFICATE-----\n" }, something_else },
                { { leaf, "-----BEGIN CERTIFICATE-----\n" }, something_else },
                { { leaf, "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n" },
                  something_else },
                { { half }, something_else },
                { { leaf, half }, something_else },
                { { "<html>502 Bad Gateway</html>" }, something_else },
                { { "" }, "it is no PEM certificate" },
                { { "\n\n" }, "it is no PEM certificate" },
                { { empty, leaf }, "it is no PEM certificate" },
                { { leaf, empty }, "a certificate of its chain cannot be read" },
                { { body, g.middle_text }, "it is no PEM certificate" },
        };

        memset(strchr(body, '\n') + 1, 'A', 20);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_text_ Text chain = { 0 };
                for (size_t n = 0; n < 3 && cases[i].chain[n]; n++)
                        text_append(&chain, cases[i].chain[n]);
                assert_verdict(chain.data, g.key_text, "a.org", cases[i].expected);
        }
        _cleanup_free_ char *said = verdict_of(leaf, strlen(leaf) + 1, g.key_text, "a.org"); /* with a NUL */
        ck_assert_str_eq(said, something_else);
}
END_TEST

START_TEST(its_key_fits) {
        _cleanup_ground_ Ground g = ground_make(), others = ground_make();
        _cleanup_free_ char *leaf = test_ca_issue(&g.root, g.key, (TestX509){ .names = "DNS:a.org" });

        assert_verdict(leaf, g.key_text, "a.org", "good");
        assert_verdict(leaf, others.key_text, "a.org", "its key belongs to another certificate");
        assert_verdict(leaf, "", "a.org", "its key is no PEM private key without a passphrase");
}
END_TEST

START_TEST(what_is_too_much_is_refused) {
        _cleanup_ground_ Ground g = ground_make();
        _cleanup_free_ char *leaf = test_ca_issue(&g.root, g.key, (TestX509){ .names = "DNS:a.org" });
        _cleanup_text_ Text many = { 0 }, large = { 0 };

        for (int i = 0; i <= CHAIN_CERTIFICATES_MAX; i++)
                text_append(&many, leaf);
        assert_verdict(many.data, g.key_text, "a.org", "its chain has more than 16 certificates");
        while (large.size <= CHAIN_BYTES_MAX)
                text_append(&large, leaf);
        assert_verdict(large.data, g.key_text, "a.org", "it is larger than 262144 bytes");
}
END_TEST

START_TEST(what_is_installed_is_known_by_its_names_times_and_key) {
        static const struct {
                TestX509 terms;
                KeyType key_type;
                const char *names;
        } cases[] = {
                { { .names = "DNS:a.org" }, KEY_TYPE_EC_256, "a.org" },
                { { .names = "DNS:www.a.org,DNS:*.a.org,DNS:A.org,DNS:a.org" },
                  KEY_TYPE_RSA_2048,
                  "*.a.org a.org www.a.org" },
                { { .names = "DNS:a.org,IP:192.0.2.1,email:me@a.org,DNS:not a name" }, KEY_TYPE_EC_256, "a.org" },
                { { .subject = "a.org" }, KEY_TYPE_EC_256, "" },
                { { .names = "DNS:a.org", .from = -200, .until = -100 }, KEY_TYPE_EC_256, "a.org" },
        };
        _cleanup_ground_ Ground g = ground_make();

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                const TestX509 *t = &cases[i].terms;
                bool around = t->until == 0;
                _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = test_key(cases[i].key_type == KEY_TYPE_EC_256 ? 0 : 2048);
                _cleanup_free_ char *leaf = test_ca_issue(&g.root, key, *t), *key_text = test_key_text(key);
                _cleanup_(installed_done) InstalledCertificate installed = { 0 };
                char *reason = NULL;
                ck_assert_int_eq(
                        pair_describe(leaf, strlen(leaf), key_text, strlen(key_text), TEST_NOW, &installed, &reason),
                        0);
                ck_assert_ptr_null(reason);
                _cleanup_free_ char *names = string_list_join(&installed.names, " ");
                ck_assert_str_eq(names, cases[i].names);
                ck_assert_int_eq(installed.not_before, TEST_NOW + (around ? -86400 : t->from));
                ck_assert_int_eq(installed.not_after, TEST_NOW + (around ? 86400 : t->until));
                ck_assert_int_eq(installed.key_type, cases[i].key_type);
        }
}
END_TEST

START_TEST(what_cannot_be_used_is_not_described) {
        _cleanup_ground_ Ground g = ground_make(), others = ground_make();
        _cleanup_free_ char *leaf = test_ca_issue(&g.root, g.key, (TestX509){ .names = "DNS:a.org" });
        InstalledCertificate installed = { .not_after = 7 };
        _cleanup_free_ char *reason = NULL;

        ck_assert_int_eq(pair_describe(leaf, strlen(leaf), others.key_text, strlen(others.key_text), TEST_NOW,
                                       &installed, &reason),
                         -EINVAL);
        ck_assert_str_eq(reason, "its key belongs to another certificate");
        ck_assert_int_eq(installed.not_after, 7);
        ck_assert_uint_eq(installed.names.count, 0);
}
END_TEST

TEST_MAIN("pair-check", a_certificate_is_for_all_names_for_servers_and_for_some_time,
          each_of_a_chain_has_issued_the_one_before, who_issued_it_is_a_ca_that_has_not_expired,
          a_certificate_alone_is_doubtful_where_it_says_who_issued_it, nothing_but_certificates_stands_there,
          its_key_fits, what_is_too_much_is_refused, what_is_installed_is_known_by_its_names_times_and_key,
          what_cannot_be_used_is_not_described)
