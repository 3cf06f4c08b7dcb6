/* Claims: whose a domain is under an operator's rules, and which rules are refused. */
#include "consumer/claims.h"

#include "common/text.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

#define ELEMENTS(array) (sizeof(array) / sizeof *(array))

/* Rules as on the command line: "+PATTERN" allows, anything else reserves. */
static Claims *claims_of(const char *const *rules, size_t count) {
        Claims *c = claims_new();
        const char *rule = "";

        for (size_t i = 0; i < count; i++) {
                int r = *rules[i] == '+' ? claims_allow(c, rules[i] + 1, &rule) : claims_reserve(c, rules[i], &rule);
                ck_assert_msg(r == 0, "%s: %s", rules[i], rule);
        }
        return c;
}

/* A claim of the node's, or of a key without one, for a domain that leads to `host`. */
typedef struct Claim {
        const char *domain, *node, *host;
        const char *refusal; /* NULL: it is taken */
} Claim;

static void expect_refusal(const Claims *c, const Claim *claim) {
        _cleanup_free_ char *key =
                xasprintf("/beach@x/web%s%s", claim->node ? "@" : "", claim->node ? claim->node : "");
        _cleanup_free_ char *host = claim->host ? xstrdup(claim->host) : NULL;
        const Route route = { .http = { .host = host, .port = 80 } };
        _cleanup_free_ char *refusal = claims_refusal(c, key, &route, claim->domain);

        ck_assert_msg(streq_or_null(refusal, claim->refusal), "%s by %s: %s", claim->domain, key, refusal);
}

static void expect_all(const char *const *rules, size_t n_rules, const Claim *claims, size_t count) {
        _cleanup_(claims_freep) Claims *c = claims_of(rules, n_rules);

        for (size_t i = 0; i < count; i++)
                expect_refusal(c, &claims[i]);
}

#define EXPECT(rules, claims) expect_all(rules, ELEMENTS(rules), claims, ELEMENTS(claims))

START_TEST(without_a_rule_everybody_may_claim_everything) {
        static const Claim claims[] = {
                { "a.org", NULL, "10.0.0.1", NULL },
                { "*.org", "web1", NULL, NULL },
                { "~.*", "web1", "h", NULL },
        };

        expect_all(NULL, 0, claims, ELEMENTS(claims));
        for (size_t i = 0; i < ELEMENTS(claims); i++)
                expect_refusal(NULL, &claims[i]);
}
END_TEST

#define NOT_ALLOWED "no allow-domain covers it"

START_TEST(what_no_pattern_allows_is_refused) {
        static const char *const rules[] = { "+a.org", "+*.b.org", "+[2001:DB8::1]", "+b\303\274cher.example" };
        static const Claim claims[] = {
                { "a.org", NULL, NULL, NULL },
                { "www.a.org", NULL, NULL, NOT_ALLOWED },
                { "b.org", NULL, NULL, NOT_ALLOWED },
                { "www.b.org", NULL, NULL, NULL },
                { "x.y.z.b.org", NULL, NULL, NULL },
                { "xb.org", NULL, NULL, NOT_ALLOWED },
                { "*.b.org", NULL, NULL, NULL },
                { "*.www.b.org", NULL, NULL, NULL },
                { "*.org", NULL, NULL, NOT_ALLOWED },
                { "*.a.org", NULL, NULL, NOT_ALLOWED },
                { "a.*", NULL, NULL, NOT_ALLOWED },
                { "www.b.*", NULL, NULL, NOT_ALLOWED },
                { "~^www.b.org", NULL, NULL, NOT_ALLOWED },
                { "[2001:db8::1]", NULL, NULL, NULL },
                { "xn--bcher-kva.example", NULL, NULL, NULL },
        };

        EXPECT(rules, claims);
}
END_TEST

#define FOR(owners, pattern) "reserved for " owners " by reserve-domain=" pattern
#define FROM(who) ": this comes from " who

START_TEST(the_most_specific_pattern_decides_alone) {
        static const char *const rules[] = { "* @other", "Shop.Example.org. @web2", "*.example.org @web1 @web3",
                                             "*.eu.example.org @" };
        static const Claim claims[] = {
                { "shop.example.org", "web2", NULL, NULL },
                { "shop.example.org", "web1", NULL, FOR("@web2", "shop.example.org") FROM("@web1") },
                { "shop.example.org", NULL, NULL, FOR("@web2", "shop.example.org") FROM("a key without node") },
                { "www.example.org", "web1", NULL, NULL },
                { "www.example.org", "web3", NULL, NULL },
                { "www.example.org", "WEB1", NULL, FOR("@web1, @web3", "*.example.org") FROM("@WEB1") },
                { "www.example.org", "web", NULL, FOR("@web1, @web3", "*.example.org") FROM("@web") },
                { "www.shop.example.org", "web1", NULL, NULL },
                { "a.b.eu.example.org", NULL, NULL, NULL },
                { "a.b.eu.example.org", "web1", NULL, FOR("@", "*.eu.example.org") FROM("@web1") },
                { "eu.example.org", "web1", NULL, NULL },
                { "example.org", "other", NULL, NULL },
                { "example.org", "web1", NULL, FOR("@other", "*") FROM("@web1") },
                { "[2001:db8::1]", "other", NULL, NULL },
                { "localhost", "web1", NULL, FOR("@other", "*") FROM("@web1") },
        };

        EXPECT(rules, claims);
}
END_TEST

#define AT(where) " and leads to " where

START_TEST(every_address_of_a_route_must_lie_in_the_networks) {
        static const char *const rules[] = { "a.org 10.1.0.0/16 fd00::/8 192.0.2.7", "b.org @web1 10.1.0.0/16" };
        static const Claim claims[] = {
                { "a.org", "web1", "10.1.2.3", NULL },
                { "a.org", NULL, "fd12::1", NULL },
                { "a.org", NULL, "192.0.2.7", NULL },
                { "a.org", NULL, "10.2.0.1",
                  FOR("10.1.0.0/16, fd00::/8, 192.0.2.7", "a.org") FROM("a key without node") AT("10.2.0.1") },
                { "a.org", "n", "10.1.evil.example.org",
                  FOR("10.1.0.0/16, fd00::/8, 192.0.2.7", "a.org") FROM("@n") AT("10.1.evil.example.org") },
                { "a.org", "n", NULL, FOR("10.1.0.0/16, fd00::/8, 192.0.2.7", "a.org") FROM("@n") AT("no address") },
                { "b.org", "web1", "10.2.0.1", NULL },
                { "b.org", "web1", NULL, NULL },
                { "b.org", "web2", "10.1.0.1", NULL },
                { "b.org", "web2", "10.2.0.1", FOR("@web1, 10.1.0.0/16", "b.org") FROM("@web2") AT("10.2.0.1") },
        };

        EXPECT(rules, claims);
}
END_TEST

START_TEST(one_address_outside_is_enough) {
        static const char *const rules[] = { "a.org 10.0.0.0/8" };
        _cleanup_(claims_freep) Claims *c = claims_of(rules, ELEMENTS(rules));
        char inside[] = "10.0.0.1", outside[] = "192.0.2.1";
        const Route routes[] = {
                { .http = { outside, 80 }, .https = { inside, 443 } },
                { .http = { inside, 80 }, .https = { outside, 443 } },
                { .http = { inside, 80 }, .https = { inside, 443 }, .endpoint = { outside, 80 } },
        };

        for (size_t i = 0; i < ELEMENTS(routes); i++) {
                _cleanup_free_ char *refusal = claims_refusal(c, "/beachhead/web", &routes[i], "a.org");
                ck_assert_str_eq(refusal, FOR("10.0.0.0/8", "a.org") FROM("a key without node") AT("192.0.2.1"));
        }
}
END_TEST

#define TAKES_IN(owners, pattern, domain)                                                                             \
        "takes in what is reserved for " owners " by reserve-domain=" pattern ": it needs a reserve-domain=" domain   \
        " of its own"
#define MIGHT_TAKE(owners, pattern) "might take what is reserved for " owners " by reserve-domain=" pattern

START_TEST(what_covers_many_names_reaches_none_that_is_reserved) {
        static const char *const rules[] = { "shop.example.org @web1", "*.eu.example.org @web2", "*.example.net @web1",
                                             "a.example.net @web2",    "192.0.2.1 @web1",        "* @web1 @web3" };
        static const Claim claims[] = {
                { "*.org", "web1", NULL, TAKES_IN("@web1", "shop.example.org", "*.org") },
                { "*.example.org", "web3", NULL, TAKES_IN("@web1", "shop.example.org", "*.example.org") },
                { "*.shop.example.org", "web3", NULL, NULL },
                { "*.eu.example.org", "web2", NULL, NULL },
                { "*.fr.eu.example.org", "web2", NULL, NULL },
                { "*.fr.eu.example.org", "web3", NULL, FOR("@web2", "*.eu.example.org") FROM("@web3") },
                { "*.example.com", "web3", NULL, NULL },
                { "*.example.com", "web2", NULL, FOR("@web1, @web3", "*") FROM("@web2") },
                /* The operator has said whose all of these are. */
                { "*.example.net", "web1", NULL, NULL },
                { "*.example.net", "web2", NULL, FOR("@web1", "*.example.net") FROM("@web2") },
                { "*.b.example.net", "web1", NULL, NULL },
                { "*.net", "web1", NULL, TAKES_IN("@web1", "*.example.net", "*.net") },
                { "*.2.1", "web1", NULL, TAKES_IN("@web1", "192.0.2.1", "*.2.1") },
                { "~^shop\\.example\\.org$", "web1", NULL, MIGHT_TAKE("@web1", "shop.example.org") },
                { "~^nothing$", "web3", NULL, MIGHT_TAKE("@web1", "shop.example.org") },
                { "shop.example.*", "web1", NULL, MIGHT_TAKE("@web1", "shop.example.org") },
        };

        EXPECT(rules, claims);
}
END_TEST

START_TEST(whoever_may_have_everything_may_have_expressions) {
        static const char *const rules[] = { "* @web1" };
        static const Claim claims[] = {
                { "~.*", "web1", NULL, NULL },
                { "www.*", "web1", NULL, NULL },
                { "*.org", "web1", NULL, NULL },
                { "~.*", "web2", NULL, FOR("@web1", "*") FROM("@web2") },
        };

        EXPECT(rules, claims);
}
END_TEST

START_TEST(what_is_reserved_must_be_allowed_too) {
        static const char *const rules[] = { "+*.example.org", "a.example.org @web1", "b.org @web1" };
        static const Claim claims[] = {
                { "a.example.org", "web1", NULL, NULL },
                { "a.example.org", "web2", NULL, FOR("@web1", "a.example.org") FROM("@web2") },
                { "b.example.org", "web2", NULL, NULL },
                { "*.example.org", "web2", NULL, TAKES_IN("@web1", "a.example.org", "*.example.org") },
                { "b.org", "web1", NULL, NOT_ALLOWED },
        };

        EXPECT(rules, claims);
}
END_TEST

START_TEST(many_owners_are_counted) {
        static const char *const rules[] = { "a.org\t@a  @b 10.0.0.0/8 @c @d" };
        static const Claim claims[] = {
                { "a.org", "d", NULL, NULL },
                { "a.org", "e", NULL, FOR("@a, @b, 10.0.0.0/8 and 2 more", "a.org") FROM("@e") AT("no address") },
        };

        EXPECT(rules, claims);
}
END_TEST

/* `rule` is what the message holds. */
typedef struct BadRule {
        const char *text, *rule;
} BadRule;

static void expect_bad(int add(Claims *c, const char *text, const char **ret_rule), const BadRule *bad, size_t count) {
        static const char *const rules[] = { "+known.org", "known.org @web1", "+*", "* @web1" };
        _cleanup_(claims_freep) Claims *c = claims_of(rules, ELEMENTS(rules));

        for (size_t i = 0; i < count; i++) {
                const char *rule = "accepted";
                ck_assert_msg(add(c, bad[i].text, &rule) == -EINVAL, "\"%s\" is accepted", bad[i].text);
                ck_assert_msg(strstr(rule, bad[i].rule), "\"%s\": %s", bad[i].text, rule);
        }
}

START_TEST(a_rule_that_is_none_is_refused) {
        static const BadRule patterns[] = {
                { "", "must begin with" },     { " ", "must begin with" },   { "a..org", "must begin with" },
                { "*org", "must begin with" }, { "**", "must begin with" },  { "*.", "must begin with" },
                { "a.*", "must begin with" },  { "~^a", "must begin with" }, { ".a.org", "must begin with" },
                { "*.*.org", "must begin" },   { "a.*.org", "must begin" },  { "known.org", "already" },
                { "KNOWN.org.", "already" },   { "*", "already" },           { "a/b", "must begin with" },
        };
        static const BadRule allowing[] = { { "a.org b.org", "one pattern" }, { "a.org @web1", "one pattern" } };
        static const BadRule reserving[] = {
                { "a.org", "must name owners" },
                { "a.org web1", "must name owners" },
                { "a.org @web1 b.org", "must name owners" },
                { "a.org 10.0.0.0/33", "must name owners" },
                { "a.org @web1,@web2", "name of a node" },
                { "a.org @a@b", "name of a node" },
                { "a.org 10.1.2.3/16", "bit behind" },
                { "known.org @web2", "already" },
        };

        expect_bad(claims_allow, patterns, ELEMENTS(patterns));
        expect_bad(claims_reserve, patterns, ELEMENTS(patterns));
        expect_bad(claims_allow, allowing, ELEMENTS(allowing));
        expect_bad(claims_reserve, reserving, ELEMENTS(reserving));
}
END_TEST

START_TEST(a_rule_has_so_many_owners) {
        _cleanup_(claims_freep) Claims *c = claims_new();
        Text text = { 0 };
        const char *rule = "";

        text_append(&text, "a.org");
        for (int i = 0; i < CLAIM_OWNERS_MAX; i++)
                text_appendf(&text, " @n%d", i);
        ck_assert_int_eq(claims_reserve(c, text.data, &rule), 0);
        text_append(&text, " @one-more");
        text.data[0] = 'b';
        ck_assert_int_eq(claims_reserve(c, text.data, &rule), -EINVAL);
        ck_assert_str_eq(rule, "has more owners than one line may have");
        text_done(&text);
}
END_TEST

TEST_MAIN("claims", without_a_rule_everybody_may_claim_everything, what_no_pattern_allows_is_refused,
          the_most_specific_pattern_decides_alone, every_address_of_a_route_must_lie_in_the_networks,
          one_address_outside_is_enough, what_covers_many_names_reaches_none_that_is_reserved,
          whoever_may_have_everything_may_have_expressions, what_is_reserved_must_be_allowed_too,
          many_owners_are_counted, a_rule_that_is_none_is_refused, a_rule_has_so_many_owners)
