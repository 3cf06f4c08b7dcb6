/* What files that were written for nginx-proxy call by its names. */
#include "consumer/nginx/render-old-names.h"

#include "consumer/digest.h"
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

/* The variables that are used, and the texts in which all that is shared was looked for them already. */
typedef struct OldVariables {
        bool used[VARIABLES];
        const char *server_text, *location_text;
} OldVariables;

static void find_variables(OldVariables *v, const OverrideFile *file, const char **shared_text) {
        if (!file || !file->text || (file->shared && file->text == *shared_text))
                return;
        if (file->shared)
                *shared_text = file->text;
        for (size_t i = 0; i < VARIABLES; i++)
                v->used[i] = v->used[i] || uses_variable(file->text, variables[i].old);
}

static void find_variables_of_site(OldVariables *used, const Vhost *v) {
        find_variables(used, vhost_include(v), &used->server_text);
        for (size_t i = 0; v->overrides && i < v->site->n_locations; i++) {
                find_variables(used, &v->overrides->locations[i].include, &used->location_text);
                find_variables(used, &v->overrides->locations[i].replacing, &used->location_text);
        }
}

void old_variables_append(Text *t, const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        OldVariables found = { 0 };

        find_variables(&found, policy->proxy_conf, &found.server_text);
        for (size_t i = 0; i < count; i++)
                find_variables_of_site(&found, &vhosts[i]);
        for (size_t i = 0; i < VARIABLES; i++)
                if (found.used[i])
                        text_appendf(t,
                                     "map \"\" %s {\n"
                                     "    default %s;\n"
                                     "}\n",
                                     variables[i].old, variables[i].value);
}

/* ---- upstreams ---- */

/* What all sites share names a site by its full domain: else a container that calls itself "localhost", or as a host
 * of the operator's, would get what all of them hand on there. */
static bool may_be_named_by_all(const Site *s) {
        return s->kind == SERVER_NAME_EXACT && strchr(s->domain, '.');
}

static void add_targets(const Vhost *v, const OverrideFile *file, StringList *ret) {
        if (!file || (file->shared && !may_be_named_by_all(v->site)))
                return;
        for (size_t i = 0; i < file->targets.count; i++)
                if (!string_list_contains(ret, file->targets.items[i]))
                        string_list_add(ret, file->targets.items[i]);
}

void old_targets_find(const Vhost *v, StringList *ret) {
        add_targets(v, vhost_include(v), ret);
        for (size_t i = 0; v->overrides && i < v->site->n_locations; i++) {
                add_targets(v, &v->overrides->locations[i].include, ret);
                add_targets(v, &v->overrides->locations[i].replacing, ret);
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
