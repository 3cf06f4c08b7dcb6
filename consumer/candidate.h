/* A candidate: one route as it competes with others for a domain, or one certificate wish for a certificate. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/table.h"

#include <stddef.h>

typedef struct Candidate {
        const char *name; /* what it competes for: a domain, or the first name of a certificate; borrowed */
        int rank;         /* lower ones are looked at alone */
        const Entry *entry;
        const Route *route;
        size_t sequence; /* its place among all, in the order of the table: the last word */
} Candidate;

typedef struct Candidates {
        Candidate *items;
        size_t count;
} Candidates;

void candidates_add(Candidates *c, const char *name, int rank, const Entry *entry, const Route *route);
/* In the order of (name, rank, created, instance, table): the first of a name decides. */
void candidates_sort(Candidates *c);
void candidates_done(Candidates *c);

/* How many from `first` on have its name. */
size_t candidates_run(const Candidates *c, size_t first);

/* The instance of a key, for people: what is behind its last slash, made printable. The caller owns it. */
char *candidate_publisher(const Candidate *c);
/* All of them, sorted, each once. */
void candidates_publishers(const Candidate *items, size_t count, StringList *ret);
