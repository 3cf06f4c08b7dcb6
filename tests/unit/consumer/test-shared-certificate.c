/* What edges tell each other of a certificate comes back as it was; what is broken is refused as a whole. */
#include "consumer/certs/shared-certificate.h"

#include "consumer/certs/private-key.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

enum { NOW = 1700000000 };

static SharedCertificateText round_trip(const SharedCertificate *c) {
        _cleanup_secret_ char *json = shared_certificate_encode(c);
        SharedCertificateText t = { 0 };

        ck_assert_int_eq(shared_certificate_decode(&t, json, strlen(json)), 0);
        return t;
}

START_TEST(it_comes_back_as_it_was) {
        _cleanup_(history_freep) History *h = history_new();

        history_ordered(h, NOW);
        history_failed(h, "asked", NOW, 60, 0, 0, "no such name");
        SharedCertificateText t = round_trip(&(SharedCertificate){ "the \"chain\"\n", "the key\n", h });
        ck_assert_str_eq(t.certificate.chain, "the \"chain\"\n");
        ck_assert_str_eq(t.certificate.key, "the key\n");
        ck_assert_int_eq(t.certificate.history->retry_at, NOW + 60);
        ck_assert_str_eq(t.certificate.history->reason, "no such name");
        shared_certificate_done(&t);
}
END_TEST

START_TEST(without_a_pair_there_is_its_history) {
        _cleanup_(history_freep) History *h = history_new();

        for (int i = 0; i < 3; i++) {
                SharedCertificateText t =
                        round_trip(&(SharedCertificate){ i == 1 ? "chain" : NULL, i == 2 ? "key" : NULL, h });
                ck_assert(!t.certificate.chain && !t.certificate.key && t.certificate.history);
                shared_certificate_done(&t);
        }
}
END_TEST

START_TEST(what_is_broken_is_refused) {
        static const char *const cases[] = {
                "",
                "{",
                "null",
                "[]",
                "{}",
                "\"history\"",
                "{\"history\":{}}",
                "{\"history\":\"\"}",
                "{\"history\":1}",
                "{\"history\":\"[]\"}",
                "{\"chain\":\"c\",\"key\":\"k\"}",
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                SharedCertificateText t = { 0 };
                ck_assert_int_eq(shared_certificate_decode(&t, cases[i], strlen(cases[i])), -EBADMSG);
                ck_assert(!t.chain && !t.key && !t.history);
        }
}
END_TEST

START_TEST(texts_that_are_none_or_too_large_count_as_missing) {
        _cleanup_(history_freep) History *h = history_new();
        _cleanup_free_ char *large = xcalloc(1, 20000);

        memset(large, 'k', 19999);
        SharedCertificateText t = round_trip(&(SharedCertificate){ "chain", large, h });
        ck_assert_ptr_null(t.certificate.key);
        shared_certificate_done(&t);
}
END_TEST

TEST_MAIN("shared-certificate", it_comes_back_as_it_was, without_a_pair_there_is_its_history,
          what_is_broken_is_refused, texts_that_are_none_or_too_large_count_as_missing)
