/* What was asked of CAs lately: the newest times of each kind, as many as its limit. */
#include "consumer/certs/budget.h"

#include "consumer/certs/times.h"
#include "consumer/digest.h"

#include <libpsl.h>
#include <string.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

enum {
        HOUR = 60 * 60,
        ORDERS_WINDOW = 3 * HOUR,
        ACCOUNTS_WINDOW = 3 * HOUR,
        ISSUED_WINDOW = 7 * 24 * HOUR,
};

/* What was issued for one registered domain, or for one set of names. */
typedef struct Issued {
        char *key;
        int64_t *times;
        size_t count;
        UT_hash_handle hh;
} Issued;

struct Budget {
        int64_t orders[BUDGET_ORDERS], accounts[BUDGET_ACCOUNTS];
        size_t n_orders, n_accounts;
        Issued *issued; /* in the order in which they were last counted */
};

Budget *budget_new(void) {
        return new0(Budget);
}

static void drop(Budget *b, Issued *item) {
        HASH_DEL(b->issued, item);
        free(item->key);
        free(item->times);
        free(item);
}

Budget *budget_free(Budget *b) {
        Issued *item, *next;

        if (!b)
                return NULL;
        HASH_ITER (hh, b->issued, item, next)
                drop(b, item);
        free(b);
        return NULL;
}

/* ---- keys ---- */

/* What Let's Encrypt counts a name for. A public suffix counts for itself; so does each name where libpsl was built
 * without the list. */
static const char *registered_domain(const char *name) {
        const char *domain = has_prefix(name, "*.") ? name + strlen("*.") : name;
        const char *registered = psl_registrable_domain(psl_builtin(), domain);

        return registered ? registered : domain;
}

/* Sorted, each once. */
static void registered_domains(const StringList *names, StringList *ret) {
        _cleanup_string_list_ StringList all = { 0 };

        for (size_t i = 0; i < names->count; i++)
                string_list_add(&all, registered_domain(names->items[i]));
        string_list_sort(&all);
        for (size_t i = 0; i < all.count; i++)
                if (i == 0 || strcmp(all.items[i - 1], all.items[i]) != 0)
                        string_list_add(ret, all.items[i]);
}

/* In whatever order they are. No registered domain is as long and without a dot. */
static void names_key(const StringList *names, char ret[static DIGEST_SIZE]) {
        _cleanup_string_list_ StringList sorted = { 0 };

        for (size_t i = 0; i < names->count; i++)
                string_list_add(&sorted, names->items[i]);
        string_list_sort(&sorted);
        _cleanup_free_ char *joined = string_list_join(&sorted, " ");
        digest_hex(&(struct iovec){ joined, strlen(joined) }, 1, ret);
}

/* ---- counting ---- */

void budget_count_order(Budget *b, int64_t at) {
        times_add(b->orders, &b->n_orders, BUDGET_ORDERS, at);
}

void budget_count_account(Budget *b, int64_t at) {
        times_add(b->accounts, &b->n_accounts, BUDGET_ACCOUNTS, at);
}

/* The first in the hash table is the one that was counted longest ago. */
static void forget_old(Budget *b, int64_t at) {
        while (b->issued && (b->issued->times[b->issued->count - 1] <= at - ISSUED_WINDOW ||
                             HASH_COUNT(b->issued) > BUDGET_KEYS_MAX))
                drop(b, b->issued);
}

static void count_key(Budget *b, const char *key, size_t max, int64_t at) {
        Issued *item;

        HASH_FIND_STR(b->issued, key, item);
        if (item) {
                HASH_DEL(b->issued, item);
        } else {
                item = new0(Issued);
                item->key = xstrdup(key);
        }
        if (item->count < max)
                array_grow(item->times, item->count);
        times_add(item->times, &item->count, max, at);
        HASH_ADD_KEYPTR(hh, b->issued, item->key, strlen(item->key), item);
}

void budget_count_issued(Budget *b, const StringList *names, int64_t at) {
        _cleanup_string_list_ StringList domains = { 0 };
        char key[DIGEST_SIZE];

        registered_domains(names, &domains);
        for (size_t i = 0; i < domains.count; i++)
                count_key(b, domains.items[i], BUDGET_REGISTERED, at);
        names_key(names, key);
        count_key(b, key, BUDGET_SAME_NAMES, at);
        forget_old(b, at);
}

/* ---- asking ---- */

static void wait_for(int64_t *at, int64_t room_at, const char *limit, const char **ret_limit) {
        if (room_at <= *at)
                return;
        *at = room_at;
        if (ret_limit)
                *ret_limit = limit;
}

static int64_t key_at(const Budget *b, const char *key, size_t max, int64_t now) {
        const Issued *item;

        HASH_FIND_STR(b->issued, key, item);
        return item ? times_room_at(item->times, item->count, max, ISSUED_WINDOW, now) : now;
}

int64_t budget_order_at(const Budget *b, const StringList *names, bool renewal, int64_t now, const char **ret_limit) {
        _cleanup_string_list_ StringList domains = { 0 };
        size_t orders = renewal ? BUDGET_ORDERS : BUDGET_ORDERS - BUDGET_ORDERS_FOR_RENEWALS;
        char key[DIGEST_SIZE];
        int64_t at = now;

        wait_for(&at, times_room_at(b->orders, b->n_orders, orders, ORDERS_WINDOW, now),
                 "the limit of orders in 3 hours", ret_limit);
        if (renewal)
                return at;
        registered_domains(names, &domains);
        for (size_t i = 0; i < domains.count; i++)
                wait_for(&at, key_at(b, domains.items[i], BUDGET_REGISTERED, now),
                         "the limit of certificates in 7 days for its registered domain", ret_limit);
        names_key(names, key);
        wait_for(&at, key_at(b, key, BUDGET_SAME_NAMES, now), "the limit of certificates in 7 days for its names",
                 ret_limit);
        return at;
}

int64_t budget_account_at(const Budget *b, int64_t now, const char **ret_limit) {
        int64_t at = now;

        wait_for(&at, times_room_at(b->accounts, b->n_accounts, BUDGET_ACCOUNTS, ACCOUNTS_WINDOW, now),
                 "the limit of new accounts in 3 hours", ret_limit);
        return at;
}
