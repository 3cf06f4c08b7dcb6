/* What an operator says of certificates: what is wrong is refused by its name, and means what it says. */
#include "consumer/certs/settings.h"

#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

#include <errno.h>

static CertsSettings good(void) {
        return (CertsSettings){
                .client = (char *)"lego",
                .ca = (char *)"https://ca.example/dir",
                .test_ca = (char *)"https://test.example/dir",
                .self_check = (char *)"http://127.0.0.1",
                .key_type = 4, /* ec-256 */
        };
}

static void expect(const CertsSettings *s, const char *option) {
        _cleanup_free_ char *message = NULL;
        int r = certs_settings_check(s, &message);

        ck_assert_int_eq(r, option ? -EINVAL : 0);
        ck_assert_msg(!option || strstr(message, option), "%s", message);
}

START_TEST(what_is_wrong_is_refused_by_name) {
        static const struct {
                const char *option, *bad;
                size_t offset;
        } cases[] = {
#define BAD(option, member, bad) { option, bad, offsetof(CertsSettings, member) }
                BAD("acme-client", client, ""),
                BAD("acme-client", client, "../evil"),
                BAD("acme-client", client, "lego run"),
                BAD("acme-client", client, NULL),
                BAD("acme-ca", ca, "http://ca.example/dir"),
                BAD("acme-ca", ca, ""),
                BAD("acme-ca", ca, "https://ca.example/\n"),
                BAD("acme-test-ca", test_ca, "ftp://x"),
                BAD("acme-email", email, "nobody"),
                BAD("acme-email", email, "-x@example.org\n"),
                BAD("acme-preferred-chain", preferred_chain, "a\nb"),
                BAD("acme-profile", profile, "a b"),
                BAD("acme-self-check", self_check, "https://127.0.0.1"),
                BAD("acme-self-check", self_check, ""),
                BAD("certs-after", after, "say \"hello"),
                BAD("acme-ca-roots", ca_roots, "roots.pem"),
                BAD("acme-environment-file", environment_file, "environment"),
                BAD("certs-key-file", key_file, "key"),
                BAD("acme-eab-hmac-file", eab_hmac_file, "hmac"),
                BAD("acme-eab-kid", eab_kid, "alone"),
                BAD("acme-eab-kid", eab_hmac_file, "/alone"),
#undef BAD
        };
        CertsSettings s = good();

        expect(&s, NULL);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                s = good();
                *(const char **)((char *)&s + cases[i].offset) = cases[i].bad;
                expect(&s, cases[i].option);
        }
}
END_TEST

START_TEST(dns_01_needs_a_provider) {
        CertsSettings s = good();

        s.challenge = 1;
        expect(&s, "acme-challenge");
        s.dns = (char *)"exec";
        expect(&s, NULL);
        ck_assert_int_eq(certs_policy(&s).challenge, CHALLENGE_DNS_01);
        ck_assert(certs_policy(&s).has_dns);
        ck_assert_int_eq(certs_policy(&s).key_type, KEY_TYPE_EC_256);
}
END_TEST

START_TEST(each_choice_is_the_one_that_it_is_called) {
        static const KeyType types[] = { KEY_TYPE_RSA_2048, KEY_TYPE_RSA_3072, KEY_TYPE_RSA_4096, KEY_TYPE_RSA_8192,
                                         KEY_TYPE_EC_256,   KEY_TYPE_EC_384,   KEY_TYPE_EC_521 };
        CertsSettings s = good();

        for (int i = 0; i < (int)(sizeof types / sizeof *types); i++) {
                s.key_type = i;
                ck_assert_int_eq(certs_policy(&s).key_type, types[i]);
                ck_assert_ptr_nonnull(certs_key_types[i]);
        }
        ck_assert_ptr_null(certs_key_types[sizeof types / sizeof *types]);
}
END_TEST

START_TEST(a_driver_goes_by_its_name_or_its_path) {
        CertsSettings s = good();
        _cleanup_free_ char *ours = certs_driver_path(&s);

        ck_assert(has_suffix(ours, "/lego") && *ours == '/');
        s.client = (char *)"/opt/my driver";
        _cleanup_free_ char *theirs = certs_driver_path(&s);
        ck_assert_str_eq(theirs, "/opt/my driver");
}
END_TEST

START_TEST(the_environment_has_names_of_the_client_alone) {
        static const struct {
                const char *text, *variables; /* NULL: it is refused */
        } cases[] = {
                { "", "" },
                { "\n\n", "" },
                { "# a note\nA=b\r\n_x9= c =d \n", "A=b|_x9= c =d " },
                { "A=", "A=" },
                { "BEACHHEAD_CLIENT_OPTIONS=--x", "BEACHHEAD_CLIENT_OPTIONS=--x" },
                { "A", NULL },
                { "=b", NULL },
                { "9A=b", NULL },
                { "export A=b", NULL },
                { "A-B=c", NULL },
                { "BEACHHEAD_CA=https://evil", NULL },
                { "BEACHHEAD_CLIENT_OPTIONSX=y", NULL },
                { "LD_PRELOAD=/evil.so", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_string_list_ StringList variables = { 0 };
                _cleanup_free_ char *message = NULL;
                scratch_make();
                scratch_write("environment", cases[i].text);
                _cleanup_free_ char *path = scratch_path("environment");
                int r = certs_environment_read(path, &variables, &message);
                ck_assert_int_eq(r, cases[i].variables ? 0 : -EINVAL);
                ck_assert_int_eq(!message, !r);
                _cleanup_free_ char *joined = string_list_join(&variables, "|");
                if (cases[i].variables)
                        ck_assert_str_eq(joined, cases[i].variables);
                scratch_remove();
        }
}
END_TEST

START_TEST(an_environment_that_is_not_there_is_said) {
        _cleanup_string_list_ StringList variables = { 0 };
        _cleanup_free_ char *message = NULL;

        ck_assert_int_eq(certs_environment_read("/nonexistent/environment", &variables, &message), -ENOENT);
        ck_assert_ptr_nonnull(strstr(message, "/nonexistent/environment"));
}
END_TEST

TEST_MAIN("certs-settings", what_is_wrong_is_refused_by_name, dns_01_needs_a_provider,
          each_choice_is_the_one_that_it_is_called, a_driver_goes_by_its_name_or_its_path,
          the_environment_has_names_of_the_client_alone, an_environment_that_is_not_there_is_said)
