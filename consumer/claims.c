/* Claims: rules by the pattern that they are for, found by what follows each dot of a domain. Pure. */
#include "consumer/claims.h"

#include "beachhead/keyspace.h"
#include "common/network.h"
#include "common/server-name.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

#define WHITE_SPACE " \t"

enum { OWNERS_SHOWN_MAX = 3 };

/* One pattern, by what the names that it covers end in: "shop.example.org", ".example.org" for "*.example.org", "" for
 * "*". */
typedef struct Rule {
        char *ending;
        StringList nodes; /* "" for keys without node */
        Network *networks;
        size_t n_networks;
        char *owners; /* for people */
        UT_hash_handle hh;
} Rule;

/* An ending above a reserved pattern: what is to cover all of that reaches the pattern. */
typedef struct Above {
        const char *ending; /* borrowed from the rule */
        const Rule *rule;   /* the first one below it */
        UT_hash_handle hh;
} Above;

struct Claims {
        Rule *allowed, *reserved;
        Above *above;
        const Rule *first_narrow; /* the first reservation that is not for everything */
};

Claims *claims_new(void) {
        return new0(Claims);
}

static Rule *rule_free(Rule *r) {
        if (!r)
                return NULL;
        free(r->ending);
        string_list_clear(&r->nodes);
        free(r->networks);
        free(r->owners);
        free(r);
        return NULL;
}
DEFINE_CLEANUP(Rule *, rule_free);

static void rules_free(Rule *rules) {
        Rule *rule, *next;

        HASH_ITER (hh, rules, rule, next) {
                HASH_DEL(rules, rule);
                (void)rule_free(rule);
        }
}

Claims *claims_free(Claims *c) {
        Above *above, *next;

        if (!c)
                return NULL;
        HASH_ITER (hh, c->above, above, next) {
                HASH_DEL(c->above, above);
                free(above);
        }
        rules_free(c->allowed);
        rules_free(c->reserved);
        free(c);
        return NULL;
}

/* ---- rules as operators write them ---- */

static const char owners_rule[] = "must name owners behind the pattern: @node, @ or a network such as 10.1.0.0/16";

static int fail(const char *rule, const char **ret_rule) {
        *ret_rule = rule;
        return -EINVAL;
}

static Rule *rule_find(Rule *rules, const char *ending) {
        Rule *rule;

        HASH_FIND_STR(rules, ending, rule);
        return rule;
}

/* A regular expression or "www.example.*": what it covers is not told by its ending. */
static bool has_no_ending(const char *domain) {
        return *domain == '~' || domain[strlen(domain) - 1] == '*';
}

/* Of a domain or pattern that has one. */
static const char *ending_of(const char *domain) {
        return *domain == '*' ? domain + 1 : domain;
}

static int pattern_read(const char *text, char **ret_ending) {
        _cleanup_free_ char *ascii = NULL, *name = NULL;
        ServerNameKind kind;

        if (strcmp(text, "*") == 0) {
                *ret_ending = xstrdup("");
                return 0;
        }
        if (server_name_to_ascii(text, &ascii) < 0 || server_name_normalize(ascii, &name, &kind, NULL) < 0 ||
            has_no_ending(name))
                return -EINVAL;
        *ret_ending = xstrdup(ending_of(name));
        return 0;
}

/* The first word is the pattern; *cursor moves behind it. */
static int rule_read(Rule *known, const char **cursor, Rule **ret, const char **ret_rule) {
        _cleanup_free_ char *pattern = next_word(cursor, WHITE_SPACE);
        _cleanup_(rule_freep) Rule *r = new0(Rule);

        if (!pattern || pattern_read(pattern, &r->ending) < 0)
                return fail("must begin with a name, an address, *.example.org or *", ret_rule);
        if (rule_find(known, r->ending))
                return fail("is for a pattern that has such a line already", ret_rule);
        *ret = TAKE_PTR(r);
        return 0;
}

int claims_allow(Claims *c, const char *text, const char **ret_rule) {
        _cleanup_(rule_freep) Rule *r = NULL;

        if (rule_read(c->allowed, &text, &r, ret_rule) < 0)
                return -EINVAL;
        _cleanup_free_ char *more = next_word(&text, WHITE_SPACE);
        if (more)
                return fail("must be one pattern", ret_rule);
        HASH_ADD_KEYPTR(hh, c->allowed, r->ending, strlen(r->ending), r);
        (void)TAKE_PTR(r);
        return 0;
}

static int add_node(Rule *r, const char *node, const char **ret_rule) {
        if (*node && !keyspace_node_is_valid(node))
                return fail("must have the name of a node behind its @", ret_rule);
        string_list_add(&r->nodes, node);
        return 0;
}

static int add_network(Rule *r, const char *text, const char **ret_rule) {
        Network n;

        if (network_from_text(text, &n) < 0)
                return fail(owners_rule, ret_rule);
        if (!network_is_whole(&n))
                return fail("must have networks without a bit behind their length: 10.1.0.0/16, not 10.1.2.3/16",
                            ret_rule);
        array_grow(r->networks, r->n_networks);
        r->networks[r->n_networks++] = n;
        return 0;
}

static int read_owners(Rule *r, const char *text, const char **ret_rule) {
        Text shown = { 0 };
        char *word;
        size_t count = 0;
        int result = 0;

        while (result == 0 && (word = next_word(&text, WHITE_SPACE))) {
                _cleanup_free_ char *owner = word;
                if (++count > CLAIM_OWNERS_MAX)
                        result = fail("has more owners than one line may have", ret_rule);
                else
                        result = *owner == '@' ? add_node(r, owner + 1, ret_rule) : add_network(r, owner, ret_rule);
                if (count <= OWNERS_SHOWN_MAX)
                        text_appendf(&shown, "%s%s", count > 1 ? ", " : "", owner);
        }
        if (result == 0 && count == 0)
                result = fail(owners_rule, ret_rule);
        if (count > OWNERS_SHOWN_MAX)
                text_appendf(&shown, " and %zu more", count - OWNERS_SHOWN_MAX);
        r->owners = text_take(&shown);
        return result;
}

/* Every ending that is above the rule's own learns of it. */
static void mark_above(Claims *c, const Rule *r) {
        if (!*r->ending)
                return;
        c->first_narrow = c->first_narrow ? c->first_narrow : r;
        for (const char *dot = strchr(r->ending + 1, '.'); dot; dot = strchr(dot + 1, '.')) {
                Above *above;
                HASH_FIND_STR(c->above, dot, above);
                if (above)
                        return; /* and so do all above that one */
                above = new0(Above);
                *above = (Above){ .ending = dot, .rule = r };
                HASH_ADD_KEYPTR(hh, c->above, above->ending, strlen(above->ending), above);
        }
}

int claims_reserve(Claims *c, const char *text, const char **ret_rule) {
        _cleanup_(rule_freep) Rule *r = NULL;

        if (rule_read(c->reserved, &text, &r, ret_rule) < 0 || read_owners(r, text, ret_rule) < 0)
                return -EINVAL;
        HASH_ADD_KEYPTR(hh, c->reserved, r->ending, strlen(r->ending), r);
        mark_above(c, r);
        (void)TAKE_PTR(r);
        return 0;
}

/* ---- who may claim what ---- */

/* The most specific rule that covers all of the domain; NULL without one. */
static const Rule *rule_covering(Rule *rules, const char *domain) {
        const char *ending = has_no_ending(domain) ? NULL : ending_of(domain);
        const Rule *rule = NULL;

        for (; ending && !rule; ending = strchr(ending + 1, '.'))
                rule = rule_find(rules, ending);
        return rule ? rule : rule_find(rules, "");
}

/* A reservation that the domain reaches although it is not the one that covers it; NULL without one. */
static const Rule *rule_reached(const Claims *c, const char *domain, const Rule *covering) {
        Above *above;

        if (has_no_ending(domain))
                return c->first_narrow;
        if (*domain != '*' || (covering && strcmp(covering->ending, ending_of(domain)) == 0))
                return NULL;
        HASH_FIND_STR(c->above, ending_of(domain), above);
        return above ? above->rule : NULL;
}

/* NULL: the key has none. */
static const char *node_of(const char *key) {
        const char *slash = strrchr(key, '/');

        return keyspace_node(slash ? slash + 1 : key);
}

static bool owns_by_node(const Rule *r, const char *key) {
        const char *node = node_of(key);

        return node ? *node && string_list_contains(&r->nodes, node) : string_list_contains(&r->nodes, "");
}

static bool is_inside(const Rule *r, const char *host) {
        for (size_t i = 0; i < r->n_networks; i++)
                if (network_has(&r->networks[i], host))
                        return true;
        return false;
}

/* Where the route leads: to the first address that is outside, else to the last one; NULL without any. */
static const char *telling_address(const Rule *r, const Route *route) {
        const Endpoint *const endpoints[] = { &route->http, &route->https, &route->endpoint };
        const char *host = NULL;

        for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
                if (endpoints[i]->host) {
                        host = endpoints[i]->host;
                        if (!is_inside(r, host))
                                break;
                }
        return host;
}

static void append_pattern(Text *t, const Rule *r) {
        text_appendf(t, "reserve-domain=%s%s", *r->ending == '.' || !*r->ending ? "*" : "", r->ending);
}

/* NULL where the claim is an owner's. */
static char *refuse_stranger(const Rule *r, const char *key, const Route *route) {
        const char *node = node_of(key), *host = telling_address(r, route);
        Text t = { 0 };

        if (owns_by_node(r, key) || (host && is_inside(r, host)))
                return NULL;
        text_appendf(&t, "reserved for %s by ", r->owners);
        append_pattern(&t, r);
        text_appendf(&t, ": this comes from %s%s", node ? "@" : "a key without node", node ? node : "");
        if (r->n_networks > 0)
                text_appendf(&t, " and leads to %s", host ? host : "no address");
        return text_take(&t);
}

static char *refuse_reach(const Rule *reached, const char *domain) {
        Text t = { 0 };

        text_append(&t, has_no_ending(domain) ? "might take" : "takes in");
        text_appendf(&t, " what is reserved for %s by ", reached->owners);
        append_pattern(&t, reached);
        if (!has_no_ending(domain))
                text_appendf(&t, ": it needs a reserve-domain=%s of its own", domain);
        return text_take(&t);
}

char *claims_refusal(const Claims *c, const char *key, const Route *route, const char *domain) {
        if (!c)
                return NULL;
        if (c->allowed && !rule_covering(c->allowed, domain))
                return xstrdup("no allow-domain covers it");
        if (!c->reserved)
                return NULL;
        const Rule *rule = rule_covering(c->reserved, domain), *reached = rule_reached(c, domain, rule);
        if (reached)
                return refuse_reach(reached, domain);
        return rule ? refuse_stranger(rule, key, route) : NULL;
}
