/* Hostile values, a line each, through the table into sites: nothing breaks, the order of arrival does not show, all
 * is sorted as the header says, what one route restricts is restricted, whoever else shares its site, and what is
 * shown of them is JSON to a program and printable to a person. The same bytes are also taken as a table's memory:
 * what was loaded is saved and loaded again unchanged. */
#include "common/json.h"
#include "consumer/sites-json.h"
#include "consumer/sites.h"
#include "consumer/table/page.h"
#include "tests/unit/consumer/sites-of-table.h"
#include "tests/unit/consumer/sites-text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 64, NOW = 1000 };

static const TablePolicy policy = { .hold_max_usec = 600, .linger_usec = 30 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Line {
        const char *bytes;
        size_t size;
} Line;

static size_t split_lines(const char *bytes, size_t size, Line *ret) {
        size_t count = 0;

        while (count < LINES_MAX) {
                const char *end = memchr(bytes, '\n', size);
                ret[count++] = (Line){ bytes, end ? (size_t)(end - bytes) : size };
                if (!end)
                        break;
                size -= (size_t)(end - bytes) + 1;
                bytes = end + 1;
        }
        return count;
}

static void present(Table *t, size_t i, const Line *line) {
        _cleanup_free_ char *key = xasprintf("/beachhead/web%zu", i);

        (void)table_present(t, key, line->bytes, line->size, NOW, NOW);
}

static void require(bool holds) {
        if (!holds)
                abort();
}

static void require_sorted(const Endpoints *e, const Location *l) {
        require(e->count == 0 || l->state != SITE_LINGERING);
        for (size_t i = 1; i < e->count; i++)
                require(endpoint_compare(&e->items[i - 1], &e->items[i]) < 0);
}

static void require_sound_site(const Site *site) {
        SiteState state = SITE_LINGERING;

        require(site->n_locations > 0 && site->n_locations <= SITE_LOCATIONS_MAX);
        for (size_t i = 0; i < site->n_locations; i++) {
                const Location *l = &site->locations[i];
                require(i == 0 || strcmp(site->locations[i - 1].path, l->path) < 0);
                require_sorted(&l->endpoints, l);
                require_sorted(&l->tls_endpoints, l);
                state = l->state < state ? l->state : state;
        }
        require(site->state == state);
}

static const Location *find_location(const Site *site, const char *path) {
        for (size_t i = 0; i < site->n_locations; i++)
                if (strcmp(site->locations[i].path, path) == 0)
                        return &site->locations[i];
        require(site->n_locations == SITE_LOCATIONS_MAX);
        return NULL;
}

static void require_restrictions(const Sites *s, const Route *route) {
        const EdgeSettings *asked = &route->settings;

        if (route->unknown || (route->requirements & REQUIRES_CERTIFICATE_ONLY))
                return;
        const Site *site = sites_find(s, route->domain);
        require(site);
        const EdgeSettings *given = &site->shape.settings;
        const Location *l = find_location(site, route->path ? route->path : "/");
        require(!l || l->internal || !(route->requirements & REQUIRES_INTERNAL));
        if (edge_settings_has(asked, EDGE_VERIFY_CLIENT)) {
                require(edge_settings_has(given, EDGE_VERIFY_CLIENT));
                require(asked->verify_client == VERIFY_OFF || given->verify_client != VERIFY_OFF);
                require(asked->verify_client != VERIFY_ON || given->verify_client == VERIFY_ON);
        }
        if (edge_settings_has(asked, EDGE_HTTP_ON_MISSING_CERT) && !asked->http_on_missing_cert)
                require(edge_settings_has(given, EDGE_HTTP_ON_MISSING_CERT) && !given->http_on_missing_cert);
}

static void require_sound(const Table *t, const Sites *s) {
        size_t count;
        const Entry *const *entries = table_entries(t, &count);

        for (size_t i = 0; i < s->count; i++) {
                require(sites_find(s, s->items[i]->domain) == s->items[i]);
                require_sound_site(s->items[i]);
        }
        for (size_t i = 0; i < count; i++)
                if (entries[i]->state != ENTRY_GONE && entries[i]->registration)
                        for (size_t k = 0; k < entries[i]->registration->n_routes; k++)
                                require_restrictions(s, &entries[i]->registration->routes[k]);
}

static void require_json(const Sites *s) {
        _cleanup_free_ char *text = sites_json(s);
        _cleanup_json_ cJSON *json = json_parse(text, strlen(text));

        require(json && cJSON_GetArraySize(json_member(json, "sites")) == (int)s->count);
}

static void require_printable(const Table *t, const Sites *s, size_t width) {
        _cleanup_string_list_ StringList lines = { 0 };
        View view = { .sites = s, .table = t, .redis = "", .now_realtime_usec = NOW, .now_monotonic_usec = NOW };

        page_make(&view, width, &lines);
        for (size_t i = 0; i < lines.count; i++)
                for (const char *c = lines.items[i]; *c; c++)
                        require((*c >= 0x20 && *c < 0x7f) || strchr("…", *c));
}

static char *text_of(Table *t) {
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);

        require_sound(t, s);
        require_json(s);
        require_printable(t, s, 0);
        require_printable(t, s, 80);
        return sites_text(s);
}

static void require_same(const char *a, const char *b) {
        require(strcmp(a, b) == 0);
}

static void try_values(const char *bytes, size_t size) {
        _cleanup_(table_freep) Table *forward = table_new(policy), *backward = table_new(policy);
        Line lines[LINES_MAX];
        size_t count = split_lines(bytes, size, lines);

        for (size_t i = 0; i < count; i++)
                present(forward, i, &lines[i]);
        for (size_t i = count; i > 0; i--)
                present(backward, i - 1, &lines[i - 1]);
        _cleanup_free_ char *a = text_of(forward), *b = text_of(backward);
        require_same(a, b);

        /* Every key takes its neighbour's value; some then leave. */
        for (size_t i = 0; i < count; i++) {
                _cleanup_free_ char *key = xasprintf("/beachhead/web%zu", i);
                present(forward, i, &lines[(i + 1) % count]);
                if (i % 3 > 0)
                        (void)table_absent(forward, key, i % 3 == 1, NOW + i);
        }
        free(text_of(forward));
        (void)table_expire(forward, NOW + 700);
        free(text_of(forward));
}

static void try_memory(const char *bytes, size_t size) {
        _cleanup_(table_freep) Table *t = table_new(policy);

        (void)table_load(t, bytes, size, NOW);
        _cleanup_free_ char *sites = text_of(t), *saved = table_save(t);
        if (table_load(t, saved, strlen(saved), NOW) < 0)
                abort();
        _cleanup_free_ char *again = table_save(t), *sites_again = text_of(t);
        require_same(saved, again);
        require_same(sites, sites_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *bytes = size > 0 ? (const char *)data : "";

        try_values(bytes, size);
        try_memory(bytes, size);
        return 0;
}
