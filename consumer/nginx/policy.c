/* What the settings come to for nginx. */
#include "consumer/nginx/policy.h"

#include "common/file.h"
#include "common/text.h"

#include <string.h>

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
        const char *colon = strrchr(listen, ':'), *port = colon ? colon + 1 : listen;
        _cleanup_free_ char *address = xstrndup(listen, colon ? (size_t)(colon - listen) : 0);

        if (strcmp(address, "") == 0 || strcmp(address, "*") == 0 || strcmp(address, "0.0.0.0") == 0) {
                p->confirm_url = xasprintf("http://127.0.0.1:%s/", port);
        } else if (strcmp(address, "[::]") == 0) {
                p->confirm_url = xasprintf("http://[::1]:%s/", port);
        } else {
                p->confirm_url = xasprintf("http://%s:%s/", address, port);
                p->confirm_source = address[0] == '[' ? "host!::1" : "host!127.0.0.1";
        }
}

NginxPolicy *nginx_policy_new(const Settings *settings) {
        NginxPolicy *p = new0(NginxPolicy);

        *p = (NginxPolicy){
                .live_path = settings->nginx_conf,
                .main_path = settings->nginx_main,
                .candidate_path = hidden_beside(settings->nginx_conf, "candidate"),
                .private_main_path = hidden_beside(settings->nginx_main, "beachhead-check"),
                .check_command = settings->nginx_check,
                .reload_command = settings->nginx_reload,
                .cert_dir = settings->cert_dir,
                .vhost_dir = settings->vhost_dir,
                .render = { .http_listen = settings->http_listen, .https_listen = settings->https_listen },
                .reload_interval_usec = settings->reload_interval_msec * 1000,
        };
        if (streq_or_null(settings->nginx_confirm, "none"))
                return p;
        p->render.confirm_host = NGINX_CONFIRM_HOST;
        if (settings->nginx_confirm)
                p->confirm_url = xstrdup(settings->nginx_confirm);
        else
                confirm_on(p, settings->http_listen);
        return p;
}

NginxPolicy *nginx_policy_free(NginxPolicy *p) {
        if (!p)
                return NULL;
        free(p->candidate_path);
        free(p->private_main_path);
        free(p->confirm_url);
        free(p);
        return NULL;
}
