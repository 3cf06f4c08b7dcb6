/* A contest: the candidates for a site, or for one path of it, as they decide what it is and disagree. Pure. */
#pragma once

#include "consumer/candidate.h"
#include "consumer/sites.h"

#include <stdbool.h>

typedef struct Contest {
        const Candidate *items; /* borrowed; in the order of candidates_sort(), ranked by the state of their entries */
        size_t n_deciding;      /* the first of them, all of one state: they make the site */
        size_t n_restricting;   /* these, and those that are only missing: absence does not lift what they restrict */
} Contest;

/* There is at least one candidate. */
Contest contest_new(const Candidate *items, size_t count);
SiteState contest_state(const Contest *c);

/* Whether a route disagrees with what was decided. */
typedef bool DissentFunc(const void *decided, const Route *route);

/* The first candidate that disagrees, NULL without one; how many do. */
typedef struct Dissent {
        const Candidate *first;
        size_t count;
} Dissent;

Dissent dissent_find(const Candidate *items, size_t count, DissentFunc *dissents, const void *decided);
/* "shop@n1", or "shop@n1 (and 3 more)". The caller owns it. */
char *dissent_names(const Dissent *d);
/* "WINNER asks for A and OTHERS for B: WINNER was created first and decides". */
void note_conflict(StringList *notes, const Candidate *winner, const char *wish, const Dissent *d,
                   const char *other_wish);
/* "WINNER asks for A and OTHERS for B: the stricter one holds". */
void note_restriction(StringList *notes, const Candidate *winner, const char *wish, const Dissent *d,
                      const char *other_wish);
