/* Who may go on with a name that two machines have. Pure. */
#include "registrar/name-clash.h"

#include "common/text.h"

#include <string.h>

void name_clash_done(NameClash *c) {
        free(TAKE_PTR(c->machine));
}

/* Between two machines that both believe to be the only one, the lower id goes on. */
static bool must_yield(const NameClash *c, bool has_published, const char *machine) {
        return !has_published || strcmp(c->own, machine) > 0;
}

/* A Redis that was emptied lacks the other machine's manifest as well: it may write it again for as long as its lease
 * would have lasted. */
static bool may_come_back(const NameClash *c, uint64_t now_usec) {
        return c->machine && now_usec - c->seen_usec < c->lease_usec;
}

bool name_clash_look(NameClash *c, const char *machine, uint64_t now_usec) {
        if (!machine && may_come_back(c, now_usec))
                return false;
        c->seen_usec = now_usec;
        if (machine && (strcmp(machine, c->own) == 0 || !must_yield(c, c->has_published, machine)))
                machine = NULL;
        if (streq_or_null(c->machine, machine))
                return false;
        REPLACE_PTR(c->machine, machine ? xstrdup(machine) : NULL);
        return true;
}

bool name_clash_look_at_key(const NameClash *c, Lease *l, LeaseChange *change, bool there, const char *machine) {
        bool was_foreign = l->foreign, own = streq_or_null(machine, c->own);

        if (change->value)
                change->withheld = machine && !own && must_yield(c, l->written != NULL, machine);
        else
                change->withheld = there && !own; /* only what carries this machine's id is deleted */
        if (change->withheld)
                REPLACE_PTR(l->written, NULL);
        l->foreign = change->withheld && change->value;
        return l->foreign && !was_foreign;
}
