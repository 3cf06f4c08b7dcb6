/* Checks of services, on the loop: each again and again, a bounded number at once. */
#pragma once

#include "common/memory.h"
#include "registrar/check-spec.h"

#include <systemd/sd-event.h>

enum { CHECKS_AT_ONCE = 64 }; /* the others wait in order */

typedef struct Checker Checker;
typedef struct Check Check;

/* `failure` says where and why, borrowed; NULL: it passed. Called from the loop; checks must not be freed from here.
 */
typedef void CheckResultFunc(void *userdata, const char *failure);

int checker_new(Checker **ret, sd_event *event);
/* All checks must have been freed. */
Checker *checker_free(Checker *c);
DEFINE_CLEANUP(Checker *, checker_free);

/* Checks as soon as there is room, and from then on. Borrows `spec`. */
Check *check_new(Checker *checker, const CheckSpec *spec, CheckResultFunc *result, void *userdata);
/* Without a call. */
Check *check_free(Check *c);
