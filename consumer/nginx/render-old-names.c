/* What files that were written for nginx-proxy call by its names. */
#include "consumer/nginx/render-old-names.h"

#include "consumer/nginx/conf-syntax.h"
#include "consumer/nginx/digest.h"
#include "consumer/nginx/vhost.h"

#include <ctype.h>
#include <string.h>

static const struct {
        const char *old, *value;
} variables[] = {
        { "$proxy_connection", "$beachhead_connection" },
        { "$proxy_x_forwarded_proto", "$beachhead_forwarded_proto" },
        { "$proxy_x_forwarded_host", "$beachhead_forwarded_host" },
        { "$proxy_x_forwarded_port", "$beachhead_forwarded_port" },
        { "$proxy_x_forwarded_ssl", "$beachhead_forwarded_ssl" },
        { "$host_port", "$beachhead_port" },
};

enum { VARIABLES = sizeof variables / sizeof *variables };

static bool uses_variable(const char *text, const char *name) {
        size_t length = strlen(name);

        for (; (text = strstr(text, name)); text += length)
                if (text[length] != '_' && !isalnum((unsigned char)text[length]))
                        return true;
        return false;
}

static void find_variables(const OverrideFile *file, bool used[static VARIABLES]) {
        for (size_t i = 0; file && file->text && i < VARIABLES; i++)
                used[i] = used[i] || uses_variable(file->text, variables[i].old);
}

void old_variables_append(Text *t, const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        bool used[VARIABLES] = { 0 };

        find_variables(policy->proxy_conf, used);
        for (size_t i = 0; i < count; i++) {
                find_variables(vhost_include(&vhosts[i]), used);
                for (size_t j = 0; vhosts[i].overrides && j < vhosts[i].site->n_locations; j++) {
                        find_variables(&vhosts[i].overrides->locations[j].include, used);
                        find_variables(&vhosts[i].overrides->locations[j].replacing, used);
                }
        }
        for (size_t i = 0; i < VARIABLES; i++)
                if (used[i])
                        text_appendf(t,
                                     "map \"\" %s {\n"
                                     "    default %s;\n"
                                     "}\n",
                                     variables[i].old, variables[i].value);
}

/* ---- upstreams ---- */

/* "http://HOST/…" or "HOST/…": with a port it is no upstream's name. */
static char *host_of(const char *target) {
        const char *scheme_end = strstr(target, "://"), *host = scheme_end ? scheme_end + strlen("://") : target;

        return xstrndup(host, strcspn(host, "/?"));
}

static void add_targets(const OverrideFile *file, StringList *ret) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };
        const char *text = file ? file->text : NULL;

        while (text && conf_read(&text, &s) >= 0 && s.type != CONF_END) {
                if (s.type != CONF_DIRECTIVE || s.words.count != 2 || !strstr(s.words.items[0], "_pass"))
                        continue;
                _cleanup_free_ char *host = host_of(s.words.items[1]);
                if (!string_list_contains(ret, host))
                        string_list_take(ret, TAKE_PTR(host));
        }
}

void old_targets_find(const Vhost *v, StringList *ret) {
        add_targets(vhost_include(v), ret);
        for (size_t i = 0; v->overrides && i < v->site->n_locations; i++) {
                add_targets(&v->overrides->locations[i].include, ret);
                add_targets(&v->overrides->locations[i].replacing, ret);
        }
}

static char *old_name(const Location *l, const char *host) {
        char path[DIGEST_SHA1_SIZE];

        if (strcmp(l->path, "/") == 0)
                return xstrdup(host);
        digest_sha1_hex(l->path, path);
        return xasprintf("%s-%s", host, path);
}

void old_upstream_append(Text *t, const Upstream *u, const StringList *targets) {
        char digest[DIGEST_SHA1_SIZE];
        const char *hosts[] = { digest, u->site->domain };

        if (targets->count == 0)
                return;
        digest_sha1_hex(u->site->domain, digest);
        for (size_t i = 0; i < (u->site->kind == SERVER_NAME_REGEX ? 1 : 2); i++) {
                _cleanup_free_ char *name = old_name(u->location, hosts[i]);
                if (string_list_contains(targets, name))
                        upstream_append_as(t, u, name);
        }
}
