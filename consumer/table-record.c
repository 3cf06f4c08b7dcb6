/* The records of the table and their lists. Pure. */
#include "consumer/table-record.h"

#include <stdlib.h>
#include <string.h>

Record *record_new(Slot *slot, char *key, const char *value, size_t size, Registration *registration) {
        Record *r = new0(Record);

        r->slot = slot;
        r->entry.key = key;
        r->entry.registration = registration;
        r->entry.value_size = registration ? size : 0;
        r->entry.value = xcalloc(r->entry.value_size + 1, 1);
        memcpy(r->entry.value, value, r->entry.value_size);
        r->entry.deadline_usec = UINT64_MAX;
        return r;
}

void entry_problems_add(EntryProblems *p, const char *domain, const char *reason) {
        if (p->count == ENTRY_PROBLEMS_MAX)
                return;
        array_grow(p->items, p->count);
        p->items[p->count++] = (EntryProblem){ .domain = domain ? xstrdup(domain) : NULL, .reason = xstrdup(reason) };
}

void entry_problems_done(EntryProblems *p) {
        for (size_t i = 0; i < p->count; i++) {
                free(p->items[i].domain);
                free(p->items[i].reason);
        }
        free(p->items);
        *p = (EntryProblems){ 0 };
}

void entry_problems_replace(EntryProblems *p, EntryProblems *with) {
        entry_problems_done(p);
        *p = *with;
        *with = (EntryProblems){ 0 };
}

void record_free(Record *r) {
        entry_problems_done(&r->entry.problems);
        entry_problems_done(&r->entry.refused);
        registration_free(r->entry.registration);
        free(r->entry.value);
        free(r);
}

bool record_has_value(const Record *r, const char *value, size_t size) {
        return r->entry.registration && r->entry.value_size == size && memcmp(r->entry.value, value, size) == 0;
}

static size_t problems_size(const EntryProblems *p) {
        size_t bytes = 0;

        for (size_t i = 0; i < p->count; i++)
                bytes += (p->items[i].domain ? strlen(p->items[i].domain) : 0) + strlen(p->items[i].reason);
        return bytes;
}

TableSize record_size(const Record *r) {
        const Registration *registration = r->entry.registration;

        return (TableSize){
                .entries = 1,
                .routes = registration ? registration->n_routes : 0,
                .bytes = strlen(r->entry.key) + r->entry.value_size + problems_size(&r->entry.problems) +
                         problems_size(&r->entry.refused),
        };
}

void table_size_add(TableSize *to, TableSize more) {
        to->entries += more.entries;
        to->routes += more.routes;
        to->bytes += more.bytes;
}

bool table_size_fits(TableSize size, TableSize max) {
        return size.entries <= max.entries && size.routes <= max.routes && size.bytes <= max.bytes;
}

void table_size_subtract(TableSize *from, TableSize less) {
        from->entries -= less.entries;
        from->routes -= less.routes;
        from->bytes -= less.bytes;
}

void record_list_append(RecordList *l, Record *r, RecordLink link) {
        r->links[link].before = l->last;
        r->links[link].after = NULL;
        if (l->last)
                l->last->links[link].after = r;
        else
                l->first = r;
        l->last = r;
        l->count++;
        table_size_add(&l->size, record_size(r));
}

void record_list_remove(RecordList *l, Record *r, RecordLink link) {
        Record *before = r->links[link].before, *after = r->links[link].after;

        if (before)
                before->links[link].after = after;
        else
                l->first = after;
        if (after)
                after->links[link].before = before;
        else
                l->last = before;
        l->count--;
        table_size_subtract(&l->size, record_size(r));
}

void record_list_clamp(RecordList *l, uint64_t now) {
        for (Record *r = l->last; r && r->entry.since_usec > now; r = r->links[LINK_STATE].before)
                r->entry.since_usec = now;
}
