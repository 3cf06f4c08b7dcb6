/* What the settings come to for nginx: which files, which commands, how it is asked, what is rendered for all sites.
 */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/path-map.h"
#include "consumer/nginx/render.h"
#include "consumer/nginx/setting-values.h"
#include "consumer/nginx/settings.h"

#include <stdbool.h>
#include <stdint.h>

/* The reserved host name under which the rendered file answers its own generation. */
#define NGINX_CONFIRM_HOST "confirm.beachhead.invalid"

/* What is const is borrowed from the settings. Paths are as they are called here, but in `render`. */
typedef struct NginxPolicy {
        const char *live_path, *main_path;
        char *previous_path;        /* what was live before, until nginx has confirmed; hidden as well */
        char *candidate_path;       /* beside the live file; hidden, so that no pattern of an include matches */
        char *private_main_path;    /* beside the main configuration, since its includes may be relative */
        const char *check_command;  /* "{main}" stands for private_main_path, as nginx calls it */
        const char *reload_command; /* NULL: SIGHUP to the pid that the main configuration names */
        char *confirm_url;          /* NULL: nginx is not asked */
        const char *confirm_source; /* the loopback address to ask from; NULL: any */
        PathMaps path_maps;
        uint64_t reload_interval_usec;

        const char *cert_dir, *vhost_dir, *htpasswd_dir; /* NULL: none */
        const char *proxy_conf;                          /* NULL: none */
        const char *error_page_dir;                      /* where 50x.html may be; NULL: nowhere */

        EdgeSettings defaults; /* of what a container may choose: all are given but cert_name, the ports and
                                * perhaps server_tokens */
        PortRange *external_ports;
        size_t n_external_ports;
        bool regex_hosts;

        RenderPolicy render;
        /* what it points to */
        RootAnswer root;
        StringList trusted_proxies, internal_networks, resolvers;
        char *default_host, *acme_root, *error_page_root, *log_format;
} NginxPolicy;

/* Borrows the settings and the directory of certificates (NULL: none), which must be what nginx_settings_check()
 * accepts and outlive it. */
NginxPolicy *nginx_policy_new(const NginxSettings *settings, const char *cert_dir, NginxVersion version);
NginxPolicy *nginx_policy_free(NginxPolicy *p);
DEFINE_CLEANUP(NginxPolicy *, nginx_policy_free);

/* Whether a container may have this port for its site: one of the operator's list, or the one that its kind of sites
 * has anyway. */
bool nginx_policy_allows_port(const NginxPolicy *p, uint16_t port, bool tls);
/* Looks again at what may differ on disk: the error page, what nginx' main configuration sets. */
void nginx_policy_refresh(NginxPolicy *p);
