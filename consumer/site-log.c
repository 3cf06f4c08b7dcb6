/* Says in the log what changes from one set of sites to the next. */
#include "consumer/site-log.h"

#include "common/log.h"

#include <string.h>

enum { PATHS_SHOWN_MAX = 10 };

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

static int state_level(SiteState state) {
        return state == SITE_HELD ? LOG_WARNING : LOG_INFO;
}

/* Paths as they are listed: " at /, /api and 3 more". */
typedef struct Places {
        Text text;
        size_t count;
} Places;

static void places_add(Places *p, const char *path) {
        if (p->count++ < PATHS_SHOWN_MAX)
                text_appendf(&p->text, "%s%s", p->count > 1 ? ", " : " at ", path);
}

/* "" where there are none; the caller owns it. */
static char *places_take(Places *p) {
        if (p->count > PATHS_SHOWN_MAX)
                text_appendf(&p->text, " and %zu more", p->count - PATHS_SHOWN_MAX);
        return text_take(&p->text);
}

/* With the paths that are in the site's own state, unless "/" is all there is. */
static void say_state(const Site *site) {
        bool is_whole = site->n_locations == 1 && strcmp(site->locations[0].path, "/") == 0;
        _cleanup_free_ char *publishers = string_list_join(&site->publishers, ", "), *at = NULL;
        Places places = { 0 };

        for (size_t i = 0; i < site->n_locations && !is_whole; i++)
                if (site->locations[i].state == site->state)
                        places_add(&places, site->locations[i].path);
        at = places_take(&places);
        log_write(state_level(site->state), ABOUT(.domain = site->domain, .container = publishers),
                  "site %s%s (%s) %s", site->domain, at, publishers, state_words(site->state));
}

static void say_places(const Site *site, Places *places, int level, const char *words) {
        _cleanup_free_ char *at = places_take(places);

        if (*at)
                log_write(level, ABOUT(.domain = site->domain), "site %s%s %s", site->domain, at, words);
}

static int compare_path(const void *path, const void *location) {
        return strcmp(path, ((const Location *)location)->path);
}

/* NULL without one; `site` may be NULL. */
static const Location *find_location(const Site *site, const char *path) {
        return site ? bsearch(path, site->locations, site->n_locations, sizeof *site->locations, compare_path) : NULL;
}

/* The paths that came to another state than that of the site, and those that are gone. */
static void say_locations(const Site *before, const Site *after) {
        Places gone = { 0 }, came[SITE_LINGERING + 1] = { 0 };

        for (size_t i = 0; i < after->n_locations; i++) {
                const Location *l = &after->locations[i], *was = find_location(before, l->path);
                if (l->state != after->state && (!was || was->state != l->state))
                        places_add(&came[l->state], l->path);
        }
        for (size_t i = 0; before && i < before->n_locations; i++)
                if (!find_location(after, before->locations[i].path))
                        places_add(&gone, before->locations[i].path);
        for (SiteState state = SITE_LIVE; state <= SITE_LINGERING; state++)
                say_places(after, &came[state], state_level(state), state_words(state));
        say_places(after, &gone, LOG_INFO, "is gone");
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

static bool same_locations(const Site *a, const Site *b) {
        if (a->n_locations != b->n_locations)
                return false;
        for (size_t i = 0; i < a->n_locations; i++)
                if (a->locations[i].state != b->locations[i].state ||
                    strcmp(a->locations[i].path, b->locations[i].path) != 0)
                        return false;
        return true;
}

static void say_change(const Site *before, const Site *after) {
        if (before == after)
                return;
        if (!before || before->state != after->state || !same_publishers(before, after) ||
            !same_locations(before, after)) {
                say_state(after);
                say_locations(before, after);
        }
        say_notes(before, after);
}

static int compare_domains(const Site *a, const Site *b) {
        return a == b ? 0 : strcmp(a->domain, b->domain);
}

static void say_sites(const Sites *before, const Sites *after) {
        size_t i = 0, j = 0, n_before = before ? before->count : 0;

        while (i < n_before || j < after->count) {
                int order = i == n_before       ? 1
                            : j == after->count ? -1
                                                : compare_domains(before->items[i], after->items[j]);
                if (order < 0)
                        log_info_about(ABOUT(.domain = before->items[i]->domain), "site %s is gone",
                                       before->items[i]->domain);
                else
                        say_change(order == 0 ? before->items[i] : NULL, after->items[j]);
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
