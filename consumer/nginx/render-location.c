/* The locations of one site. */
#include "consumer/nginx/render-location.h"

#include "consumer/nginx/conf-syntax.h"
#include "consumer/nginx/render-backend.h"
#include "consumer/nginx/render-tls.h"
#include "consumer/nginx/vhost.h"

#include <string.h>

enum { RETRY_AFTER_SEC = 5 };

Upstream location_upstream(const Vhost *v, size_t index, bool tls) {
        const Location *l = &v->site->locations[index];

        return (Upstream){
                .site = v->site,
                .location = l,
                .settings = &v->location_settings[index],
                .tls = tls && l->tls_to_backend,
        };
}

bool location_is_served(const Location *l, const Upstream *u) {
        return l->state != SITE_LINGERING && upstream_endpoints(u)->count > 0;
}

/* `location /path {`, or `location ~ "…" {`. */
static void begin(const Block *server, const char *path) {
        Text *t = server->text;

        text_append(t, "    location ");
        if (path[0] == '~') {
                text_append(t, "~ ");
                conf_append_regex(t, "", path + 1);
        } else {
                text_append(t, path);
        }
        text_append(t, " {\n");
}

static void set_access(const Block *b, const Location *l, const LocationOverrides *o) {
        const StringList *networks = b->policy->internal_networks;

        for (size_t i = 0; l->internal && i < networks->count; i++)
                block_linef(b, "allow %s;", networks->items[i]);
        if (l->internal)
                block_line(b, "deny all;");
        if (!o || !o->htpasswd.path)
                return;
        block_set(b, "auth_basic", "\"Restricted access\"");
        block_set_path(b, "auth_basic_user_file", o->htpasswd.path);
        text_append(b->references, o->htpasswd.digest);
}

/* The operator's error page would come without the header. It is taken off by a list of pages for something else. */
static void write_linger(const Block *b) {
        block_linef(b, "add_header Retry-After %d always;", RETRY_AFTER_SEC);
        if (b->policy->error_page_root && !block_has(b, "error_page"))
                block_line(b, "error_page 404 /50x.html;");
        block_line(b, "return 503;");
}

/* Where nothing is handed on, the operator's file still stands before the answer: it may have a better one. */
static void write_answer(const Block *b, const Vhost *v, const Location *l, const Upstream *u, bool tls) {
        const EdgeSettings *defaults = v->settings;
        bool lingers = l->state == SITE_LINGERING;

        if (location_is_served(l, u))
                backend_set(b, u, defaults);
        if (tls && (lingers || (b->own && string_list_contains(b->own, "add_header"))))
                tls_set_headers(b, v);
        if (lingers)
                write_linger(b);
        else if (!location_is_served(l, u))
                block_line(b, "return 502;");
}

static void write_location(const Block *server, const Vhost *v, size_t index, bool tls) {
        const Location *l = &v->site->locations[index];
        const LocationOverrides *o = vhost_location_overrides(v, index);
        const Upstream u = location_upstream(v, index, tls);

        begin(server, l->path);
        Block b = block_inside(server, o ? &o->include : NULL);
        set_access(&b, l, o);
        block_include(&b, o ? &o->include : NULL);
        write_answer(&b, v, l, &u, tls);
        block_end(&b);
}

/* nginx takes no second location of a path: the operator's own stands. */
static bool is_taken(const Block *server, const char *path) {
        if (!server->own || server->own->count == 0)
                return false;
        _cleanup_free_ char *name = xasprintf("location %s", path);

        return block_has(server, name);
}

static void write_root(const Block *server) {
        const RootAnswer *root = &server->policy->root;

        if (root->status == 0 || is_taken(server, "/"))
                return;
        block_line(server, "location / {");
        block_linef(server, "    return %d%s%s;", root->status, root->url ? " " : "", root->url ? root->url : "");
        block_line(server, "}");
}

void locations_write(const Block *server, const Vhost *v, bool tls) {
        bool has_root = false;

        for (size_t i = 0; i < v->site->n_locations; i++) {
                const LocationOverrides *o = vhost_location_overrides(v, i);
                has_root = has_root || strcmp(v->site->locations[i].path, "/") == 0;
                if (o && o->replacing.path)
                        block_include(server, &o->replacing);
                else if (!is_taken(server, v->site->locations[i].path))
                        write_location(server, v, i, tls);
        }
        if (!has_root)
                write_root(server);
}
