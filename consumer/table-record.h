/* The records of the table: an entry in its lists, the list of its state and, where it is gone, that of its key. Only
 * the table knows them. */
#pragma once

#include "consumer/table.h"

typedef enum RecordLink {
        LINK_STATE,
        LINK_KEY,
        _LINK_COUNT,
} RecordLink;

typedef struct Slot Slot; /* all that the table knows of one key */

typedef struct Record {
        Entry entry; /* first: what the outside sees */
        Slot *slot;
        struct {
                struct Record *before, *after;
        } links[_LINK_COUNT];
} Record;

/* With `since` ascending. */
typedef struct RecordList {
        Record *first, *last;
        size_t count;
        TableSize size;
} RecordList;

/* Borrows slot and key, owns `registration` from now on. Without one the bytes are not kept either. */
Record *record_new(Slot *slot, char *key, const char *value, size_t size, Registration *registration);
void record_free(Record *r);
void entry_problems_add(EntryProblems *p, const char *domain, const char *reason);
/* Takes over what is in `with`, in place of what there was. */
void entry_problems_replace(EntryProblems *p, EntryProblems *with);
void entry_problems_done(EntryProblems *p);
/* Whether it is what these bytes say; never without a registration. */
bool record_has_value(const Record *r, const char *value, size_t size);

/* What it takes up, with what is wrong with it. */
TableSize record_size(const Record *r);
void table_size_add(TableSize *to, TableSize more);
void table_size_subtract(TableSize *from, TableSize less);
bool table_size_fits(TableSize size, TableSize max);

void record_list_append(RecordList *l, Record *r, RecordLink link);
void record_list_remove(RecordList *l, Record *r, RecordLink link);
/* A clock that was set back must not hold anything longer than the policy says, nor put a list of states out of order:
 * what is since later than now is since now. */
void record_list_clamp(RecordList *l, uint64_t now);
