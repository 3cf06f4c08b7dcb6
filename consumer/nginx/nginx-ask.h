/* Asks nginx which version it is. */
#pragma once

#include "consumer/nginx/nginx-version.h"

/* What the first word of the command that checks a configuration, run once as `nginx -V`, says. It is waited for, five
 * seconds at most, since nothing can be rendered before. Where that is in vain: NGINX_VERSION_ASSUMED and a log line
 * about it. Needs SIGCHLD blocked. */
NginxVersion nginx_ask_version(const char *check_command);
