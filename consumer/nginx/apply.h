/* Keeps nginx at the sites: what was given last is tried as a whole; where nginx does not take it, the site at fault
 * is set aside and the rest tried again, until nginx serves everything that it can.
 *
 *   IDLE ──sites, files, a retry is due──► GATHERING ──the window has passed──► TRYING ──confirmed──► IDLE
 *                                                                               │    └──no nginx──► WAITING
 *                                           ┌──rest───────────────────── HUNTING◄─┘refused, unconfirmed
 *                                           └► TRYING                       └──not a site's fault──► FAILED ──► …
 */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/certificates.h"
#include "consumer/nginx/figures.h"
#include "consumer/nginx/policy.h"
#include "consumer/nginx/site-notes.h"
#include "consumer/nginx/vhosts.h"
#include "consumer/output.h"
#include "consumer/sites.h"

#include <systemd/sd-event.h>

typedef struct Apply Apply;

/* The policy, the certificates and the notes are borrowed. `settled` is called from the loop whenever a change has
 * come to an end. */
int apply_new(Apply **ret, sd_event *event, NginxPolicy *policy, Certificates *certificates, SiteNotes *notes,
              void (*settled)(void *userdata), void *userdata);
Apply *apply_free(Apply *a);
DEFINE_CLEANUP(Apply *, apply_free);

/* `sites` is borrowed until the next call. The same ones again are a question: whether all is as it should be, on disk
 * too. */
void apply_sites(Apply *a, const Sites *sites);
OutputState apply_state(const Apply *a);
/* A phrase for the status; the caller owns it. */
char *apply_describe(const Apply *a);
void apply_figures(const Apply *a, NginxFigures *ret);
/* As they were looked at last; NULL before the first time. */
const Vhosts *apply_vhosts(const Apply *a);
/* Why nginx has set the site aside, in its words; NULL: it has not. */
const char *apply_refusal(const Apply *a, const char *domain);
/* Why nginx cannot serve, a sentence that the caller owns; NULL: it runs what it accepted. */
char *apply_ailment(const Apply *a);
/* Adds lines: why the domain is set aside, and how the live file stands beside what all sites come to. */
void apply_explain(Apply *a, const Rendering *rendering, const char *domain, StringList *lines);
