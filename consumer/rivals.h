/* Rivals: all that ask for one name, be it a domain or a certificate, kept by name and in the order of the names while
 * entries come and go. What has changed is known, so that a change costs what it touches. Pure. */
#pragma once

#include "consumer/candidate.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Rivals Rivals;

/* What one route asks for. */
typedef struct Bid {
        Candidate candidate;
        Rivals *rivals;
        struct Bid *prev, *next; /* among the rivals */
        struct Bid *sibling;     /* the next one of the same entry */
} Bid;

struct Rivals {
        char *name;
        Bid *bids; /* in no order that means anything; NULL: there are none any more */
        size_t count;
        void *made; /* what was made of them last; of who asks for the changes */
        bool is_new, has_changed;
};

typedef struct RivalsByName RivalsByName;

RivalsByName *rivals_by_name_new(void);
/* Those that are left must have nothing made any more. */
RivalsByName *rivals_by_name_free(RivalsByName *r);
DEFINE_CLEANUP(RivalsByName *, rivals_by_name_free);

/* Adds a bid among those for the candidate's name, and to its entry's. */
void rivals_bid(RivalsByName *r, Candidate candidate, Entry *entry);
/* Takes all bids of an entry back, whatever they are for. */
void rivals_withdraw(Entry *entry);

/* Calls for all whose bids have changed since the last call, also where none is left; these are forgotten then, and
 * what was made of them must be freed. */
typedef void RivalsChangedFunc(void *userdata, Rivals *rivals);
void rivals_settle(RivalsByName *r, RivalsChangedFunc *changed, void *userdata);
/* All of them in the order of their names; borrowed until the next call of rivals_settle(). */
Rivals *const *rivals_sorted(const RivalsByName *r, size_t *ret_count);

/* The candidates of the bids in the order of candidates_sort(). The caller frees the array. */
Candidate *rivals_candidates(const Rivals *r);
