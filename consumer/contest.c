/* Contests: who decides, who disagrees. Pure. */
#include "consumer/contest.h"

Contest contest_new(const Candidate *items, size_t count) {
        Contest c = { items, 1, 1 };

        while (c.n_deciding < count && items[c.n_deciding].rank == items[0].rank)
                c.n_deciding++;
        c.n_restricting = c.n_deciding;
        while (c.n_restricting < count && items[c.n_restricting].entry->state != ENTRY_GONE)
                c.n_restricting++;
        return c;
}

SiteState contest_state(const Contest *c) {
        static const SiteState states[_ENTRY_STATE_COUNT] = {
                [ENTRY_LIVE] = SITE_LIVE,
                [ENTRY_MISSING] = SITE_HELD,
                [ENTRY_GONE] = SITE_LINGERING,
        };

        return states[c->items[0].entry->state];
}

Dissent dissent_find(const Candidate *items, size_t count, DissentFunc *dissents, const void *decided) {
        Dissent d = { 0 };

        for (size_t i = 0; i < count; i++)
                if (dissents(decided, items[i].route)) {
                        d.first = d.first ? d.first : &items[i];
                        d.count++;
                }
        return d;
}

char *dissent_names(const Dissent *d) {
        _cleanup_free_ char *publisher = candidate_publisher(d->first);

        return d->count > 1 ? xasprintf("%s (and %zu more)", publisher, d->count - 1) : TAKE_PTR(publisher);
}

void note_conflict(StringList *notes, const Candidate *winner, const char *wish, const Dissent *d,
                   const char *other_wish) {
        _cleanup_free_ char *name = candidate_publisher(winner), *others = dissent_names(d);

        string_list_addf(notes, "%s asks for %s and %s for %s: %s was created first and decides", name, wish, others,
                         other_wish, name);
}

void note_restriction(StringList *notes, const Candidate *winner, const char *wish, const Dissent *d,
                      const char *other_wish) {
        _cleanup_free_ char *name = candidate_publisher(winner), *others = dissent_names(d);

        string_list_addf(notes, "%s asks for %s and %s for %s: the stricter one holds", name, wish, others,
                         other_wish);
}
