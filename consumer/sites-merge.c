/* Many containers, one domain: how it is reached and its settings are decided for all, then each path by itself. Pure.
 */
#include "consumer/sites-merge.h"

#include "consumer/contest.h"
#include "consumer/sites-location.h"
#include "consumer/sites-route.h"
#include "consumer/sites-settings.h"

#include <stdlib.h>
#include <string.h>

/* ---- what holds for the whole site ---- */

/* The first that chose how it is reached, else the first. */
static const Candidate *shape_decider(const Contest *contest) {
        for (size_t i = 0; i < contest->n_deciding; i++)
                if (route_chose_reach(contest->items[i].route))
                        return &contest->items[i];
        return &contest->items[0];
}

/* The first that restricts access and is not to be had in clear, where somebody else would open it: over HTTP nobody
 * shows a certificate. NULL without one. */
static const Candidate *stricter_decider(const Contest *contest, const Candidate *decider) {
        if (route_reach(decider->route).plain != PLAIN_SERVE)
                return NULL;
        for (size_t i = 0; i < contest->n_restricting; i++) {
                const Route *route = contest->items[i].route;
                if (settings_forbid_clear(&route->settings) && route_reach(route).plain != PLAIN_SERVE)
                        return &contest->items[i];
        }
        return NULL;
}

static bool wants_another_reach(const void *decided, const Route *route) {
        const SiteShape *shape = decided;
        Reach wanted = route_reach(route);

        return route_chose_reach(route) && (wanted.plain != shape->plain || wanted.https != shape->https);
}

static void note_reach(const SiteShape *shape, const Contest *contest, const Candidate *decider, bool by_strictness,
                       StringList *notes) {
        Dissent d = dissent_find(contest->items, contest->n_deciding, wants_another_reach, shape);

        if (d.first)
                (by_strictness ? note_restriction : note_conflict)(notes, decider, route_reach_wish(decider->route),
                                                                   &d, route_reach_wish(d.first->route));
}

static SiteDecision decide(Site *site, const Contest *contest, StringList *notes) {
        const Candidate *first = shape_decider(contest), *stricter = stricter_decider(contest, first);
        const Candidate *decider = stricter ? stricter : first;
        Reach reach = route_reach(decider->route);

        site->shape.plain = reach.plain;
        site->shape.https = reach.https;
        site->shape.method_implied = !route_chose_reach(decider->route);
        if (notes)
                note_reach(&site->shape, contest, decider, stricter, notes);
        settings_merge(&site->shape.settings, contest, 0, _EDGE_OF_SITE_COUNT, notes);
        return (SiteDecision){ &site->shape, decider };
}

/* ---- its paths ---- */

/* The candidates of one path. */
typedef struct PathRun {
        const Candidate *items;
        size_t count;
} PathRun;

static int compare_age(const void *a, const void *b) {
        return candidate_compare(((const PathRun *)a)->items, ((const PathRun *)b)->items);
}

static int compare_paths(const void *a, const void *b) {
        return strcmp(((const PathRun *)a)->items->path, ((const PathRun *)b)->items->path);
}

/* Keeps those whose first candidates come first: a late one with many paths takes nobody's place. */
static size_t cut_paths(PathRun *runs, size_t count, StringList *notes) {
        if (count <= SITE_LOCATIONS_MAX)
                return count;
        string_list_addf(notes, "there are %zu paths, of which the %d that were created first are served", count,
                         SITE_LOCATIONS_MAX);
        qsort(runs, count, sizeof *runs, compare_age);
        qsort(runs, SITE_LOCATIONS_MAX, sizeof *runs, compare_paths);
        return SITE_LOCATIONS_MAX;
}

/* What is said of "/" is said of the site. */
static void take_notes(Site *site, const char *path, StringList *notes) {
        for (size_t i = 0; i < notes->count; i++)
                if (strcmp(path, "/") == 0)
                        string_list_take(&site->notes, TAKE_PTR(notes->items[i]));
                else
                        string_list_addf(&site->notes, "at %s: %s", path, notes->items[i]);
        string_list_clear(notes);
}

static void merge_path(Site *site, const SiteDecision *decision, const PathRun *run) {
        _cleanup_string_list_ StringList notes = { 0 };
        Contest contest = contest_new(run->items, run->count);
        Location *l = &site->locations[site->n_locations++];

        location_merge(l, decision, &contest, &notes);
        take_notes(site, l->path, &notes);
        candidates_add_publishers(contest.items, contest.n_deciding, &site->publishers);
}

/* `sorted` as candidates_sort_by_path() does. */
static void merge_paths(Site *site, const SiteDecision *decision, const Candidate *sorted, size_t count) {
        _cleanup_free_ PathRun *runs = NULL;
        size_t n_runs = 0;

        for (size_t i = 0; i < count; i += runs[n_runs++].count) {
                array_grow(runs, n_runs);
                runs[n_runs] = (PathRun){ &sorted[i], candidates_path_run(&sorted[i], count - i) };
        }
        n_runs = cut_paths(runs, n_runs, &site->notes);
        site->locations = xcalloc(n_runs, sizeof *site->locations);
        for (size_t i = 0; i < n_runs; i++)
                merge_path(site, decision, &runs[i]);
}

static void cut_notes(StringList *notes) {
        size_t more = notes->count > SITE_NOTES_MAX ? notes->count - SITE_NOTES_MAX : 0;

        if (more == 0)
                return;
        while (notes->count > SITE_NOTES_MAX)
                free(notes->items[--notes->count]);
        string_list_addf(notes, "and %zu disagreements more", more);
}

void site_merge(Site *ret, const Candidate *items, size_t count) {
        _cleanup_free_ Candidate *sorted = NULL;
        Contest contest = contest_new(items, count);

        *ret = (Site){
                .domain = xstrdup(items[0].name),
                .kind = server_name_kind(items[0].name),
                .state = contest_state(&contest),
                .created = items[0].entry->registration->created,
        };
        SiteDecision decision = decide(ret, &contest, ret->state == SITE_LINGERING ? NULL : &ret->notes);
        if (candidates_path_run(items, count) < count) {
                sorted = xcalloc(count, sizeof *sorted);
                memcpy(sorted, items, count * sizeof *sorted);
                candidates_sort_by_path(sorted, count);
        }
        merge_paths(ret, &decision, sorted ? sorted : items, count);
        publishers_settle(&ret->publishers);
        cut_notes(&ret->notes);
}

void site_done(Site *site) {
        free(site->domain);
        edge_settings_done(&site->shape.settings);
        for (size_t i = 0; i < site->n_locations; i++)
                location_done(&site->locations[i]);
        free(site->locations);
        string_list_clear(&site->publishers);
        string_list_clear(&site->notes);
}
