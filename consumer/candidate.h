/* A candidate: one route as it competes with others for a domain, or one certificate wish for a certificate. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/table.h"

#include <stddef.h>

typedef struct Candidate {
        const char *name; /* what it competes for: a domain, or the first name of a certificate; borrowed */
        int rank;         /* the lowest ones decide alone */
        const Entry *entry;
        const Route *route;
        const char *path; /* of the route; borrowed */
} Candidate;

Candidate candidate_of(const char *name, int rank, const Entry *entry, const Route *route);
/* In the order of (name, rank, created, instance, table, route): the first of a name decides. */
void candidates_sort(Candidate *items, size_t count);
/* The order of candidates_sort(), for qsort(). */
int candidate_compare(const void *a, const void *b);
/* Those of one name in the order of (path, rank, created, instance, table, route). */
void candidates_sort_by_path(Candidate *items, size_t count);

/* Of those of one name, in the order of candidates_sort() and ranked by the state of their entries: leaves out what is
 * gone of keys that have others among them. Returns how many are left. */
size_t candidates_drop_superseded(Candidate *items, size_t count);

/* How many of those of one name have the path of the first. */
size_t candidates_path_run(const Candidate *items, size_t count);

/* The instance of a key, for people: what is behind its last slash, made printable. The caller owns it. */
char *candidate_publisher(const Candidate *c);
/* Adds all of theirs, of each run of one entry once. */
void candidates_add_publishers(const Candidate *items, size_t count, StringList *publishers);
/* Sorted, each once. */
void publishers_settle(StringList *publishers);
