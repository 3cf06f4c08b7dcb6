/* One site in words, for --explain. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/policy.h"

/* Adds lines: how the site is served, from where, with which certificate and include. `reason` is what
 * certificates_find() said, or NULL. */
void explain_vhost(const Vhost *v, const char *reason, const NginxPolicy *policy, StringList *lines);
