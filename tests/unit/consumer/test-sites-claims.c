/* Sites under a policy: who claims what is not his has no say in anything, and the owner's site is as if he were not
 * there. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

/* "a.org" and what is below "b.org" are web1's. */
static Claims *new_claims(void) {
        Claims *c = claims_new();
        const char *rule;

        ck_assert_int_eq(claims_reserve(c, "a.org @web1", &rule), 0);
        ck_assert_int_eq(claims_reserve(c, "*.b.org @web1", &rule), 0);
        return c;
}

static void expect_of_claims(const Value *values, size_t count, const char *wanted) {
        _cleanup_(claims_freep) Claims *c = new_claims();
        _cleanup_(table_freep) Table *t = new_table();

        for (size_t i = 0; i < count; i++)
                present(t, values[i].instance, values[i].value);
        expect_under(c, t, wanted);
}

#define EXPECT_OF_CLAIMS(values, wanted) expect_of_claims(values, sizeof(values) / sizeof *(values), wanted)

#define FROM_WEB2(pattern) "reserved for @web1 by reserve-domain=" pattern ": this comes from @web2\n"
#define OWNERS_SITE "a.org: live serve clear[10.0.0.1:80] tls[] from(shop@web1)\n"

START_TEST(a_claim_that_is_refused_decides_nothing) {
        static const Value values[] = {
                { "shop@web1", ROUTE("a.org", HTTP("10.0.0.1", 80) CREATED(9)) },
                { "evil@web2", ROUTE("A.ORG.", HTTP("10.0.0.9", 80) IMPLIED("10.0.0.9") CREATED(1) METHOD("nohttp")
                                                       SETTINGS(SETTING("hsts", "off"))) },
                { "paths@web2", ROUTE("a.org", PATH("/login", "10.0.0.9", 80) CREATED(1)) },
        };

        EXPECT_OF_CLAIMS(values, OWNERS_SITE "aside: /beachhead/evil@web2 a.org " FROM_WEB2(
                                         "a.org") "aside: /beachhead/paths@web2 a.org " FROM_WEB2("a.org"));
}
END_TEST

START_TEST(a_claim_that_is_refused_costs_no_other_of_its_container) {
        static const Value values[] = {
                { "evil@web2", "[{\"domain\":\"x.b.org\",\"http\":{\"host\":\"h\",\"port\":1}},"
                               "{\"domain\":\"*.org\",\"endpoint\":{\"host\":\"h\",\"port\":1},"
                               "\"schemes\":[\"http\"],\"requires\":[\"wildcard\"]},"
                               "{\"domain\":\"c.org\",\"http\":{\"host\":\"h\",\"port\":1}}]" },
        };

        EXPECT_OF_CLAIMS(values, "c.org: live serve clear[h:1] tls[] from(evil@web2)\n"
                                 "aside: /beachhead/evil@web2 *.org takes in what is reserved for @web1 by "
                                 "reserve-domain=a.org: it needs a reserve-domain=*.org of its own\n"
                                 "aside: /beachhead/evil@web2 x.b.org " FROM_WEB2("*.b.org"));
}
END_TEST

START_TEST(a_claim_that_is_refused_is_neither_held_nor_does_it_linger) {
        _cleanup_(claims_freep) Claims *c = new_claims();
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "evil@web2", ROUTE("a.org", HTTP("10.0.0.9", 80)));
        absent(t, "evil@web2", false);
        expect_under(c, t, "aside: /beachhead/evil@web2 a.org " FROM_WEB2("a.org"));
        absent(t, "evil@web2", true);
        expect_under(c, t, "");
        expect(t, "a.org: lingering serve clear[] tls[] from(evil@web2)\n");
}
END_TEST

START_TEST(an_owner_who_is_missing_is_held_and_nobody_takes_his_place) {
        _cleanup_(claims_freep) Claims *c = new_claims();
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "shop@web1", ROUTE("a.org", HTTP("10.0.0.1", 80)));
        absent(t, "shop@web1", false);
        present(t, "evil@web2", ROUTE("a.org", HTTP("10.0.0.9", 80)));
        expect_under(c, t,
                     "a.org: held serve clear[10.0.0.1:80] tls[] from(shop@web1)\n"
                     "aside: /beachhead/evil@web2 a.org " FROM_WEB2("a.org"));
}
END_TEST

START_TEST(under_every_prefix_the_same_rules_hold) {
        _cleanup_(claims_freep) Claims *c = new_claims();
        _cleanup_(table_freep) Table *t = new_table();
        static const char value[] = ROUTE("a.org", HTTP("10.0.0.1", 80));
        static const char *const keys[] = { "/one/shop@web1", "/t@web1/evil", "/two/shop@web1", "/web1/evil@web2" };

        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
                (void)table_present(t, keys[i], value, sizeof value - 1, 160, 100);
        expect_under(c, t,
                     OWNERS_SITE "aside: /t@web1/evil a.org reserved for @web1 by reserve-domain=a.org: "
                                 "this comes from a key without node\n"
                                 "aside: /web1/evil@web2 a.org " FROM_WEB2("a.org"));
}
END_TEST

START_TEST(a_machine_in_the_value_is_no_node) {
        static const Value values[] = {
                { "evil", ROUTE("a.org", HTTP("10.0.0.1", 80) ",\"machine\":\"web1\",\"container\":\"shop@web1\"") },
        };

        EXPECT_OF_CLAIMS(values, "aside: /beachhead/evil a.org reserved for @web1 by reserve-domain=a.org: "
                                 "this comes from a key without node\n");
}
END_TEST

#define NO_CERTIFICATE(name) "no certificate for " name " is asked for: "
#define NOTHING "\"requires\":[\"certificate-only\"]"

START_TEST(a_certificate_is_had_without_the_names_that_are_not_its_containers) {
        static const Value values[] = {
                { "evil@web2", ROUTE("c.org", HTTP("h", 1) CERTIFICATE("\"A.org\",\"c.org\",\"x.b.org\",\"*.b.org\"",
                                                                       EMAIL("e@c.org"))) },
                { "shop@web1", ROUTE("a.org", HTTP("10.0.0.1", 80) CERTIFICATE("\"a.org\",\"x.b.org\"", "")) },
        };

        EXPECT_OF_CLAIMS(values, OWNERS_SITE
                         "c.org: live serve clear[h:1] tls[] from(evil@web2)\n"
                         "certificate: names(a.org, x.b.org) from(shop@web1)\n"
                         "certificate: names(c.org) email=e@c.org from(evil@web2)\n"
                         "aside: /beachhead/evil@web2 c.org " NO_CERTIFICATE("*.b.org") FROM_WEB2(
                                 "*.b.org") "aside: /beachhead/evil@web2 c.org " NO_CERTIFICATE("a.org")
                                 FROM_WEB2("a.org") "aside: /beachhead/evil@web2 c.org " NO_CERTIFICATE("x.b.org")
                                         FROM_WEB2("*.b.org"));
}
END_TEST

START_TEST(a_certificate_whose_names_are_all_refused_is_not_asked_for) {
        static const Value values[] = {
                { "only@web2", ROUTE("a.org", NOTHING CERTIFICATE("\"a.org\"", ",\"test\":true")) },
                { "serving@web2", ROUTE("a.org", HTTP("h", 1) CERTIFICATE("\"a.org\"", "") CREATED(1)) },
                { "shop@web1", ROUTE("a.org", HTTP("10.0.0.1", 80) CERTIFICATE("\"a.org\"", "")) },
        };

        EXPECT_OF_CLAIMS(values, OWNERS_SITE
                         "certificate: names(a.org) from(shop@web1)\n"
                         "aside: /beachhead/only@web2 a.org " NO_CERTIFICATE("a.org")
                                 FROM_WEB2("a.org") "aside: /beachhead/serving@web2 a.org " FROM_WEB2("a.org"));
}
END_TEST

TEST_MAIN("sites-claims", a_claim_that_is_refused_decides_nothing,
          a_claim_that_is_refused_costs_no_other_of_its_container,
          a_claim_that_is_refused_is_neither_held_nor_does_it_linger,
          an_owner_who_is_missing_is_held_and_nobody_takes_his_place, under_every_prefix_the_same_rules_hold,
          a_machine_in_the_value_is_no_node, a_certificate_is_had_without_the_names_that_are_not_its_containers,
          a_certificate_whose_names_are_all_refused_is_not_asked_for)
