/* What server blocks are made of, whatever they serve. Pure. */
#include "consumer/nginx/render-server.h"

#include "consumer/nginx/conf-syntax.h"
#include "consumer/nginx/setting-values.h"

/* Where nginx logs when it is told how, but not where. */
#define ACCESS_LOG "/var/log/nginx/access.log"

static void append_socket(Text *t, const char *address, unsigned port, const char *parameters) {
        text_append_all(t, "    listen ", address, *address ? ":" : "");
        text_append_unsigned(t, port);
        text_append_all(t, parameters, ";\n");
}

/* An IPv6 socket takes IPv6 alone (ipv6only=on is nginx' default), so that both are named. */
static void append_listen(Text *t, const RenderPolicy *policy, bool tls, uint16_t port, const char *parameters) {
        const char *listen = tls ? policy->https_listen : policy->http_listen;
        _cleanup_free_ char *address = listen_address(listen);
        unsigned number = port ? port : listen_port(listen);

        append_socket(t, address, number, parameters);
        if (policy->ipv6 && !*address)
                append_socket(t, "[::]", number, parameters);
}

void render_listen(Text *t, const RenderPolicy *policy, bool tls, uint16_t port, const char *parameters) {
        _cleanup_free_ char *all =
                xasprintf("%s%s%s", tls ? " ssl" : "", parameters, policy->proxy_protocol ? " proxy_protocol" : "");

        append_listen(t, policy, tls, port, all);
}

void render_listen_quic(Text *t, const RenderPolicy *policy, uint16_t port, const char *parameters) {
        _cleanup_free_ char *all = xasprintf(" quic%s", parameters);

        append_listen(t, policy, true, port, all);
}

void render_access_log(Text *t, const RenderPolicy *policy) {
        bool formatted = policy->log_format || policy->log_json;

        if (!policy->access_log) {
                text_append(t, "    access_log off;\n");
        } else if (formatted || policy->access_log_path) {
                text_append(t, "    access_log ");
                conf_append_quoted(t, policy->access_log_path ? policy->access_log_path : ACCESS_LOG);
                text_append(t, formatted ? " beachhead;\n" : ";\n");
        }
}

void render_error_page(Text *t, const RenderPolicy *policy) {
        if (!policy->error_page_root)
                return;
        text_append(t, "    error_page 500 502 503 504 /50x.html;\n"
                       "    location = /50x.html {\n"
                       "        internal;\n"
                       "        root ");
        conf_append_quoted(t, policy->error_page_root);
        text_append(t, ";\n"
                       "    }\n");
}

static char *as_nginx_calls_it(const RenderPolicy *policy, const char *path) {
        return policy->path_maps ? path_there(policy->path_maps, path) : xstrdup(path);
}

void render_path(Text *t, const RenderPolicy *policy, const char *path) {
        _cleanup_free_ char *there = as_nginx_calls_it(policy, path);

        conf_append_quoted(t, there);
}

void render_include(Text *t, const RenderPolicy *policy, const char *path) {
        _cleanup_free_ char *there = as_nginx_calls_it(policy, path);

        conf_append_include(t, there);
        text_append(t, "\n");
}
