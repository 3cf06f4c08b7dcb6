/* What an operator may say about nginx as a whole: whether it can be meant. */
#include "consumer/nginx/settings.h"

#include "common/hostname.h"
#include "common/server-name.h"
#include "consumer/nginx/nginx-version.h"
#include "consumer/nginx/path-map.h"
#include "consumer/nginx/root-answer.h"
#include "consumer/nginx/setting-values.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

const char *const nginx_https_methods[] = { "redirect", "noredirect", "nohttp", "nohttps", NULL };

/* A kind of text, and what a message says where a text is none. */
typedef struct Rule {
        bool (*holds)(const char *text);
        const char *words;
} Rule;

static bool is_path(const char *text) {
        return *text == '/';
}

/* Some directives of nginx take variables in paths. */
static bool is_path_for_nginx(const char *text) {
        return is_path(text) && !strchr(text, '$');
}

static bool is_access_log(const char *text) {
        return strcmp(text, "off") == 0 || is_path_for_nginx(text);
}

static bool is_version(const char *text) {
        NginxVersion version;

        return nginx_version_parse(text, &version) == 0;
}

static bool is_server_name(const char *text) {
        _cleanup_free_ char *ascii = NULL, *name = NULL;
        ServerNameKind kind;

        return server_name_to_ascii(text, &ascii) == 0 && server_name_normalize(ascii, &name, &kind, NULL) == 0;
}

static bool is_root_answer(const char *text) {
        _cleanup_root_answer_ RootAnswer answer = { 0 };

        return root_answer_parse(text, &answer) == 0;
}

static bool is_log_format(const char *text) {
        if (strlen(text) > LOG_FORMAT_MAX)
                return false;
        for (; *text; text++)
                if (iscntrl((unsigned char)*text))
                        return false;
        return true;
}

static bool is_log_format_escape(const char *text) {
        return strcmp(text, "default") == 0 || strcmp(text, "json") == 0 || strcmp(text, "none") == 0;
}

static bool is_path_map(const char *text) {
        _cleanup_path_maps_ PathMaps maps = { 0 };

        return path_maps_add(&maps, text) == 0;
}

static bool is_network(const char *text) {
        _cleanup_free_ char *network = NULL;

        return network_parse(text, &network) == 0;
}

static bool is_resolver(const char *text) {
        _cleanup_free_ char *resolver = NULL;

        return resolver_parse(text, &resolver) == 0;
}

static bool is_port_range(const char *text) {
        PortRange range;

        return port_range_parse(text, &range) == 0;
}

static const Rule path = { is_path, "must be an absolute path" };
static const Rule path_for_nginx = { is_path_for_nginx, "must be an absolute path without \"$\"" };
static const Rule listen_on = { listen_is_valid, "must be a port or address:port" };
static const Rule network = { is_network, "must be an address, or a network as 192.0.2.0/24" };

/* One text, NULL where it was not given, or each of a list. */
typedef struct Checked {
        const char *option;
        Rule rule;
        const char *text;
        const StringList *list;
} Checked;

static int check(const Checked *c, char **ret_message) {
        if (c->text && !c->rule.holds(c->text))
                return options_refuse(c->option, c->text, c->rule.words, ret_message);
        for (size_t i = 0; c->list && i < c->list->count; i++)
                if (!c->rule.holds(c->list->items[i]))
                        return options_refuse(c->option, c->list->items[i], c->rule.words, ret_message);
        return 0;
}

static int check_edge(const NginxSettings *s, char **ret_message) {
        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++) {
                EdgeSettings scratch = { 0 };
                const char *rule = NULL;
                int r = s->edge[i] ? edge_settings_set(&scratch, i, s->edge[i], &rule) : 0;
                edge_settings_done(&scratch);
                if (r < 0) {
                        _cleanup_free_ char *option = xstrdup(edge_setting_name(i));
                        for (char *c = option; (c = strchr(c, '_'));)
                                *c = '-';
                        return options_refuse(option, s->edge[i], rule, ret_message);
                }
        }
        return 0;
}

int nginx_settings_check(const NginxSettings *s, const char *cert_dir, char **ret_message) {
        const Checked all[] = {
                { "nginx-conf", path, .text = s->conf },
                { "nginx-main", path, .text = s->main },
                { "nginx-version", { is_version, "must be a version as 1.22.1" }, .text = s->version },
                { "nginx-path-map", { is_path_map, "must be two absolute paths, HERE:THERE" }, .list = &s->path_maps },
                { "http-port", listen_on, .text = s->http_listen },
                { "https-port", listen_on, .text = s->https_listen },
                { "external-ports",
                  { is_port_range, "must be a port, or two as 8000-8100" },
                  .list = &s->external_ports },
                { "trusted-proxy", network, .list = &s->trusted_proxies },
                { "internal-network", network, .list = &s->internal_networks },
                { "resolver",
                  { is_resolver, "must be an address or a name, perhaps with :port" },
                  .list = &s->resolvers },
                { "cert-dir", path_for_nginx, .text = cert_dir },
                { "vhost-dir", path_for_nginx, .text = s->vhost_dir },
                { "htpasswd-dir", path_for_nginx, .text = s->htpasswd_dir },
                { "proxy-conf", path_for_nginx, .text = s->proxy_conf },
                { "default-host", { is_server_name, "must be a domain" }, .text = s->default_host },
                { "default-root",
                  { is_root_answer,
                    "must be none, a status, or a redirect as \"301 https://example.org$request_uri\"" },
                  .text = s->default_root },
                { "error-page", path_for_nginx, .text = s->error_page },
                { "acme-root", path_for_nginx, .text = s->acme_root },
                { "access-log",
                  { is_access_log, "must be an absolute path without \"$\", or off" },
                  .text = s->access_log },
                { "log-format", { is_log_format, "must be one line of up to 4096 bytes" }, .list = &s->log_format },
                { "log-format-escape",
                  { is_log_format_escape, "must be default, json or none" },
                  .text = s->log_format_escape },
        };

        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                if (check(&all[i], ret_message) < 0)
                        return -EINVAL;
        if (s->log_format_escape && s->log_format.count == 0 && !s->log_json)
                return options_refuse("log-format-escape", s->log_format_escape, "is for --log-format or --log-json",
                                      ret_message);
        return check_edge(s, ret_message);
}
