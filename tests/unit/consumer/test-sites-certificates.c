/* Certificate requests: whose wishes become one, and what of them no CA is asked for. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

/* A container that serves nothing, but wants a certificate. */
#define NOTHING "\"requires\":[\"certificate-only\"]"
#define ONLY(domain, names, terms) ROUTE(domain, NOTHING CERTIFICATE(names, terms))
#define TERM(name, value) ",\"" name "\":\"" value "\""

START_TEST(wishes_for_one_certificate_are_one_request) {
        static const Value values[] = {
                { "a", ONLY("a.org", "\"a.org\",\"z.org\",\"c.org\"", "") },
                { "b", ONLY("b.org", "\"a.org\",\"*.b.org\",\"c.org\"", EMAIL("b@a.org")) },
                { "c", ONLY("c.org", "\"d.org\"", "") },
        };

        EXPECT_OF(values, "certificate: names(a.org, *.b.org, c.org, z.org) email=b@a.org from(a, b)\n"
                          "certificate: names(d.org) from(c)\n");
}
END_TEST

START_TEST(the_first_that_says_something_decides_on_each_term) {
        static const Value values[] = {
                { "a", ONLY("a.org", "\"a.org\"", TERM("chain", "Root X1") TERM("profile", "p")) },
                { "b", ONLY("a.org", "\"a.org\"", TERM("challenge", "dns-01") TERM("ca", "https://b.org/")) },
                { "c", ROUTE("a.org", NOTHING CERTIFICATE("\"a.org\"", TERM("key", "2048")) CREATED(1)) },
        };

        EXPECT_OF(values, "certificate: names(a.org) key=2048 challenge=dns-01 ca=https://b.org/ chain=Root X1 "
                          "profile=p from(a, b, c)\n");
}
END_TEST

START_TEST(who_disagrees_on_a_term_is_named) {
        static const Value values[] = {
                { "a", ONLY("a.org", "\"a.org\"", TERM("key", "2048") EMAIL("a@a.org")) },
                { "b", ONLY("b.org", "\"a.org\"", TERM("key", "ec-256") EMAIL("a@a.org")) },
                { "c", ONLY("a.org", "\"a.org\"", TERM("key", "4096")) },
                { "d", ONLY("a.org", "\"a.org\"", ",\"test\":true") },
        };

        EXPECT_OF(values, "certificate: names(a.org) email=a@a.org key=2048 from(a, b, c, d)\n"
                          "aside: /beachhead/d a.org on its certificate, a asks for test=false and d for test=true: "
                          "a decides\n"
                          "aside: /beachhead/b b.org on its certificate, a asks for key=2048 and b (and 1 more) for "
                          "key=ec-256: a decides\n");
}
END_TEST

#define SERVED "a.org: live serve clear[h:1] tls[] from(web)\n"

START_TEST(those_who_serve_the_base_decide_on_its_certificate) {
        static const Value values[] = {
                { "evil",
                  ROUTE("a.org", NOTHING CERTIFICATE("\"a.org\",\"evil.org\"",
                                                     TERM("key", "8192") TERM("challenge", "dns-01") ",\"test\":true")
                                         CREATED(1)) },
                { "web", ROUTE("a.org", HTTP("h", 1) CERTIFICATE("\"a.org\"", TERM("key", "ec-256")) CREATED(2)) },
        };

        EXPECT_OF(values, SERVED "certificate: names(a.org, evil.org) key=ec-256 from(evil, web)\n"
                                 "aside: /beachhead/evil a.org on its certificate, evil asks for challenge=dns-01, "
                                 "but only those who serve a.org decide\n"
                                 "aside: /beachhead/evil a.org on its certificate, web asks for key=ec-256 and evil "
                                 "for key=8192: web decides\n"
                                 "aside: /beachhead/evil a.org on its certificate, web asks for test=false and evil "
                                 "for test=true: web decides\n");
}
END_TEST

START_TEST(a_certificate_is_wanted_while_its_container_is_held) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ONLY("a.org", "\"a.org\"", ""));
        absent(t, "a", false);
        expect(t, "certificate: names(a.org) from(a)\n");
        absent(t, "a", true);
        expect(t, "");
}
END_TEST

START_TEST(what_no_ca_takes_is_not_asked_for) {
        static const Value values[] = {
                { "a", ONLY("a.org", "\"www.a.*\",\"a.org\"", "") },
                { "b", ONLY("b.org", "\"www.b.*\"", "") },
        };

        EXPECT_OF(values, "certificate: names(a.org) from(a)\n"
                          "aside: /beachhead/a a.org its certificate is to have a name that ends in \"*\", "
                          "which no CA gives\n"
                          "aside: /beachhead/b b.org no CA gives the certificate that it asks for\n");
}
END_TEST

START_TEST(a_term_that_is_none_is_named) {
        static const struct {
                const char *term, *sites;
        } bad[] = {
                { EMAIL("a b@c.org"), "certificate: names(a.org) from(a)\n"
                                      "aside: /beachhead/a a.org its certificate's \"email\" \"a b@c.org\" must be an "
                                      "address such as admin@example.org: it is left out\n" },
                { ",\"chain\":7", "certificate: names(a.org) from(a)\n"
                                  "aside: /beachhead/a a.org its certificate's \"chain\" is no string: "
                                  "it is left out\n" },
                { ",\"challenge\":\"x\"", "aside: /beachhead/a a.org its certificate's \"challenge\" \"x\" must be "
                                          "http-01 or dns-01: no certificate is asked for\n" },
        };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *value = xasprintf(ONLY("a.org", "\"a.org\"", "%s"), bad[i].term);
                expect_of(&(Value){ "a", value }, 1, bad[i].sites);
        }
}
END_TEST

START_TEST(a_site_is_served_whatever_is_wrong_with_its_certificate) {
        static const Value values[] = {
                { "a", ROUTE("a.org", HTTP("h", 1) CERTIFICATE("\"../a\"", "")) },
        };

        EXPECT_OF(values, "a.org: live serve clear[h:1] tls[] from(a)\n"
                          "aside: /beachhead/a a.org its certificate's \"names\" \"../a\" is no domain: "
                          "no certificate is asked for\n");
}
END_TEST

/* `count` names of their own for a value. The caller owns it. */
static char *many_names(const char *stem, int count) {
        Text names = { 0 };

        for (int i = 0; i < count; i++)
                text_appendf(&names, ",\"%s-%d.org\"", stem, i);
        return text_take(&names);
}

START_TEST(a_certificate_has_no_more_names_than_a_ca_takes) {
        _cleanup_(table_freep) Table *t = new_table();

        for (int k = 0; k < 2; k++) {
                _cleanup_free_ char *instance = xasprintf("web%d", k), *names = many_names(instance, 60);
                _cleanup_free_ char *value = xasprintf(ONLY("a.org", "\"a.org\"%s", ""), names);
                present(t, instance, value);
        }
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
        ck_assert_uint_eq(s->requests[0]->names.count, REGISTRATION_NAMES_MAX);
        ck_assert_uint_eq(s->n_set_aside, 1);
        ck_assert_str_eq(s->set_aside[0].key, "/beachhead/web1");
}
END_TEST

START_TEST(those_who_serve_the_base_have_room_for_their_names) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_free_ char *names = many_names("evil", REGISTRATION_NAMES_MAX - 1);
        _cleanup_free_ char *value =
                xasprintf(ROUTE("a.org", NOTHING CERTIFICATE("\"a.org\"%s", "") CREATED(1)), names);

        present(t, "evil", value);
        present(t, "web", ROUTE("a.org", HTTP("h", 1) CERTIFICATE("\"a.org\",\"www.a.org\"", "") CREATED(2)));
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
        ck_assert_uint_eq(s->requests[0]->names.count, REGISTRATION_NAMES_MAX);
        ck_assert(string_list_contains(&s->requests[0]->names, "www.a.org"));
        ck_assert_uint_eq(s->n_set_aside, 1);
        ck_assert_str_eq(s->set_aside[0].key, "/beachhead/evil");
}
END_TEST

TEST_MAIN("sites-certificates", wishes_for_one_certificate_are_one_request,
          the_first_that_says_something_decides_on_each_term, who_disagrees_on_a_term_is_named,
          those_who_serve_the_base_decide_on_its_certificate, a_certificate_is_wanted_while_its_container_is_held,
          what_no_ca_takes_is_not_asked_for, a_term_that_is_none_is_named,
          a_site_is_served_whatever_is_wrong_with_its_certificate, a_certificate_has_no_more_names_than_a_ca_takes,
          those_who_serve_the_base_have_room_for_their_names)
