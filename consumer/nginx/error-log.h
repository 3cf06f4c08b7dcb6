/* nginx's error log, from a moment on: a failed reload is told nowhere else. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/policy.h"

typedef struct ErrorLog ErrorLog;

/* Remembers where the log ends now. Never NULL; a log that cannot be read says nothing. */
ErrorLog *error_log_new(const NginxPolicy *policy);
ErrorLog *error_log_free(ErrorLog *l);
DEFINE_CLEANUP(ErrorLog *, error_log_free);
/* Reads on. Returns nginx's words (owned by the caller) where they say that the reload failed, NULL otherwise. */
char *error_log_failure(ErrorLog *l);
/* A bind() that failed and may be tried again by nginx; NULL without one. Borrowed. */
const char *error_log_complaint(const ErrorLog *l);
