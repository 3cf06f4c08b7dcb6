/* What an operator may say about nginx as a whole: the options of the nginx output, as texts. What they come to is the
 * policy (policy.h). */
#pragma once

#include "beachhead/edge-settings.h"
#include "common/options.h"

#include <stdbool.h>
#include <stdint.h>

/* As options_read() leaves them. */
typedef struct NginxSettings {
        char *conf, *main, *check;
        char *reload;         /* NULL: SIGHUP to the pid that the main configuration names */
        char *confirm;        /* NULL: on the HTTP port over loopback; "none": not at all */
        char *version;        /* NULL: what `nginx -V` says */
        StringList path_maps; /* "HERE:THERE": how nginx, in a container, calls what lies below HERE */
        uint64_t reload_interval_msec;

        char *http_listen, *https_listen; /* [ADDRESS:]PORT */
        bool ipv6, proxy_protocol;
        StringList external_ports;
        bool trust_downstream_proxy;
        StringList trusted_proxies, internal_networks, resolvers;

        char *vhost_dir, *htpasswd_dir, *proxy_conf;
        char *default_host, *default_root, *error_page;
        bool regex_hosts, acme_unknown_hosts;
        char *acme_root;

        char *access_log;      /* a file; "off"; NULL: as the main configuration says */
        StringList log_format; /* pieces, joined by a space */
        char *log_format_escape;
        bool log_json;

        int https_method;                /* an index into nginx_https_methods */
        char *edge[_EDGE_SETTING_COUNT]; /* defaults of what a container may choose, each by its name with "-" */
} NginxSettings;

/* "redirect" …, ends with NULL; the first one is HTTPS_METHOD_REDIRECT. */
extern const char *const nginx_https_methods[];

enum { NGINX_RELOAD_INTERVAL_MAX_MSEC = 60 * 1000 };

/* Rows for an option table whose settings have an NginxSettings named `nginx`: those that most need, and under
 * headings of their own, apart in --help, all others. */
/* clang-format off */
#define NGINX_AT(Settings, member) .offset = offsetof(Settings, nginx.member)
#define NGINX_TEXT(Settings, member, name_, argument_, standard_, help_)                                              \
        { .type = OPTION_TEXT, .name = name_, .argument = argument_, .standard = standard_, .help = help_,            \
          NGINX_AT(Settings, member) }
#define NGINX_NEEDED(Settings, member, name_, argument_, standard_, help_)                                            \
        { .type = OPTION_TEXT, .name = name_, .argument = argument_, .standard = standard_, .help = help_,            \
          .needed = true, NGINX_AT(Settings, member) }
#define NGINX_TEXTS(Settings, member, name_, argument_, help_)                                                        \
        { .type = OPTION_TEXTS, .name = name_, .argument = argument_, .help = help_, NGINX_AT(Settings, member) }
#define NGINX_FLAG(Settings, member, name_, help_)                                                                    \
        { .type = OPTION_FLAG, .name = name_, .help = help_, NGINX_AT(Settings, member) }
#define NGINX_EDGE(Settings, setting, name_, argument_, standard_, help_)                                             \
        NGINX_NEEDED(Settings, edge[setting], name_, argument_, standard_, help_)
#define NGINX_HEADING(help_) { .type = OPTION_HEADING, .topic = "nginx", .help = help_ }

#define NGINX_OPTIONS(S)                                                                                              \
        NGINX_NEEDED(S, conf, "nginx-conf", "FILE", "/etc/nginx/conf.d/beachhead.conf", "the file that is written"),  \
        NGINX_NEEDED(S, main, "nginx-main", "FILE", "/etc/nginx/nginx.conf",                                          \
                     "the main configuration, which includes it"),                                                    \
        NGINX_NEEDED(S, http_listen, "http-port", "[ADDR:]PORT", "80", "where nginx listens"),                        \
        NGINX_NEEDED(S, https_listen, "https-port", "[ADDR:]PORT", "443", "where nginx listens with TLS"),            \
        NGINX_TEXT(S, vhost_dir, "vhost-dir", "DIR", "/etc/nginx/vhost.d",                                            \
                   "<domain>: included in that domain's server blocks"),                                              \
        NGINX_TEXT(S, htpasswd_dir, "htpasswd-dir", "DIR", "/etc/nginx/htpasswd", "<domain>: who may see that domain")

#define NGINX_MORE_OPTIONS(S)                                                                                         \
        NGINX_HEADING("How nginx is run"),                                                                            \
        NGINX_NEEDED(S, check, "nginx-check", "CMD", "nginx -t -q -c {main}", "checks the configuration {main}"),     \
        NGINX_TEXT(S, reload, "nginx-reload", "CMD", NULL,                                                            \
                   "else SIGHUP to the pid that the main configuration names"),                                       \
        NGINX_TEXT(S, confirm, "nginx-confirm", "URL", NULL,                                                          \
                   "where nginx is asked what it runs; else the HTTP port over loopback; none: not asked"),           \
        NGINX_TEXT(S, version, "nginx-version", "NUMBER", NULL, "which nginx it is; else it is asked with -V"),       \
        NGINX_TEXTS(S, path_maps, "nginx-path-map", "HERE:THERE",                                                     \
                    "nginx, in a container, has the files of HERE in THERE; may be repeated"),                        \
        { .type = OPTION_UNSIGNED, .name = "reload-interval", .argument = "MSEC", .standard = "250",                  \
          .max = NGINX_RELOAD_INTERVAL_MAX_MSEC, .help = "changes after a reload are gathered that long",             \
          NGINX_AT(S, reload_interval_msec) },                                                                        \
        NGINX_HEADING("Where it listens, whom it believes"),                                                          \
        NGINX_FLAG(S, ipv6, "ipv6", "listen on [::] too, where no address is given"),                                 \
        NGINX_FLAG(S, proxy_protocol, "proxy-protocol", "clients come through a balancer that speaks it"),            \
        NGINX_TEXTS(S, external_ports, "external-ports", "PORT[-PORT]",                                               \
                    "ports that a container may have for itself; may be repeated"),                                   \
        NGINX_TEXTS(S, trusted_proxies, "trusted-proxy", "NETWORK",                                                   \
                    "who tells the address of clients; may be repeated"),                                             \
        NGINX_FLAG(S, trust_downstream_proxy, "trust-downstream-proxy",                                               \
                   "pass on X-Forwarded-Proto, -Host and -Port: of the trusted proxies, or of everybody"),            \
        NGINX_TEXTS(S, internal_networks, "internal-network", "NETWORK",                                              \
                    "who sees what is internal; else loopback and the private ranges; may be repeated"),              \
        NGINX_TEXTS(S, resolvers, "resolver", "HOST[:PORT]", "a name server for nginx; may be repeated"),             \
        NGINX_HEADING("Hosts and paths that nobody has"),                                                             \
        NGINX_TEXT(S, default_host, "default-host", "DOMAIN", NULL, "the site that answers for unknown hosts"),       \
        NGINX_NEEDED(S, default_root, "default-root", "ANSWER", "404",                                                \
                     "what / answers in a site without it: a status, a redirect, none"),                              \
        NGINX_TEXT(S, error_page, "error-page", "DIR", "/usr/share/nginx/html/errors",                                \
                   "where a file 50x.html is, it is shown for 500, 502, 503 and 504"),                                \
        NGINX_FLAG(S, regex_hosts, "regex-hosts", "let containers have regular expressions as their domains"),        \
        NGINX_NEEDED(S, acme_root, "acme-root", "DIR", "/usr/share/nginx/html",                                       \
                     "where the files of HTTP-01 challenges are"),                                                    \
        NGINX_FLAG(S, acme_unknown_hosts, "acme-unknown-hosts", "answer them for unknown hosts as well"),             \
        NGINX_TEXT(S, proxy_conf, "proxy-conf", "FILE", NULL, "included instead of the headers for backends"),        \
        NGINX_HEADING("Logs"),                                                                                        \
        NGINX_TEXT(S, access_log, "access-log", "FILE",  NULL, "else as the main configuration says; off: none"),     \
        NGINX_TEXTS(S, log_format, "log-format", "TEXT", "of its lines; pieces of it, if it is repeated"),            \
        NGINX_TEXT(S, log_format_escape, "log-format-escape", "HOW", NULL, "default, json or none"),                  \
        NGINX_FLAG(S, log_json, "log-json", "lines of JSON"),                                                         \
        NGINX_HEADING("Where a container does not choose"),                                                           \
        { .type = OPTION_CHOICE, .name = "https-method", .argument = "METHOD", .standard = "redirect",                \
          .choices = nginx_https_methods, .help = "redirect, noredirect, nohttp or nohttps",                          \
          NGINX_AT(S, https_method) },                                                                                \
        NGINX_EDGE(S, EDGE_TLS_POLICY, "ssl-policy", "NAME", "Mozilla-Intermediate", "Mozilla-… or AWS-…"),           \
        NGINX_EDGE(S, EDGE_HSTS, "hsts", "VALUE", "max-age=31536000", "of the header; off: none"),                    \
        NGINX_TEXT(S, edge[EDGE_SERVER_TOKENS], "server-tokens", "on|off", NULL,                                      \
                   "whether nginx tells its version; else as the main configuration says"),                           \
        NGINX_EDGE(S, EDGE_ACME_LOCATION, "acme-http-challenge-location", "HOW", "true",                              \
                   "answer HTTP-01 challenges: true; false; legacy: of sites with TLS alone"),                        \
        NGINX_EDGE(S, EDGE_HTTP2, "http2", "BOOL", "true", "HTTP/2"),                                                 \
        NGINX_EDGE(S, EDGE_HTTP3, "http3", "BOOL", "false", "HTTP/3, where nginx can (1.25)"),                        \
        NGINX_EDGE(S, EDGE_TRUST_DEFAULT_CERT, "trust-default-cert", "BOOL", "true",                                  \
                   "default.crt is for sites without a certificate too"),                                             \
        NGINX_EDGE(S, EDGE_HTTP_ON_MISSING_CERT, "enable-http-on-missing-cert", "BOOL", "true",                       \
                   "serve in clear what has no certificate"),                                                         \
        NGINX_EDGE(S, EDGE_DEBUG_ENDPOINT, "debug-endpoint", "BOOL", "false", "answer /nginx-proxy-debug"),           \
        NGINX_EDGE(S, EDGE_NON_GET_REDIRECT, "non-get-redirect", "STATUS", "301",                                     \
                   "redirect other requests than GET with it: 301, 307, 308"),                                        \
        NGINX_EDGE(S, EDGE_VERIFY_CLIENT, "ssl-verify-client", "HOW", "on",                                           \
                   "where there is a CA for clients: on, off, optional, optional_no_ca"),                             \
        NGINX_EDGE(S, EDGE_BALANCE, "loadbalance", "METHOD", "round_robin", "between the endpoints of a site"),       \
        NGINX_EDGE(S, EDGE_KEEPALIVE, "keepalive", "NUMBER", "disabled",                                              \
                   "idle connections to a site's endpoints; auto: twice as many as these"),                           \
        NGINX_EDGE(S, EDGE_ROOT, "virtual-root", "DIR", "/var/www/public", "the document root of FastCGI sites"),     \
        NGINX_EDGE(S, EDGE_BODY_MAX, "client-max-body-size", "SIZE", "100m", "of a request; 0: any"),                 \
        NGINX_EDGE(S, EDGE_CONNECT_TIMEOUT, "proxy-connect-timeout", "TIME", "2s", "for a connection to an endpoint"), \
        NGINX_EDGE(S, EDGE_READ_TIMEOUT, "proxy-read-timeout", "TIME", "300s", "between two readings from it"),       \
        NGINX_EDGE(S, EDGE_SEND_TIMEOUT, "proxy-send-timeout", "TIME", "300s", "between two writings to it")
/* clang-format on */

/* For what the table cannot say: whether each text parses; and whether nginx can have its certificates in `cert_dir`,
 * which other outputs share (NULL: none). Returns 0, or -EINVAL with a message that names the option (owned by the
 * caller). */
int nginx_settings_check(const NginxSettings *s, const char *cert_dir, char **ret_message);
