/* Certificate requests: whose wishes become one, and what of them no CA is asked for. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

START_TEST(wishes_for_one_certificate_are_one_request) {
        static const Value values[] = {
                { "b", ROUTE("a.org", HTTP("h", 1) CERTIFICATE("\"a.org\",\"z.org\",\"c.org\"", EMAIL("b@a.org"))) },
                { "a", ROUTE("b.org", HTTP("h", 1) CERTIFICATE("\"a.org\",\"*.b.org\",\"c.org\"", EMAIL("a@a.org"))) },
                { "c", ROUTE("c.org", HTTP("h", 1) CERTIFICATE("\"d.org\"", "")) },
        };
        _cleanup_(table_freep) Table *t = new_table();

        for (size_t i = 0; i < 3; i++)
                present(t, values[i].instance, values[i].value);
        _cleanup_(sites_freep) Sites *s = sites_from_table(t);
        ck_assert_uint_eq(s->n_requests, 2);
        _cleanup_free_ char *names = string_list_join(&s->requests[0].names, " ");
        ck_assert_str_eq(names, "a.org *.b.org c.org z.org");
        ck_assert_str_eq(s->requests[0].email, "a@a.org");
        ck_assert_uint_eq(s->requests[0].publishers.count, 2);
        ck_assert_str_eq(s->requests[1].names.items[0], "d.org");
        ck_assert_ptr_null(s->requests[1].email);
}
END_TEST

START_TEST(a_certificate_is_wanted_while_its_container_is_held) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("a.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"a.org\"", "")));
        absent(t, "a", false);
        expect(t, "certificate: names(a.org) email - from(a)\n");
        absent(t, "a", true);
        expect(t, "");
}
END_TEST

START_TEST(what_no_ca_takes_is_not_asked_for) {
        static const Value values[] = {
                { "a",
                  ROUTE("a.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"www.a.*\",\"a.org\"", "")) },
                { "b", ROUTE("b.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"www.b.*\"", "")) },
        };

        EXPECT_OF(values, "certificate: names(a.org) email - from(a)\n"
                          "aside: /beachhead/a a.org its certificate is to have a name that ends in \"*\", "
                          "which no CA gives\n"
                          "aside: /beachhead/b b.org no CA gives the certificate that it asks for\n");
}
END_TEST

START_TEST(an_email_that_is_none_is_left_out) {
        static const char *const bad[] = { "",          "a",        "@a.org",      "a@",         "a@b@c",
                                           "a b@c.org", "-a@b.org", "$(id)@a.org", "a\\n@b.org", "\\u00e4@a.org",
                                           "a'@b.org" };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *value = xasprintf(
                        ROUTE("a.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"a.org\"", EMAIL("%s"))),
                        bad[i]);
                expect_of(&(Value){ "a", value }, 1,
                          "certificate: names(a.org) email - from(a)\n"
                          "aside: /beachhead/a a.org the email of its certificate is no address and is left out\n");
        }
}
END_TEST

START_TEST(a_certificate_has_no_more_names_than_a_ca_takes) {
        _cleanup_(table_freep) Table *t = new_table();

        for (int k = 0; k < 2; k++) {
                _cleanup_free_ char *instance = xasprintf("web%d", k);
                Text names = { 0 };
                for (int i = 0; i < 60; i++)
                        text_appendf(&names, ",\"d%d-%d.org\"", k, i);
                _cleanup_free_ char *list = text_take(&names);
                _cleanup_free_ char *value = xasprintf(
                        ROUTE("a.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"a.org\"%s", "")), list);
                present(t, instance, value);
        }
        _cleanup_(sites_freep) Sites *s = sites_from_table(t);
        ck_assert_uint_eq(s->requests[0].names.count, REGISTRATION_NAMES_MAX);
        ck_assert_uint_eq(s->n_set_aside, 1);
        ck_assert_str_eq(s->set_aside[0].key, "/beachhead/web1");
}
END_TEST

TEST_MAIN("sites-certificates", wishes_for_one_certificate_are_one_request,
          a_certificate_is_wanted_while_its_container_is_held, what_no_ca_takes_is_not_asked_for,
          an_email_that_is_none_is_left_out, a_certificate_has_no_more_names_than_a_ca_takes)
