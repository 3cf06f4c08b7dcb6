/* A policy and claims under it, a line each: "+PATTERN" allows, "-PATTERN OWNER …" reserves, "DOMAIN INSTANCE HOST"
 * claims. What is decided is what going through all rules one by one decides. */
#include "beachhead/keyspace.h"
#include "common/hostname.h"
#include "common/server-name.h"
#include "common/text.h"
#include "consumer/claims.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The rules that were taken: the pattern in its one form, a space, the owners as they came. */
typedef struct Policy {
        Claims *claims;
        StringList allowed, reserved;
} Policy;

static void require(bool holds) {
        if (!holds)
                abort();
}

/* In the one form that routes have; NULL for what no route has. */
static char *normal_form(const char *text) {
        _cleanup_free_ char *ascii = NULL;
        char *name = NULL;
        ServerNameKind kind;

        if (server_name_to_ascii(text, &ascii) < 0 || server_name_normalize(ascii, &name, &kind, NULL) < 0)
                return NULL;
        return name;
}

static void add_rule(Policy *p, const char *line) {
        bool allows = *line == '+';
        const char *rest = line + 1, *rule = NULL;
        int r = (allows ? claims_allow : claims_reserve)(p->claims, rest, &rule);

        require(r == 0 || rule);
        if (r < 0)
                return;
        _cleanup_free_ char *pattern = next_word(&rest, " \t");
        char *name = strcmp(pattern, "*") == 0 ? xstrdup("*") : normal_form(pattern);
        require(name);
        string_list_addf(allows ? &p->allowed : &p->reserved, "%s %s ", name, rest);
        free(name);
}

/* How many bytes of the rule are its pattern. */
static size_t pattern_size(const char *rule) {
        return strcspn(rule, " ");
}

static bool covers_many(const char *domain) {
        return *domain == '~' || domain[strlen(domain) - 1] == '*';
}

static bool covers(const char *rule, const char *domain) {
        _cleanup_free_ char *pattern = xstrndup(rule, pattern_size(rule));

        if (strcmp(pattern, "*") == 0)
                return true;
        if (covers_many(domain))
                return false;
        return *pattern == '*' ? has_suffix(domain, pattern + 1) : strcmp(pattern, domain) == 0;
}

/* The longest pattern is the most specific one, but for a name, which is what it is. NULL without one. */
static const char *most_specific(const StringList *rules, const char *domain) {
        const char *best = NULL;

        for (size_t i = 0; i < rules->count; i++) {
                const char *rule = rules->items[i];
                if (covers(rule, domain) &&
                    (!best || (*best == '*' && (*rule != '*' || pattern_size(rule) > pattern_size(best)))))
                        best = rule;
        }
        return best;
}

/* Whether the domain, a "*.…", takes in a pattern that is not the same. */
static bool takes_in(const char *domain, const StringList *rules) {
        for (size_t i = 0; i < rules->count; i++) {
                _cleanup_free_ char *pattern = xstrndup(rules->items[i], pattern_size(rules->items[i]));
                if (strcmp(pattern, domain) != 0 && has_suffix(pattern, domain + 1))
                        return true;
        }
        return false;
}

/* An owner as a word of the rule. */
static bool names_owner(const char *rule, const char *owner) {
        const char *cursor = rule + pattern_size(rule);
        char *word;
        bool found = false;

        while (!found && (word = next_word(&cursor, " \t"))) {
                found = strcmp(word, owner) == 0;
                free(word);
        }
        return found;
}

static bool names_networks(const char *rule) {
        return strpbrk(rule + pattern_size(rule), ".:") != NULL;
}

static void require_decision(const Policy *p, const char *domain, const char *node, const char *refusal) {
        const char *rule = most_specific(&p->reserved, domain);
        bool is_itself = rule && strncmp(rule, domain, pattern_size(rule)) == 0 && !domain[pattern_size(rule)];
        _cleanup_free_ char *owner = xasprintf("@%s", node ? node : "");

        require(!refusal || is_printable(refusal));
        if (p->allowed.count > 0 && !most_specific(&p->allowed, domain))
                require(refusal);
        else if (*domain == '*' && !is_itself && takes_in(domain, &p->reserved))
                require(refusal);
        else if (covers_many(domain))
                require(!refusal || p->reserved.count > 0);
        else if (!rule || names_owner(rule, owner))
                require(!refusal);
        else
                require(refusal || names_networks(rule));
}

static void claim(const Policy *p, const char *line) {
        _cleanup_free_ char *text = next_word(&line, " "), *instance = next_word(&line, " ");
        _cleanup_free_ char *host = next_word(&line, " "), *domain = text ? normal_form(text) : NULL;

        if (!domain || !instance || !keyspace_instance_is_valid(instance) || (host && !endpoint_host_is_valid(host)))
                return;
        _cleanup_free_ char *key = xasprintf("/beach@head/%s", instance);
        const Route route = { .endpoint = { host, 80 } };
        _cleanup_free_ char *refusal = claims_refusal(p->claims, key, &route, domain);
        require_decision(p, domain, keyspace_node(instance), refusal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = xstrndup(size > 0 ? (const char *)data : "", size);
        Policy p = { .claims = claims_new() };
        const char *cursor = text;
        char *line;

        for (int i = 0; i < LINES_MAX && (line = next_word(&cursor, "\n")); i++) {
                if (*line == '+' || *line == '-')
                        add_rule(&p, line);
                else
                        claim(&p, line);
                free(line);
        }
        string_list_clear(&p.allowed);
        string_list_clear(&p.reserved);
        (void)claims_free(p.claims);
        return 0;
}
