/* Sites as text, for comparison: a line a site, a certificate request, a route set aside. */
#pragma once

#include "consumer/sites.h"
#include "tests/unit/terms.h"

#include <string.h>

static inline void append_endpoints(Text *t, const char *label, const Endpoints *e) {
        text_appendf(t, " %s[", label);
        for (size_t i = 0; i < e->count; i++)
                text_appendf(t, "%s%s:%u", i > 0 ? " " : "", e->items[i].host, e->items[i].port);
        text_append(t, "]");
}

static inline void append_list(Text *t, const char *label, const StringList *l) {
        _cleanup_free_ char *joined = string_list_join(l, ", ");

        text_appendf(t, " %s(%s)", label, joined);
}

static inline void append_settings(Text *t, const EdgeSettings *e, EdgeSetting first, EdgeSetting end) {
        for (EdgeSetting i = first; i < end; i++) {
                _cleanup_free_ char *text = edge_settings_text(e, i);
                if (text)
                        text_appendf(t, " %s=%s", edge_setting_name(i), text);
        }
}

static const char *const state_texts[] = { "live", "held", "lingering" };

/* The path is left out where "/" is all there is. */
static inline void append_location(Text *t, const Site *site, const Location *l) {
        if (site->n_locations > 1 || strcmp(l->path, "/") != 0)
                text_appendf(t, " at %s %s", l->path, state_texts[l->state]);
        if (l->dest)
                text_appendf(t, " dest %s", l->dest);
        if (l->proto != PROTOCOL_HTTP)
                text_appendf(t, " %s-backend", protocol_name(l->proto));
        if (l->internal)
                text_append(t, " internal");
        append_settings(t, &l->settings, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT);
        if (l->tls_to_backend)
                text_append(t, " tls-to-backend");
        append_endpoints(t, "clear", &l->endpoints);
        append_endpoints(t, "tls", &l->tls_endpoints);
}

static inline void append_site(Text *t, const Site *site) {
        static const char *const plain[] = { "serve", "redirect-or-serve", "redirect-or-refuse", "refuse-or-serve" };
        static const char *const kinds[] = { "", " wildcard", " regex", " address" };

        text_appendf(t, "%s:%s %s %s%s%s", site->domain, kinds[site->kind], state_texts[site->state],
                     plain[site->shape.plain], site->shape.https ? " https" : "",
                     site->shape.method_implied ? " implied" : "");
        append_settings(t, &site->shape.settings, 0, _EDGE_OF_SITE_COUNT);
        for (size_t i = 0; i < site->n_locations; i++)
                append_location(t, site, &site->locations[i]);
        append_list(t, "from", &site->publishers);
        for (size_t i = 0; i < site->notes.count; i++)
                text_appendf(t, " note: %s", site->notes.items[i]);
        text_append(t, "\n");
}

/* The caller owns it. */
static inline char *sites_text(const Sites *s) {
        Text t = { 0 };

        for (size_t i = 0; i < s->count; i++)
                append_site(&t, s->items[i]);
        for (size_t i = 0; i < s->n_requests; i++) {
                text_append(&t, "certificate:");
                append_list(&t, "names", &s->requests[i]->names);
                append_terms(&t, &s->requests[i]->terms);
                append_list(&t, "from", &s->requests[i]->publishers);
                text_append(&t, "\n");
        }
        for (size_t i = 0; i < s->n_set_aside; i++)
                text_appendf(&t, "aside: %s %s %s\n", s->set_aside[i].key, s->set_aside[i].domain,
                             s->set_aside[i].reason);
        return text_take(&t);
}
