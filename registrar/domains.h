/* BEACHHEAD_DOMAINS: domain-specs separated by white space, DOMAIN[:http[=PORT]][:https[=PORT]]. Neither given: both.
 * Ports default to 80 and 443. Pure. Source: beachhead-companion's README. */
#pragma once

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct DomainSpec {
        char *domain;                   /* in the form of server_name_normalize() */
        uint16_t http_port, https_port; /* 0: not asked for */
        bool https_implied;             /* neither was written */
} DomainSpec;

typedef struct DomainSpecs {
        DomainSpec *specs;
        size_t count;
} DomainSpecs;

/* Parses all of `text`. An unknown parameter is a warning, added to `warnings`; a domain or port that is none is an
 * error for the whole text. A domain that is named twice keeps its first spec, with a warning. Returns 0, or -EINVAL
 * with a message in *ret_message (owned by the caller) that quotes the spec, printable. */
int domain_specs_parse(const char *text, DomainSpecs *ret, StringList *warnings, char **ret_message);
void domain_specs_done(DomainSpecs *d);
