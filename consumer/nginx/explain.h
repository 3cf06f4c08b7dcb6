/* One site in words, for --explain. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/policy.h"

/* Adds lines: what its ports answer, with which certificate, which of the operator's settings and files hold for it.
 * What containers chose is said elsewhere. */
void explain_vhost(const Vhost *v, const NginxPolicy *policy, StringList *lines);
