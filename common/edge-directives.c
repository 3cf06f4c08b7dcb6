/* The types of settings that have a grammar of their own: HSTS, and how requests are spread. Pure. */
#include "beachhead/edge-settings.h"
#include "common/edge-type.h"
#include "common/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* RFC 6797, 6.1: each directive once, in any order. */
static int parse_hsts_directive(const char *directive, Hsts *h, bool *has_max_age) {
        static const char max_age[] = "max-age=";
        uint64_t seconds;

        if (strcasecmp(directive, "includeSubDomains") == 0 && !h->include_subdomains) {
                h->include_subdomains = true;
        } else if (strcasecmp(directive, "preload") == 0 && !h->preload) {
                h->preload = true;
        } else if (strncasecmp(directive, max_age, strlen(max_age)) == 0 && !*has_max_age &&
                   parse_unsigned(directive + strlen(max_age), 0, UINT32_MAX, &seconds) == 0) {
                h->max_age_sec = (uint32_t)seconds;
                *has_max_age = true;
        } else {
                return -EINVAL;
        }
        return 0;
}

static int parse_hsts(const EdgeType *type, const char *text, void *ret) {
        bool has_max_age = false;
        const char *cursor = text;
        Hsts h = { 0 };
        char *word;

        (void)type;
        if (strcasecmp(text, "off") == 0) {
                *(Hsts *)ret = (Hsts){ .off = true };
                return 0;
        }
        while ((word = next_word(&cursor, ";"))) {
                _cleanup_free_ char *piece = word, *directive = trimmed(piece);
                if (*directive && parse_hsts_directive(directive, &h, &has_max_age) < 0)
                        return -EINVAL;
        }
        if (!has_max_age)
                return -EINVAL;
        *(Hsts *)ret = h;
        return 0;
}

static void format_hsts(const EdgeType *type, const void *value, Text *t) {
        const Hsts *h = value;

        (void)type;
        if (h->off)
                text_append(t, "off");
        else
                text_appendf(t, "max-age=%" PRIu32 "%s%s", h->max_age_sec,
                             h->include_subdomains ? "; includeSubDomains" : "", h->preload ? "; preload" : "");
}

const EdgeType edge_type_hsts = {
        .rule = "must be off, or max-age=SECONDS, perhaps with \"; includeSubDomains\" and \"; preload\"",
        .parse = parse_hsts,
        .format = format_hsts,
        .size = sizeof(Hsts),
        .owned = EDGE_TYPE_OWNS_NOTHING,
};

static const char *const balance_methods[] = {
        [BALANCE_ROUND_ROBIN] = "round_robin",
        [BALANCE_LEAST_CONN] = "least_conn",
        [BALANCE_IP_HASH] = "ip_hash",
        [BALANCE_RANDOM] = "random",
        [BALANCE_RANDOM_TWO] = "random two",
        [BALANCE_RANDOM_TWO_LEAST_CONN] = "random two least_conn",
        [BALANCE_HASH] = "hash",
};

static bool hash_key_is_valid(const char *key) {
        static const char *const whole[] = { "$request_uri", "$uri",         "$args",
                                             "$host",        "$remote_addr", "$binary_remote_addr" };
        static const char *const beginnings[] = { "$cookie_", "$http_", "$arg_" };

        for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
                if (strcmp(key, whole[i]) == 0)
                        return true;
        for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
                const char *name = key + strlen(beginnings[i]);
                if (has_prefix(key, beginnings[i]))
                        return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
        }
        return false;
}

static int parse_hash(const StringList *words, Balance *ret) {
        bool consistent = words->count == 3 && strcmp(words->items[2], "consistent") == 0;

        if (words->count < 2 || words->count != (consistent ? 3 : 2) || !hash_key_is_valid(words->items[1]))
                return -EINVAL;
        *ret = (Balance){ .method = BALANCE_HASH, .key = xstrdup(words->items[1]), .consistent = consistent };
        return 0;
}

/* The words of a directive as people write it on a label, without its last ";". */
static void split_directive(const char *text, StringList *ret) {
        size_t length = strlen(text);
        _cleanup_free_ char *directive = xstrndup(text, length > 0 && text[length - 1] == ';' ? length - 1 : length);
        const char *cursor = directive;
        char *word;

        while ((word = next_word(&cursor, " \t")))
                string_list_take(ret, word);
}

static int parse_balance(const EdgeType *type, const char *text, void *ret) {
        _cleanup_string_list_ StringList words = { 0 };

        (void)type;
        split_directive(text, &words);
        if (words.count > 0 && strcmp(words.items[0], balance_methods[BALANCE_HASH]) == 0)
                return parse_hash(&words, ret);
        _cleanup_free_ char *method = string_list_join(&words, " ");
        for (size_t i = 0; i < sizeof balance_methods / sizeof *balance_methods; i++)
                if (strcmp(balance_methods[i], method) == 0) {
                        *(Balance *)ret = (Balance){ .method = (BalanceMethod)i };
                        return 0;
                }
        return -EINVAL;
}

static void format_balance(const EdgeType *type, const void *value, Text *t) {
        const Balance *b = value;

        (void)type;
        text_append(t, balance_methods[b->method]);
        if (b->method == BALANCE_HASH)
                text_appendf(t, " %s%s", b->key, b->consistent ? " consistent" : "");
}

const EdgeType edge_type_balance = {
        .rule = "must be round_robin, least_conn, ip_hash, random [two [least_conn]] or hash VARIABLE [consistent]",
        .parse = parse_balance,
        .format = format_balance,
        .size = sizeof(Balance),
        .owned = offsetof(Balance, key),
};
