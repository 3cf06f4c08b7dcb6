/* nginx's master process: found by the pid file that the main configuration names, told by a signal. */
#pragma once

#include "consumer/nginx/policy.h"
#include "consumer/nginx/reload-pace.h"

#include <stdbool.h>

/* Whether the process that the pid file names is alive and is nginx. */
bool nginx_runs(const NginxPolicy *policy);
/* Sends SIGHUP. Returns 0, -ESRCH where no nginx runs, or the error of kill(). */
int nginx_signal(const NginxPolicy *policy);
/* Its workers; none where it does not run, or where they cannot be seen from here. */
NginxWorkers nginx_workers(const NginxPolicy *policy);
/* A number that is another one as soon as a worker was begun; 0 where none can be seen. */
uint64_t nginx_newest_worker(const NginxPolicy *policy);
/* The error log that the main configuration names, or where nginx usually has it; the caller owns it.
 * NULL: it is no file. */
char *nginx_error_log_path(const NginxPolicy *policy);
