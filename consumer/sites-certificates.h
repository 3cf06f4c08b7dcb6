/* What containers wish for certificates, into one request a certificate. Pure. */
#pragma once

#include "consumer/candidate.h"
#include "consumer/sites.h"

/* Told of each wish, or part of one, that cannot be asked of a CA. */
typedef void CertificateProblemFunc(void *userdata, const Candidate *wish, const char *reason);

/* The first name of the route's wish that a CA can certify, borrowed; NULL without one. */
const char *certificate_base(const Route *route);

/* One request from all wishes for the same base, in the order of candidates_sort(); there is at least one. */
void certificate_request_merge(CertificateRequest *ret, const Candidate *items, size_t count,
                               CertificateProblemFunc *problem, void *userdata);
void certificate_request_done(CertificateRequest *r);
