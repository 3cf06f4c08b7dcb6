/* Wishes for certificates in JSON: what a bad member costs, and that it is named. */
#include "common/certificate-json.h"
#include "common/text.h"
#include "tests/unit/check-main.h"
#include "tests/unit/terms.h"

#include <string.h>

typedef struct WishCase {
        const char *json;
        const char *wish;              /* its names and terms */
        const char *obstacle, *remark; /* how they begin; NULL: there is none */
} WishCase;

static void read_wish(const char *json, CertificateWish *ret) {
        _cleanup_json_ cJSON *object = json_parse(json, strlen(json));

        ck_assert_msg(object, "%s", json);
        certificate_wish_decode(object, ret);
}

static void assert_begins(const char *text, const char *beginning, const char *json) {
        ck_assert_msg(beginning ? text && has_prefix(text, beginning) : !text, "%s: %s", json, text);
}

static void assert_wish(const WishCase *wanted) {
        _cleanup_(certificate_wish_done) CertificateWish wish = { 0 };
        Text t = { 0 };

        read_wish(wanted->json, &wish);
        for (size_t i = 0; i < wish.n_names; i++)
                text_appendf(&t, "%s%s", i > 0 ? "+" : "", wish.names[i]);
        append_terms(&t, &wish.terms);
        _cleanup_free_ char *found = text_take(&t);
        ck_assert_msg(strcmp(found, wanted->wish) == 0, "%s: %s", wanted->json, found);
        assert_begins(wish.obstacle, wanted->obstacle, wanted->json);
        assert_begins(wish.remark, wanted->remark, wanted->json);
}

#define A_ORG(terms) "{\"names\":[\"a.org\"]" terms "}"

START_TEST(every_term_is_read) {
        static const WishCase cases[] = {
                { A_ORG(""), "a.org", NULL, NULL },
                { "{\"names\":[\"A.org.\",\"*.a.org\"]}", "a.org+*.a.org", NULL, NULL },
                { A_ORG(",\"email\":\"me@a.org\",\"key\":\"2048\",\"challenge\":\"http-01\",\"test\":true,"
                        "\"ca\":\"https://b.org/\",\"chain\":\"Root X1\",\"profile\":\"classic\""),
                  "a.org email=me@a.org key=2048 challenge=http-01 test=true ca=https://b.org/ chain=Root X1 "
                  "profile=classic",
                  NULL, NULL },
                { A_ORG(",\"test\":false"), "a.org", NULL, NULL },
                { A_ORG(",\"of_next_year\":[7]"), "a.org", NULL, NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_wish(&cases[i]);
}
END_TEST

START_TEST(a_certificate_without_what_was_asked_for_is_not_asked_for) {
        static const WishCase cases[] = {
                { A_ORG(",\"key\":\"ec-999\""), "a.org", "\"key\" \"ec-999\" must be 2048, 3072", NULL },
                { A_ORG(",\"key\":2048"), "a.org", "\"key\" is no string", NULL },
                { A_ORG(",\"challenge\":\"tls\\nalpn\""), "a.org", "\"challenge\" \"tls\\x0aalpn\" must be", NULL },
                { A_ORG(",\"challenge\":null"), "a.org", "\"challenge\" is no string", NULL },
                { A_ORG(",\"test\":\"true\""), "a.org", "\"test\" is neither true nor false", NULL },
                { A_ORG(",\"ca\":\"http://b.org/\""), "a.org", "\"ca\" \"http://b.org/\" must be", NULL },
                { A_ORG(",\"profile\":\"--eab\""), "a.org", "\"profile\" \"--eab\" must be", NULL },
                { A_ORG(",\"key\":\"x\",\"ca\":\"x\",\"chain\":\"Root\""), "a.org chain=Root", "\"key\" \"x\"", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_wish(&cases[i]);
}
END_TEST

START_TEST(what_makes_no_other_certificate_is_left_out) {
        static const WishCase cases[] = {
                { A_ORG(",\"email\":\"-me@a.org\",\"key\":\"2048\""), "a.org key=2048", NULL,
                  "\"email\" \"-me@a.org\" must be an address" },
                { A_ORG(",\"email\":[]"), "a.org", NULL, "\"email\" is no string" },
                { A_ORG(",\"chain\":\"\",\"test\":true"), "a.org test=true", NULL, "\"chain\" \"\" must be" },
                { A_ORG(",\"chain\":\"\",\"email\":\"\""), "a.org", NULL, "\"email\" \"\" must be" },
                { A_ORG(",\"chain\":\"\",\"key\":\"\""), "a.org", "\"key\"", "\"chain\"" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_wish(&cases[i]);
}
END_TEST

START_TEST(no_name_is_asked_for_where_one_is_none) {
        static const WishCase cases[] = {
                { "7", "", "\"names\" is no list of 1 to 100 domains", NULL },
                { "{}", "", "\"names\" is no list", NULL },
                { "{\"names\":\"a.org\"}", "", "\"names\" is no list", NULL },
                { "{\"names\":[]}", "", "\"names\" is no list", NULL },
                { "{\"names\":[\"a.org\",7]}", "", "\"names\" holds something that is no string", NULL },
                { "{\"names\":[\"a.org\",\"../b\"]}", "", "\"names\" \"../b\" is no domain", NULL },
                { "{\"names\":[\"a.org\",\"-b\"],\"key\":\"x\"}", "", "\"names\" \"-b\" is no domain", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_wish(&cases[i]);
}
END_TEST

START_TEST(more_names_than_a_ca_takes_are_no_certificate) {
        for (int count = REGISTRATION_NAMES_MAX; count <= REGISTRATION_NAMES_MAX + 1; count++) {
                _cleanup_(certificate_wish_done) CertificateWish wish = { 0 };
                Text t = { 0 };
                for (int i = 0; i < count; i++)
                        text_appendf(&t, "%s\"n%d.org\"", i > 0 ? "," : "{\"names\":[", i);
                text_append(&t, "]}");
                _cleanup_free_ char *json = text_take(&t);
                read_wish(json, &wish);
                ck_assert_uint_eq(wish.n_names, count == REGISTRATION_NAMES_MAX ? REGISTRATION_NAMES_MAX : 0);
                ck_assert((wish.obstacle != NULL) == (count > REGISTRATION_NAMES_MAX));
        }
}
END_TEST

TEST_MAIN("certificate-json", every_term_is_read, a_certificate_without_what_was_asked_for_is_not_asked_for,
          what_makes_no_other_certificate_is_left_out, no_name_is_asked_for_where_one_is_none,
          more_names_than_a_ca_takes_are_no_certificate)
