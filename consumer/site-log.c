/* Says in the log what changes from one set of sites to the next. */
#include "consumer/site-log.h"

#include "common/log.h"

#include <string.h>

static const char *state_words(SiteState state) {
        switch (state) {
        case SITE_LIVE:
                return "is live";
        case SITE_HELD:
                return "is held: all its registrations are missing from Redis, it is served on";
        case SITE_LINGERING:
                return "has no endpoint any more: its last one left on purpose, it answers 503";
        }
        return "";
}

static void say_state(const Site *site) {
        _cleanup_free_ char *publishers = string_list_join(&site->publishers, ", ");

        log_write(site->state == SITE_HELD ? LOG_WARNING : LOG_INFO,
                  ABOUT(.domain = site->domain, .container = publishers), "site %s (%s) %s", site->domain, publishers,
                  state_words(site->state));
}

/* What `before` did not say yet; `before` may be NULL. */
static void say_notes(const Site *before, const Site *after) {
        for (size_t i = 0; i < after->notes.count; i++)
                if (!before || !string_list_contains(&before->notes, after->notes.items[i]))
                        log_warning_about(ABOUT(.domain = after->domain), "site %s: %s", after->domain,
                                          after->notes.items[i]);
}

static bool same_publishers(const Site *a, const Site *b) {
        if (a->publishers.count != b->publishers.count)
                return false;
        for (size_t i = 0; i < a->publishers.count; i++)
                if (strcmp(a->publishers.items[i], b->publishers.items[i]) != 0)
                        return false;
        return true;
}

static void say_change(const Site *before, const Site *after) {
        if (!before || before->state != after->state || !same_publishers(before, after))
                say_state(after);
        say_notes(before, after);
}

static void say_sites(const Sites *before, const Sites *after) {
        size_t i = 0, j = 0, n_before = before ? before->count : 0;

        while (i < n_before || j < after->count) {
                int order = i == n_before       ? 1
                            : j == after->count ? -1
                                                : strcmp(before->items[i].domain, after->items[j].domain);
                if (order < 0)
                        log_info_about(ABOUT(.domain = before->items[i].domain), "site %s is gone",
                                       before->items[i].domain);
                else
                        say_change(order == 0 ? &before->items[i] : NULL, &after->items[j]);
                i += order <= 0;
                j += order >= 0;
        }
}

void site_log_changes(const Sites *before, const Sites *after) {
        say_sites(before, after);
        for (size_t i = 0; i < after->n_set_aside; i++) {
                const SetAside *aside = &after->set_aside[i];
                if (!before || !sites_has_set_aside(before, aside))
                        log_warning_about(ABOUT(.domain = aside->domain, .key = aside->key, .reason = aside->reason),
                                          "%s is set aside, as published in %s: %s", aside->domain, aside->key,
                                          aside->reason);
        }
}
