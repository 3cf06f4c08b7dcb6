/* Every policy has its protocols, and ciphers that OpenSSL knows. */
#include "consumer/nginx/tls-policy.h"

#include "tests/unit/check-main.h"

#include <stdio.h>
#include <string.h>

static const char *protocols_of(const char *name, char buffer[static 64]) {
        _cleanup_text_ Text t = { 0 };
        EdgeSettings e = { 0 };
        const char *rule;

        ck_assert_int_eq(edge_settings_set(&e, EDGE_TLS_POLICY, name, &rule), 0);
        tls_append_protocols(&t, tls_profile(e.tls_policy)->protocols);
        (void)stpncpy(buffer, t.data, 63);
        return buffer;
}

START_TEST(a_policy_has_the_protocols_that_its_name_promises) {
        static const struct {
                const char *name, *protocols;
        } cases[] = {
                { "Mozilla-Modern", "TLSv1.3" },
                { "Mozilla-Intermediate", "TLSv1.2 TLSv1.3" },
                { "Mozilla-Old", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3" },
                { "AWS-TLS13-1-3-2021-06", "TLSv1.3" },
                { "AWS-TLS13-1-2-2021-06", "TLSv1.2 TLSv1.3" },
                { "AWS-TLS13-1-2-Res-2021-06", "TLSv1.2 TLSv1.3" },
                { "AWS-TLS13-1-2-Ext1-2021-06", "TLSv1.2 TLSv1.3" },
                { "AWS-TLS13-1-2-Ext2-2021-06", "TLSv1.2 TLSv1.3" },
                { "AWS-TLS13-1-1-2021-06", "TLSv1.1 TLSv1.2 TLSv1.3" },
                { "AWS-TLS13-1-0-2021-06", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3" },
                { "AWS-FS-1-2-Res-2020-10", "TLSv1.2" },
                { "AWS-FS-1-2-Res-2019-08", "TLSv1.2" },
                { "AWS-FS-1-2-2019-08", "TLSv1.2" },
                { "AWS-FS-1-1-2019-08", "TLSv1.1 TLSv1.2" },
                { "AWS-FS-2018-06", "TLSv1 TLSv1.1 TLSv1.2" },
                { "AWS-TLS-1-2-Ext-2018-06", "TLSv1.2" },
                { "AWS-TLS-1-2-2017-01", "TLSv1.2" },
                { "AWS-TLS-1-1-2017-01", "TLSv1.1 TLSv1.2" },
                { "AWS-2016-08", "TLSv1 TLSv1.1 TLSv1.2" },
                { "AWS-2015-05", "TLSv1 TLSv1.1 TLSv1.2" },
                { "AWS-2015-03", "TLSv1 TLSv1.1 TLSv1.2" },
                { "AWS-2015-02", "TLSv1 TLSv1.1 TLSv1.2" },
        };
        char buffer[64];

        ck_assert_uint_eq(sizeof cases / sizeof *cases, _TLS_POLICY_COUNT);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                ck_assert_str_eq(protocols_of(cases[i].name, buffer), cases[i].protocols);
}
END_TEST

/* What OpenSSL makes of the list is what it says, but for the one suite that it is built without. */
START_TEST(each_cipher_of_a_policy_is_one_that_openssl_knows) {
        for (int policy = 0; policy < _TLS_POLICY_COUNT; policy++) {
                const char *cursor = tls_profile((TlsPolicy)policy)->ciphers;
                _cleanup_free_ char *command = xasprintf("openssl ciphers -ciphersuites '' '%s'", cursor);
                _cleanup_text_ Text wanted = { 0 };
                char known[4096] = "";
                for (char *word; (word = next_word(&cursor, ":")); free(word))
                        if (*word != '@' && strcmp(word, "DES-CBC3-SHA") != 0)
                                text_appendf(&wanted, "%s%s", wanted.size > 0 ? ":" : "", word);
                text_append(&wanted, "\n");
                FILE *pipe = popen(command, "re");
                ck_assert_ptr_nonnull(fgets(known, sizeof known, pipe));
                ck_assert_int_eq(pclose(pipe), 0);
                ck_assert_str_eq(known, wanted.data);
        }
}
END_TEST

/* OpenSSL 3 speaks what is older than TLS 1.2 at level 0 alone. */
START_TEST(old_protocols_come_with_the_level_that_allows_them) {
        for (int policy = 0; policy < _TLS_POLICY_COUNT; policy++) {
                const TlsProfile *p = tls_profile((TlsPolicy)policy);
                ck_assert_int_eq(has_prefix(p->ciphers, "@SECLEVEL=0:"), (p->protocols & (TLS_1_0 | TLS_1_1)) != 0);
        }
}
END_TEST

TEST_MAIN("tls-policy", a_policy_has_the_protocols_that_its_name_promises,
          each_cipher_of_a_policy_is_one_that_openssl_knows, old_protocols_come_with_the_level_that_allows_them)
