/* What the settings come to for nginx. */
#include "consumer/nginx/policy.h"

#include "common/file.h"
#include "common/server-name.h"
#include "common/text.h"
#include "consumer/nginx/main-conf.h"

#include <string.h>

/* nginx-proxy's, and loopback over IPv6. */
static const char *const private_networks[] = { "127.0.0.0/8",    "10.0.0.0/8", "172.16.0.0/12",
                                                "192.168.0.0/16", "::1",        "fc00::/7" };

static const char *base_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static char *hidden_beside(const char *path, const char *suffix) {
        _cleanup_free_ char *directory = file_directory(path);

        return xasprintf("%s/.%s.%s", strcmp(directory, "/") == 0 ? "" : directory, base_name(path), suffix);
}

/* Where nginx is asked when it listens on [ADDRESS:]PORT. The rendered answer is for loopback alone, so a specific
 * address is asked from a loopback one. */
static void confirm_on(NginxPolicy *p, const char *listen) {
        _cleanup_free_ char *address = listen_address(listen);
        unsigned port = listen_port(listen);

        if (strcmp(address, "") == 0 || strcmp(address, "*") == 0 || strcmp(address, "0.0.0.0") == 0) {
                p->confirm_url = xasprintf("http://127.0.0.1:%u/", port);
        } else if (strcmp(address, "[::]") == 0) {
                p->confirm_url = xasprintf("http://[::1]:%u/", port);
        } else {
                p->confirm_url = xasprintf("http://%s:%u/", address, port);
                p->confirm_source = address[0] == '[' ? "host!::1" : "host!127.0.0.1";
        }
}

static void set_confirmation(NginxPolicy *p, const NginxSettings *s) {
        if (streq_or_null(s->confirm, "none"))
                return;
        p->render.confirm_host = NGINX_CONFIRM_HOST;
        p->render.confirm_internal = s->confirm != NULL;
        if (s->confirm)
                p->confirm_url = xstrdup(s->confirm);
        else
                confirm_on(p, s->http_listen);
}

/* In the one form that each has; nginx_settings_check() has seen that they have one. */
static void add_parsed(StringList *to, const StringList *from, int parse(const char *text, char **ret)) {
        for (size_t i = 0; i < from->count; i++) {
                char *parsed = NULL;
                if (parse(from->items[i], &parsed) == 0)
                        string_list_take(to, parsed);
        }
}

static void set_networks(NginxPolicy *p, const NginxSettings *s) {
        add_parsed(&p->trusted_proxies, &s->trusted_proxies, network_parse);
        add_parsed(&p->resolvers, &s->resolvers, resolver_parse);
        add_parsed(&p->internal_networks, &s->internal_networks, network_parse);
        for (size_t i = 0; s->internal_networks.count == 0 && i < sizeof private_networks / sizeof *private_networks;
             i++)
                string_list_add(&p->internal_networks, private_networks[i]);
        p->render.trusted_proxies = &p->trusted_proxies;
        p->render.resolvers = &p->resolvers;
        p->render.internal_networks = &p->internal_networks;
}

static void set_external_ports(NginxPolicy *p, const NginxSettings *s) {
        p->external_ports = xcalloc(s->external_ports.count, sizeof *p->external_ports);
        for (size_t i = 0; i < s->external_ports.count; i++)
                if (port_range_parse(s->external_ports.items[i], &p->external_ports[p->n_external_ports]) == 0)
                        p->n_external_ports++;
}

static void set_defaults(NginxPolicy *p, const NginxSettings *s) {
        const char *rule;

        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++)
                if (s->edge[i])
                        (void)edge_settings_set(&p->defaults, i, s->edge[i], &rule);
        p->render.defaults = &p->defaults;
}

static void set_unknown_hosts(NginxPolicy *p, const NginxSettings *s) {
        _cleanup_free_ char *ascii = NULL;
        ServerNameKind kind;

        if (s->default_host && server_name_to_ascii(s->default_host, &ascii) == 0)
                (void)server_name_normalize(ascii, &p->default_host, &kind, NULL);
        (void)root_answer_parse(s->default_root, &p->root);
        p->acme_root = path_there(&p->path_maps, s->acme_root);
        p->render.default_host = p->default_host;
        p->render.root = p->root;
        p->render.acme_root = p->acme_root;
        p->render.acme_unknown_hosts = s->acme_unknown_hosts;
}

static void set_log(NginxPolicy *p, const NginxSettings *s) {
        RenderPolicy *r = &p->render;

        p->log_format = s->log_format.count > 0 ? string_list_join(&s->log_format, " ") : NULL;
        r->access_log = !streq_or_null(s->access_log, "off");
        r->access_log_path = r->access_log ? s->access_log : NULL;
        r->log_format = p->log_format;
        r->log_format_escape = s->log_format_escape;
        r->log_json = s->log_json;
}

static int read_conf(void *userdata, const char *path, char **ret) {
        size_t size;

        (void)userdata;
        return file_read(path, MAIN_CONF_FILE_MAX, ret, &size);
}

void nginx_policy_refresh(NginxPolicy *p) {
        _cleanup_free_ char *page = p->error_page_dir ? xasprintf("%s/50x.html", p->error_page_dir) : NULL;
        bool is_there = page && access(page, F_OK) == 0;

        p->render.error_page_root = is_there ? p->error_page_root : NULL;
        p->render.sets_names_hash = !main_conf_has(p->main_path, p->live_path, &p->path_maps, read_conf, NULL,
                                                   "server_names_hash_bucket_size");
}

NginxPolicy *nginx_policy_new(const NginxSettings *settings, const char *cert_dir, NginxVersion version) {
        NginxPolicy *p = new0(NginxPolicy);

        *p = (NginxPolicy){
                .live_path = settings->conf,
                .main_path = settings->main,
                .candidate_path = hidden_beside(settings->conf, "candidate"),
                .previous_path = hidden_beside(settings->conf, "previous"),
                .private_main_path = hidden_beside(settings->main, "beachhead-check"),
                .check_command = settings->check,
                .reload_command = settings->reload,
                .reload_interval_usec = settings->reload_interval_msec * 1000,
                .cert_dir = cert_dir,
                .vhost_dir = settings->vhost_dir,
                .htpasswd_dir = settings->htpasswd_dir,
                .proxy_conf = settings->proxy_conf,
                .error_page_dir = settings->error_page,
                .regex_hosts = settings->regex_hosts,
                .render = {
                        .http_listen = settings->http_listen,
                        .https_listen = settings->https_listen,
                        .ipv6 = settings->ipv6,
                        .proxy_protocol = settings->proxy_protocol,
                        .nginx_version = version.number,
                        .nginx_has_http3 = version.has_http3,
                        .trust_downstream_proxy = settings->trust_downstream_proxy,
                        .https_method = HTTPS_METHOD_REDIRECT + (HttpsMethod)settings->https_method,
                },
        };
        for (size_t i = 0; i < settings->path_maps.count; i++)
                (void)path_maps_add(&p->path_maps, settings->path_maps.items[i]);
        p->render.path_maps = &p->path_maps;
        p->error_page_root = settings->error_page ? path_there(&p->path_maps, settings->error_page) : NULL;
        set_confirmation(p, settings);
        set_networks(p, settings);
        set_external_ports(p, settings);
        set_defaults(p, settings);
        set_unknown_hosts(p, settings);
        set_log(p, settings);
        nginx_policy_refresh(p);
        return p;
}

NginxPolicy *nginx_policy_free(NginxPolicy *p) {
        if (!p)
                return NULL;
        free(p->candidate_path);
        free(p->previous_path);
        free(p->private_main_path);
        free(p->confirm_url);
        path_maps_done(&p->path_maps);
        edge_settings_done(&p->defaults);
        free(p->external_ports);
        root_answer_done(&p->root);
        string_list_clear(&p->trusted_proxies);
        string_list_clear(&p->internal_networks);
        string_list_clear(&p->resolvers);
        free(p->default_host);
        free(p->acme_root);
        free(p->error_page_root);
        free(p->log_format);
        free(p);
        return NULL;
}

bool nginx_policy_allows_port(const NginxPolicy *p, uint16_t port, bool tls) {
        uint16_t http = listen_port(p->render.http_listen), https = listen_port(p->render.https_listen);

        if (port == http || port == https)
                return port == (tls ? https : http);
        for (size_t i = 0; i < p->n_external_ports; i++)
                if (port >= p->external_ports[i].first && port <= p->external_ports[i].last)
                        return true;
        return false;
}
