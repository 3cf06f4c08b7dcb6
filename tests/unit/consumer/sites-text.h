/* Sites as text, for comparison: a line a site, a certificate request, a route set aside. */
#pragma once

#include "consumer/sites.h"

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

static inline void append_site(Text *t, const Site *site) {
        static const char *const states[] = { "live", "held", "lingering" };
        static const char *const plain[] = { "serve", "redirect-or-serve", "redirect-or-refuse", "refuse-or-serve" };

        text_appendf(t, "%s: %s %s%s%s", site->domain, states[site->state], plain[site->shape.plain],
                     site->shape.https ? " https" : "", site->shape.tls_to_backend ? " tls-to-backend" : "");
        append_endpoints(t, "clear", &site->endpoints);
        append_endpoints(t, "tls", &site->tls_endpoints);
        append_list(t, "from", &site->publishers);
        for (size_t i = 0; i < site->notes.count; i++)
                text_appendf(t, " note: %s", site->notes.items[i]);
        text_append(t, "\n");
}

/* The caller owns it. */
static inline char *sites_text(const Sites *s) {
        Text t = { 0 };

        for (size_t i = 0; i < s->count; i++)
                append_site(&t, &s->items[i]);
        for (size_t i = 0; i < s->n_requests; i++) {
                text_append(&t, "certificate:");
                append_list(&t, "names", &s->requests[i].names);
                text_appendf(&t, " email %s", s->requests[i].email ? s->requests[i].email : "-");
                append_list(&t, "from", &s->requests[i].publishers);
                text_append(&t, "\n");
        }
        for (size_t i = 0; i < s->n_set_aside; i++)
                text_appendf(&t, "aside: %s %s %s\n", s->set_aside[i].key, s->set_aside[i].domain,
                             s->set_aside[i].reason);
        return text_take(&t);
}
