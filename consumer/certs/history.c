/* One certificate's history, in memory: what happens to it, and what follows from it. */
#include "consumer/certs/history.h"

#include "consumer/certs/times.h"

#include <string.h>

History *history_new(void) {
        return new0(History);
}

History *history_free(History *h) {
        if (!h)
                return NULL;
        free(h->ca);
        free(h->preferred_chain);
        free(h->profile);
        free(h->asked);
        free(h->reason);
        free(h);
        return NULL;
}

static char *copy_text(const char *text) {
        return text ? xstrdup(text) : NULL;
}

History *history_copy(const History *h) {
        History *copy = history_new();

        *copy = *h;
        copy->ca = copy_text(h->ca);
        copy->preferred_chain = copy_text(h->preferred_chain);
        copy->profile = copy_text(h->profile);
        copy->asked = copy_text(h->asked);
        copy->reason = copy_text(h->reason);
        return copy;
}

static int64_t later(int64_t a, int64_t b) {
        return a > b ? a : b;
}

/* Where the clock has gone back, what stands in its future is not known to have happened. */
static void add_now(int64_t *times, size_t *count, int64_t now) {
        while (*count > 0 && times[*count - 1] > now)
                (*count)--;
        times_add(times, count, HISTORY_ORDERS_MAX, now);
}

void history_ordered(History *h, int64_t now) {
        add_now(h->orders, &h->n_orders, now);
}

static int64_t wait_after(unsigned failures, int64_t first_wait, int64_t retry_after, double random) {
        int64_t wait = later(first_wait, 1);

        for (unsigned i = 1; i < failures && wait < HISTORY_WAIT_MAX_SEC; i++)
                wait *= 2;
        wait = later(wait, retry_after);
        if (wait >= HISTORY_WAIT_MAX_SEC)
                return HISTORY_WAIT_MAX_SEC;
        wait += (int64_t)((double)wait / 10 * random);
        return wait < HISTORY_WAIT_MAX_SEC ? wait : HISTORY_WAIT_MAX_SEC;
}

/* Clients' words are made printable where they are read; history_decode() insists on it. */
static char *one_line(const char *reason) {
        if (is_printable(reason))
                return xstrndup(reason, HISTORY_REASON_MAX);
        return printable(reason, strlen(reason), (HISTORY_REASON_MAX - strlen("...")) / strlen("\\xNN"));
}

static void forget_failures(History *h) {
        h->failures = 0;
        h->failing_since = h->retry_at = 0;
        REPLACE_PTR(h->asked, NULL);
        REPLACE_PTR(h->reason, NULL);
}

static void replace_text(char **text, const char *with) {
        REPLACE_PTR(*text, copy_text(with));
}

void history_failed(History *h, const char *asked, int64_t now, int64_t first_wait, int64_t retry_after, double random,
                    const char *reason) {
        _cleanup_free_ char *line = one_line(reason);

        if (!streq_or_null(h->asked, asked))
                forget_failures(h);
        if (h->failures == 0 || h->failing_since > now)
                h->failing_since = now;
        if (h->failures < HISTORY_FAILURES_MAX)
                h->failures++;
        h->retry_at = now + wait_after(h->failures, first_wait, retry_after, random);
        replace_text(&h->asked, asked);
        REPLACE_PTR(h->reason, TAKE_PTR(line));
}

void history_issued(History *h, int64_t now, const char *ca, const char *preferred_chain, const char *profile) {
        add_now(h->issued, &h->n_issued, now);
        forget_failures(h);
        replace_text(&h->ca, ca);
        replace_text(&h->preferred_chain, preferred_chain);
        replace_text(&h->profile, profile);
}

int64_t history_retry_at(const History *h, const char *asked, int64_t now) {
        if (h->failures == 0 || h->retry_at > now + HISTORY_WAIT_MAX_SEC)
                return 0;
        if (!h->asked || strcmp(h->asked, asked) == 0)
                return h->retry_at;
        return times_room_at(h->orders, h->n_orders, HISTORY_CHANGES_MAX, HISTORY_CHANGES_SEC, now);
}

bool history_is_spent(const History *h, int64_t now) {
        int64_t last = h->retry_at;

        if (h->n_orders > 0)
                last = later(last, h->orders[h->n_orders - 1]);
        if (h->n_issued > 0)
                last = later(last, h->issued[h->n_issued - 1]);
        return last < now - HISTORY_KEPT_SEC;
}
