/* The sites as one JSON document, one site a line. Every member is always there, so that readers need no defaults.
 * Pure.
 */
#include "consumer/sites-json.h"

#include "common/json-writer.h"

#include <inttypes.h>
#include <string.h>

static const char *const kinds[] = {
        [SERVER_NAME_EXACT] = "name",
        [SERVER_NAME_WILDCARD] = "wildcard",
        [SERVER_NAME_REGEX] = "regex",
        [SERVER_NAME_ADDRESS] = "address",
};

static const char *const plain_answers[] = {
        [PLAIN_SERVE] = "serve",
        [PLAIN_REDIRECT_OR_SERVE] = "redirect-or-serve",
        [PLAIN_REDIRECT_OR_REFUSE] = "redirect-or-refuse",
        [PLAIN_REFUSE_OR_SERVE] = "refuse-or-serve",
};

/* `start` is what stands before the value: a comma or bracket, and the member's name. NULL is null. */
static void append_string(Text *t, const char *start, const char *value) {
        text_append(t, start);
        if (value)
                json_append_string(t, value, strlen(value));
        else
                text_append(t, "null");
}

static void append_flag(Text *t, const char *start, bool value) {
        text_appendf(t, "%s%s", start, value ? "true" : "false");
}

static void append_list(Text *t, const char *start, const StringList *l) {
        text_appendf(t, "%s[", start);
        for (size_t i = 0; i < l->count; i++)
                append_string(t, i > 0 ? "," : "", l->items[i]);
        text_append(t, "]");
}

static void append_settings(Text *t, const EdgeSettings *e, EdgeSetting first, EdgeSetting end) {
        size_t count = 0;

        text_append(t, ",\"settings\":{");
        for (EdgeSetting i = first; i < end; i++) {
                _cleanup_free_ char *text = edge_settings_text(e, i);
                if (!text)
                        continue;
                append_string(t, count++ > 0 ? "," : "", edge_setting_name(i));
                append_string(t, ":", text);
        }
        text_append(t, "}");
}

/* Returns how many there are now. */
static size_t append_endpoints(Text *t, size_t count, const Endpoints *endpoints, bool tls) {
        for (size_t i = 0; i < endpoints->count; i++) {
                append_string(t, count++ > 0 ? ",{\"host\":" : "{\"host\":", endpoints->items[i].host);
                text_appendf(t, ",\"port\":%u", endpoints->items[i].port);
                append_flag(t, ",\"tls\":", tls);
                text_append(t, "}");
        }
        return count;
}

static void append_location(Text *t, const char *start, const Location *l) {
        append_string(t, start, l->path);
        append_string(t, ",\"state\":", site_state_name(l->state));
        append_string(t, ",\"dest\":", l->dest);
        append_string(t, ",\"proto\":", protocol_name(l->proto));
        append_flag(t, ",\"internal\":", l->internal);
        append_settings(t, &l->settings, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT);
        text_append(t, ",\"endpoints\":[");
        size_t count = append_endpoints(t, 0, &l->endpoints, l->proto == PROTOCOL_HTTPS || l->proto == PROTOCOL_GRPCS);
        (void)append_endpoints(t, count, &l->tls_endpoints, true);
        text_append(t, "]}");
}

static void append_site(Text *t, const Site *site) {
        append_string(t, "{\"domain\":", site->domain);
        append_string(t, ",\"kind\":", kinds[site->kind]);
        append_string(t, ",\"state\":", site_state_name(site->state));
        if (site->created >= 0)
                text_appendf(t, ",\"created\":%" PRIi64, site->created);
        else
                text_append(t, ",\"created\":null");
        append_string(t, ",\"http\":", plain_answers[site->shape.plain]);
        append_flag(t, ",\"https\":", site->shape.https);
        append_flag(t, ",\"method_implied\":", site->shape.method_implied);
        append_settings(t, &site->shape.settings, 0, _EDGE_OF_SITE_COUNT);
        text_append(t, ",\"locations\":[");
        for (size_t i = 0; i < site->n_locations; i++)
                append_location(t, i > 0 ? ",{\"path\":" : "{\"path\":", &site->locations[i]);
        append_list(t, "],\"publishers\":", &site->publishers);
        append_list(t, ",\"notes\":", &site->notes);
        text_append(t, "}");
}

static void append_request(Text *t, const CertificateRequest *r) {
        append_list(t, "{\"names\":", &r->names);
        append_string(t, ",\"email\":", r->terms.email);
        append_string(t, ",\"key_type\":", r->terms.key_type ? key_type_name(r->terms.key_type) : NULL);
        append_string(t, ",\"challenge\":", r->terms.challenge ? challenge_name(r->terms.challenge) : NULL);
        append_flag(t, ",\"test\":", r->terms.test);
        append_string(t, ",\"ca\":", r->terms.ca);
        append_string(t, ",\"preferred_chain\":", r->terms.preferred_chain);
        append_string(t, ",\"profile\":", r->terms.profile);
        append_list(t, ",\"publishers\":", &r->publishers);
        text_append(t, "}");
}

static void append_set_aside(Text *t, const SetAside *aside) {
        append_string(t, "{\"domain\":", aside->domain);
        append_string(t, ",\"key\":", aside->key);
        append_string(t, ",\"reason\":", aside->reason);
        text_append(t, "}");
}

/* Before an item of the outer lists: each has a line of its own. */
static void begin_line(Text *t, size_t i) {
        text_append(t, i > 0 ? ",\n" : "\n");
}

char *sites_json(const Sites *s) {
        Text t = { 0 };

        text_appendf(&t, "{\"version\":%d,\n\"sites\":[", SITES_JSON_VERSION);
        for (size_t i = 0; i < s->count; i++) {
                begin_line(&t, i);
                append_site(&t, s->items[i]);
        }
        text_append(&t, "],\n\"certificates\":[");
        for (size_t i = 0; i < s->n_requests; i++) {
                begin_line(&t, i);
                append_request(&t, s->requests[i]);
        }
        text_append(&t, "],\n\"set_aside\":[");
        for (size_t i = 0; i < s->n_set_aside; i++) {
                begin_line(&t, i);
                append_set_aside(&t, &s->set_aside[i]);
        }
        text_append(&t, "]}\n");
        return text_take(&t);
}
