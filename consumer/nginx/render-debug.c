/* What a site came to, for people to ask. */
#include "consumer/nginx/render-debug.h"

#include "consumer/nginx/render-location.h"
#include "consumer/nginx/vhost.h"

#include <string.h>

enum { ANSWER_MAX = 4000 }; /* bytes without the end; nginx takes no word above 4095 */

/* Appends what needs no escape, in JSON nor between nginx's single quotes, and begins no variable; "?" for the rest.
 */
static void append_safe(Text *t, const char *string) {
        for (const char *c = string; *c; c++) {
                bool safe = *c >= ' ' && *c <= '~' && !strchr("\"'\\$", *c);
                text_append_bytes(t, safe ? c : "?", 1);
        }
}

static void append_member(Text *t, const char *name, const char *value) {
        text_appendf(t, "%s\"%s\":\"", t->data[t->size - 1] == '{' ? "" : ",", name);
        append_safe(t, value);
        text_append(t, "\"");
}

static void append_settings(Text *t, const EdgeSettings *e, EdgeSetting first, EdgeSetting end) {
        for (EdgeSetting i = first; i < end; i++) {
                _cleanup_free_ char *value = edge_settings_text(e, i);
                if (value)
                        append_member(t, edge_setting_name(i), value);
        }
}

static const char *answer_name(Answer answer) {
        static const char *const names[] = { [ANSWER_SITE] = "the site",
                                             [ANSWER_REDIRECT] = "a redirect to HTTPS",
                                             [ANSWER_REFUSE] = "503",
                                             [ANSWER_FORBID] = "403" };

        return names[answer];
}

static void append_path(Text *t, const Vhost *v, size_t index, bool tls) {
        static const char *const states[] = {
                [SITE_LIVE] = "live", [SITE_HELD] = "held", [SITE_LINGERING] = "lingering"
        };
        const Location *l = &v->site->locations[index];
        const Upstream u = location_upstream(v, index, tls);
        _cleanup_text_ Text upstream = { 0 };

        upstream_append_name(&upstream, &u);
        text_append(t, t->data[t->size - 1] == '{' ? "\"" : ",\"");
        append_safe(t, l->path);
        text_append(t, "\":{");
        append_member(t, "proto", protocol_name(upstream_protocol(&u)));
        append_member(t, "upstream", upstream.data);
        append_member(t, "state", states[l->state]);
        text_appendf(t, ",\"endpoints\":%zu", upstream_endpoints(&u)->count);
        append_settings(t, u.settings, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT);
        text_append(t, "}");
}

/* As many as there is room for. */
static void append_paths(Text *t, const Vhost *v, bool tls) {
        size_t i = 0;

        text_append(t, ",\"paths\":{");
        for (; i < v->site->n_locations; i++) {
                size_t before = t->size;
                append_path(t, v, i, tls);
                if (t->size > ANSWER_MAX) {
                        text_truncate(t, before);
                        break;
                }
        }
        text_appendf(t, "},\"paths_left_out\":%zu", v->site->n_locations - i);
}

void debug_write(const Block *server, const Vhost *v, bool tls) {
        const RenderPolicy *policy = server->policy;
        _cleanup_text_ Text t = { 0 };

        text_append(&t, "{");
        append_member(&t, "host", v->site->domain);
        append_member(&t, "over_http", answer_name(vhost_plain_answer(v, policy)));
        append_member(&t, "over_https", vhost_has_tls(v, policy) ? answer_name(vhost_tls_answer(v)) : "nothing");
        append_settings(&t, v->settings, 0, _EDGE_OF_SITE_COUNT);
        append_paths(&t, v, tls);
        text_append(&t, "}");
        block_line(server, "location = /nginx-proxy-debug {");
        block_line(server, "    default_type application/json;");
        block_linef(server, "    return 200 '%s';", t.data);
        block_line(server, "}");
}
