/* Sites, and the leases behind them, in words as short as a column. Pure. */
#include "consumer/table/rows.h"

#include "common/hostname.h"
#include "consumer/leases.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Everything is printable where it comes from, perhaps as an escape that is to stay one: this is for columns to stay
 * columns whatever comes. */
static char *cell(const char *text) {
        char *copy = xstrdup(text);

        for (char *c = copy; *c; c++)
                if (*c < 0x20 || *c >= 0x7f)
                        *c = '?';
        return copy;
}

static Row *add_row(Rows *r) {
        array_grow(r->items, r->count);
        Row *row = &r->items[r->count++];
        *row = (Row){ 0 };
        return row;
}

/* The other cells are empty. */
static void fill_up(Row *row) {
        for (Column c = 0; c < _COLUMN_COUNT; c++)
                if (!row->cells[c])
                        row->cells[c] = xstrdup("");
}

char *duration_words(uint64_t usec) {
        static const struct {
                uint64_t seconds, below; /* of the unit; the next one is taken from there on */
                const char *name;
        } units[] = { { 1, 100, "s" }, { 60, 100, "m" }, { 3600, 48, "h" }, { 24 * 3600, UINT64_MAX, "d" } };
        uint64_t seconds = usec / 1000000;
        size_t i = 0;

        while (seconds / units[i].seconds >= units[i].below)
                i++;
        return xasprintf("%" PRIu64 "%s", seconds / units[i].seconds, units[i].name);
}

static uint64_t elapsed(uint64_t from, uint64_t to) {
        return to > from ? to - from : 0;
}

/* ---- endpoints ---- */

static void append_endpoint(Text *t, const char *scheme, const Endpoint *e) {
        bool v6 = address_is_ipv6(e->host);

        text_appendf(t, "%s%s%s%s%s%s:%u", t->size > 0 ? " " : "", scheme, *scheme ? "://" : "", v6 ? "[" : "",
                     e->host, v6 ? "]" : "", e->port);
}

static void append_endpoints(Text *t, const char *scheme, const Endpoints *e, size_t room) {
        for (size_t i = 0; i < e->count && i < room; i++)
                append_endpoint(t, scheme, &e->items[i]);
}

/* "10.0.0.1:80 https://10.0.0.1:443 +2" */
static char *endpoints_cell(const Location *l, bool all) {
        size_t total = l->endpoints.count + l->tls_endpoints.count, room = all ? total : ROWS_ENDPOINTS_SHOWN_MAX;
        size_t left = room > l->endpoints.count ? room - l->endpoints.count : 0;
        Text t = { 0 };

        if (total == 0)
                return xstrdup("none");
        append_endpoints(&t, l->proto == PROTOCOL_HTTP ? "" : protocol_name(l->proto), &l->endpoints, room);
        append_endpoints(&t, "https", &l->tls_endpoints, left);
        if (total > room)
                text_appendf(&t, " +%zu", total - room);
        return text_take(&t);
}

/* ---- what is asked for, and how long it holds ---- */

static const char *tls_words(const SiteShape *shape) {
        if (!shape->https)
                return "no";
        switch (shape->plain) {
        case PLAIN_SERVE:
                return "too";
        case PLAIN_REDIRECT_OR_SERVE:
                return "redirect";
        case PLAIN_REDIRECT_OR_REFUSE:
        case PLAIN_REFUSE_OR_SERVE:
                return "only";
        }
        return "";
}

static char *lease_cell(const Lease *lease, uint64_t now_monotonic_usec) {
        if (!lease || lease->count[ENTRY_LIVE] == 0)
                return xstrdup("-");
        if (lease->deadline_usec == UINT64_MAX)
                return xstrdup("endless");
        return duration_words(elapsed(now_monotonic_usec, lease->deadline_usec));
}

static char *state_cell(const Location *l, const Lease *lease, uint64_t now_realtime_usec) {
        static const EntryState of_site[] = {
                [SITE_LIVE] = ENTRY_LIVE, [SITE_HELD] = ENTRY_MISSING, [SITE_LINGERING] = ENTRY_GONE
        };
        Text t = { 0 };

        text_append(&t, site_state_name(l->state));
        if (lease && l->state != SITE_LIVE) {
                _cleanup_free_ char *since =
                        duration_words(elapsed(lease->since_usec[of_site[l->state]], now_realtime_usec));
                text_appendf(&t, " for %s", since);
        }
        if (lease && l->state == SITE_LIVE && lease->count[ENTRY_MISSING] > 0)
                text_appendf(&t, ", %zu missing", lease->count[ENTRY_MISSING]);
        if (l->internal)
                text_append(&t, ", internal");
        return text_take(&t);
}

static char *path_cell(const Location *l) {
        _cleanup_free_ char *words = l->dest ? xasprintf("%s -> %s", l->path, l->dest) : xstrdup(l->path);

        return cell(words);
}

/* ---- rows ---- */

static void add_location(Rows *r, const Site *site, const Location *l, const Leases *leases, const View *view,
                         bool all_endpoints) {
        const Lease *lease = leases_find(leases, site->domain, l->path);
        Row *row = add_row(r);

        row->cells[COLUMN_DOMAIN] = cell(site->domain);
        row->cells[COLUMN_PATH] = path_cell(l);
        row->cells[COLUMN_ENDPOINTS] = endpoints_cell(l, all_endpoints);
        row->cells[COLUMN_TLS] = xstrdup(tls_words(&site->shape));
        row->cells[COLUMN_LEASE] = lease_cell(lease, view->now_monotonic_usec);
        row->cells[COLUMN_STATE] = state_cell(l, lease, view->now_realtime_usec);
}

static void add_note(Rows *r, const char *note) {
        Row *row = add_row(r);

        row->cells[COLUMN_STATE] = cell(note);
        fill_up(row);
}

static void add_set_aside(Rows *r, const SetAside *aside) {
        _cleanup_free_ char *words = xasprintf("set aside, as published in %s: %s", aside->key, aside->reason);
        Row *row = add_row(r);

        row->cells[COLUMN_DOMAIN] = cell(aside->domain);
        row->cells[COLUMN_STATE] = cell(words);
        fill_up(row);
}

void rows_make(Rows *ret, const View *view, bool all_endpoints) {
        _cleanup_(leases_freep) Leases *leases = leases_new(view->table);
        const Sites *s = view->sites;
        Rows r = { 0 };

        for (size_t i = 0; i < s->count; i++) {
                const Site *site = s->items[i];
                for (size_t k = 0; k < site->n_locations; k++)
                        add_location(&r, site, &site->locations[k], leases, view, all_endpoints);
                for (size_t k = 0; k < site->notes.count; k++)
                        add_note(&r, site->notes.items[k]);
        }
        for (size_t i = 0; i < s->n_set_aside; i++)
                add_set_aside(&r, &s->set_aside[i]);
        *ret = r;
}

void rows_done(Rows *r) {
        for (size_t i = 0; i < r->count; i++)
                for (Column c = 0; c < _COLUMN_COUNT; c++)
                        free(r->items[i].cells[c]);
        free(r->items);
        *r = (Rows){ 0 };
}
