/* What the settings come to for nginx: which files, which commands, how it is asked. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/render.h"
#include "consumer/options.h"

#include <stdint.h>

/* The reserved host name under which the rendered file answers its own generation. */
#define NGINX_CONFIRM_HOST "confirm.beachhead.invalid"

typedef struct NginxPolicy {
        const char *live_path, *main_path; /* borrowed from the settings, as all that is const */
        char *candidate_path;              /* beside the live file; hidden, so that no pattern of an include matches */
        char *private_main_path;           /* beside the main configuration, since its includes may be relative */
        const char *check_command;         /* "{main}" stands for private_main_path */
        const char *reload_command;        /* NULL: SIGHUP to the pid that the main configuration names */
        char *confirm_url;                 /* NULL: nginx is not asked */
        const char *confirm_source;        /* the loopback address to ask from; NULL: any */
        const char *cert_dir, *vhost_dir;  /* NULL: none */
        RenderPolicy render;
        uint64_t reload_interval_usec;
} NginxPolicy;

/* Borrows the settings, which must outlive it. */
NginxPolicy *nginx_policy_new(const Settings *settings);
NginxPolicy *nginx_policy_free(NginxPolicy *p);
DEFINE_CLEANUP(NginxPolicy *, nginx_policy_free);
