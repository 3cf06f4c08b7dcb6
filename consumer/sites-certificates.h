/* What containers wish for certificates, into one request a certificate. Pure. */
#pragma once

#include "consumer/candidate.h"
#include "consumer/claims.h"
#include "consumer/sites.h"

/* Told of each wish, or part of one, that cannot be asked of a CA. */
typedef void CertificateProblemFunc(void *userdata, const Candidate *wish, const char *reason);

/* The first name of the route's wish that a CA can certify and that the claims do not refuse to this entry, borrowed;
 * NULL without one. */
const char *certificate_base(const Claims *claims, const Entry *entry, const Route *route);

/* The rank among the wishes for a base: those of routes that serve it come first. */
int certificate_rank(const Route *route, const char *base);

/* One request from all wishes for the same base, in the order of candidates_sort(); there is at least one. Their
 * names, but for those that the claims refuse, go together, the first ones' first; the terms are as those of the first
 * one's rank say: a container that joins the certificate of a site that others serve cannot have it made otherwise, or
 * not at all. Each term is from the first of them that says something on it, and who disagrees is a problem. */
void certificate_request_merge(CertificateRequest *ret, const Candidate *items, size_t count, const Claims *claims,
                               CertificateProblemFunc *problem, void *userdata);
void certificate_request_done(CertificateRequest *r);
