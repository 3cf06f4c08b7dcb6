/* --explain=DOMAIN: from registration to configuration, in words. Pure. */
#include "consumer/explain.h"

#include <inttypes.h>
#include <string.h>

#define USEC_PER_SEC UINT64_C(1000000)

static bool names_domain(const Entry *e, const char *domain) {
        for (size_t i = 0; e->registration && i < e->registration->n_routes; i++)
                if (strcmp(e->registration->routes[i].domain, domain) == 0)
                        return true;
        return false;
}

static uint64_t seconds_between(uint64_t from_usec, uint64_t to_usec) {
        return to_usec > from_usec ? (to_usec - from_usec) / USEC_PER_SEC : 0;
}

static void explain_entry(const Entry *e, uint64_t now_realtime_usec, uint64_t now_monotonic_usec, StringList *lines) {
        const char *container = e->registration->container ? e->registration->container : "an unnamed writer";
        uint64_t since = seconds_between(e->since_usec, now_realtime_usec);

        if (e->state == ENTRY_MISSING)
                string_list_addf(lines, "published in %s by %s: missing from Redis for %" PRIu64 " s, held", e->key,
                                 container, since);
        else if (e->state == ENTRY_GONE)
                string_list_addf(lines, "published in %s by %s: left on purpose %" PRIu64 " s ago", e->key, container,
                                 since);
        else if (e->deadline_usec == UINT64_MAX)
                string_list_addf(lines, "published in %s by %s: does not expire", e->key, container);
        else
                string_list_addf(lines, "published in %s by %s: %" PRIu64 " s left unless it is refreshed", e->key,
                                 container, seconds_between(now_monotonic_usec, e->deadline_usec));
}

static const char *plain_words(PlainAnswer plain) {
        switch (plain) {
        case PLAIN_SERVE:
                return "served over HTTP";
        case PLAIN_REDIRECT_OR_SERVE:
                return "redirected from HTTP to HTTPS once there is a certificate, served over HTTP until then";
        case PLAIN_REDIRECT_OR_REFUSE:
                return "redirected from HTTP to HTTPS once there is a certificate, answered 503 until then";
        case PLAIN_REFUSE_OR_SERVE:
                return "refused over HTTP once there is a certificate, served until then";
        }
        return "";
}

static void explain_settings(const EdgeSettings *settings, EdgeSetting first, EdgeSetting end, StringList *lines) {
        for (EdgeSetting i = first; i < end; i++) {
                _cleanup_free_ char *text = edge_settings_text(settings, i);
                if (text)
                        string_list_addf(lines, "setting %s=%s", edge_setting_name(i), text);
        }
}

static void explain_endpoints(const Endpoints *endpoints, const char *how, StringList *lines) {
        for (size_t i = 0; i < endpoints->count; i++)
                string_list_addf(lines, "endpoint %s port %u, reached %s", endpoints->items[i].host,
                                 endpoints->items[i].port, how);
}

static const char *protocol_words(Protocol proto) {
        static const char *const words[_PROTOCOL_COUNT] = {
                [PROTOCOL_HTTP] = "in clear",  [PROTOCOL_HTTPS] = "by TLS",
                [PROTOCOL_GRPC] = "by gRPC",   [PROTOCOL_GRPCS] = "by gRPC over TLS",
                [PROTOCOL_UWSGI] = "by uwsgi", [PROTOCOL_FASTCGI] = "by FastCGI",
        };

        return words[proto];
}

static void explain_location(const Location *l, StringList *lines) {
        string_list_addf(lines, "path %s is %s%s%s%s", l->path, site_state_name(l->state),
                         l->internal ? ", for internal networks alone" : "", l->dest ? ", at the backend " : "",
                         l->dest ? l->dest : "");
        explain_settings(&l->settings, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT, lines);
        explain_endpoints(&l->endpoints, protocol_words(l->proto), lines);
        explain_endpoints(&l->tls_endpoints, "by TLS", lines);
        if (l->endpoints.count + l->tls_endpoints.count == 0)
                string_list_add(lines, l->state == SITE_LINGERING ? "no endpoint: answered 503"
                                                                  : "no reachable endpoint: answered 502");
}

static void explain_site(const Site *site, StringList *lines) {
        string_list_addf(lines, "the site is %s: %s%s%s", site_state_name(site->state), plain_words(site->shape.plain),
                         site->shape.https ? "; over HTTPS with a certificate" : "; not over HTTPS",
                         site->shape.method_implied ? " (no HTTPS_METHOD is asked for: an edge may have another)"
                                                    : "");
        explain_settings(&site->shape.settings, 0, _EDGE_OF_SITE_COUNT, lines);
        for (size_t i = 0; i < site->n_locations; i++)
                explain_location(&site->locations[i], lines);
        for (size_t i = 0; i < site->notes.count; i++)
                string_list_addf(lines, "note: %s", site->notes.items[i]);
}

void explain_domain(const Table *table, const Sites *sites, const char *domain, uint64_t now_realtime_usec,
                    uint64_t now_monotonic_usec, StringList *lines) {
        size_t count, publishers = 0;
        const Entry *const *entries = table_entries(table, &count);

        for (size_t i = 0; i < count; i++)
                if (names_domain(entries[i], domain)) {
                        explain_entry(entries[i], now_realtime_usec, now_monotonic_usec, lines);
                        publishers++;
                }
        if (publishers == 0)
                string_list_addf(lines,
                                 "nobody publishes %s: see what beachhead-registrar --dry-run says of its container",
                                 domain);
        for (size_t i = 0; i < sites->n_set_aside; i++)
                if (strcmp(sites->set_aside[i].domain, domain) == 0)
                        string_list_addf(lines, "set aside, as published in %s: %s", sites->set_aside[i].key,
                                         sites->set_aside[i].reason);
        const Site *site = sites_find(sites, domain);
        if (site)
                explain_site(site, lines);
}
