/* The types that a setting of the edge may have: each reads a text strictly and writes it in one form. Pure. */
#pragma once

#include "common/text.h"

#include <stddef.h>
#include <stdint.h>

/* A unit of a number: "k" is 1024. */
typedef struct EdgeUnit {
        const char *name;
        int64_t factor;
} EdgeUnit;

typedef struct EdgeType EdgeType;
struct EdgeType {
        const char *rule; /* what a text has to be: "must be …" */
        size_t size;      /* of a value in memory */
        size_t owned;     /* where in it a string lies that it owns; EDGE_TYPE_OWNS_NOTHING: there is none */
        /* Returns 0, or -EINVAL with *ret untouched. */
        int (*parse)(const EdgeType *type, const char *text, void *ret);
        void (*format)(const EdgeType *type, const void *value, Text *t);

        /* of words: their canonical forms, by value */
        const char *const *words;
        size_t n_words;
        /* of numbers; the last unit that divides a value is the one it is written in */
        const EdgeUnit *units;
        size_t n_units;
        int64_t min, max;
};

#define EDGE_TYPE_OWNS_NOTHING SIZE_MAX

extern const EdgeType edge_type_switch;  /* bool, written "on" */
extern const EdgeType edge_type_boolean; /* bool, written "true" */
extern const EdgeType edge_type_policy, edge_type_acme, edge_type_verification;
extern const EdgeType edge_type_port, edge_type_size, edge_type_time;
extern const EdgeType edge_type_redirect, edge_type_keepalive, edge_type_hsts, edge_type_balance;
extern const EdgeType edge_type_file_name, edge_type_root;
