/* Settings: the first that gives one decides, but what restricts access is never lost by a conflict. Pure. */
#include "consumer/sites-settings.h"

/* How much a setting of those that restrict access restricts; the others restrict nothing. */
static int strictness(const EdgeSettings *e, EdgeSetting setting) {
        static const int of_verification[] = {
                [VERIFY_OFF] = 0, [VERIFY_OPTIONAL_NO_CA] = 1, [VERIFY_OPTIONAL] = 2, [VERIFY_ON] = 3
        };

        switch (setting) {
        case EDGE_VERIFY_CLIENT:
                return of_verification[e->verify_client];
        case EDGE_HTTP_ON_MISSING_CERT:
                return !e->http_on_missing_cert;
        default:
                return 0;
        }
}

static bool restricts(EdgeSetting setting) {
        return setting == EDGE_VERIFY_CLIENT || setting == EDGE_HTTP_ON_MISSING_CERT;
}

/* The first that gives the setting, among the strictest of them; NULL where nobody does. */
static const Candidate *find_winner(const Candidate *items, size_t count, EdgeSetting setting) {
        const Candidate *winner = NULL;

        for (size_t i = 0; i < count; i++) {
                const EdgeSettings *e = &items[i].route->settings;
                if (edge_settings_has(e, setting) &&
                    (!winner || strictness(e, setting) > strictness(&winner->route->settings, setting)))
                        winner = &items[i];
        }
        return winner;
}

typedef struct Decision {
        const EdgeSettings *settings;
        EdgeSetting setting;
} Decision;

static bool gives_another_value(const void *decided, const Route *route) {
        const Decision *d = decided;

        return edge_settings_has(&route->settings, d->setting) &&
               !edge_settings_agree(&route->settings, d->settings, d->setting);
}

/* "hsts=off". The caller owns it. */
static char *setting_wish(const Candidate *c, EdgeSetting setting) {
        _cleanup_free_ char *text = edge_settings_text(&c->route->settings, setting);

        return xasprintf("%s=%s", edge_setting_name(setting), text);
}

static void note_dissent(StringList *notes, const Candidate *items, size_t count, const Candidate *winner,
                         EdgeSetting setting) {
        Decision decision = { &winner->route->settings, setting };
        Dissent d = dissent_find(items, count, gives_another_value, &decision);

        if (!d.first)
                return;
        _cleanup_free_ char *wish = setting_wish(winner, setting), *other_wish = setting_wish(d.first, setting);
        (restricts(setting) ? note_restriction : note_conflict)(notes, winner, wish, &d, other_wish);
}

static uint32_t given_by_any(const Contest *contest) {
        uint32_t given = 0;

        for (size_t i = 0; i < contest->n_restricting; i++)
                given |= contest->items[i].route->settings.given;
        return given;
}

void settings_merge(EdgeSettings *ret, const Contest *contest, EdgeSetting first, EdgeSetting end, StringList *notes) {
        uint32_t given = given_by_any(contest);

        for (EdgeSetting s = first; given && s < end; s++) {
                size_t count = restricts(s) ? contest->n_restricting : contest->n_deciding;
                const Candidate *winner = (given & (1u << s)) ? find_winner(contest->items, count, s) : NULL;
                if (!winner)
                        continue;
                edge_settings_inherit(ret, &winner->route->settings, s, s + 1);
                if (notes)
                        note_dissent(notes, contest->items, count, winner, s);
        }
}

bool settings_forbid_clear(const EdgeSettings *e) {
        return (edge_settings_has(e, EDGE_VERIFY_CLIENT) && e->verify_client == VERIFY_ON) ||
               (edge_settings_has(e, EDGE_HTTP_ON_MISSING_CERT) && !e->http_on_missing_cert);
}
