/* The table as lines of text: columns as wide as what is in them, or as the window lets them be. Pure. */
#include "consumer/table/page.h"

#include "consumer/table/rows.h"

#include <string.h>

enum {
        GAP = 2,              /* spaces between two columns */
        FLEXIBLE_MIN = 9,     /* what a domain, a path or endpoints are cut to at most */
        LAST_COLUMN_MIN = 24, /* what the state gets at least, before others are cut */
};

#define CUT_MARK "…" /* one column of a terminal */

static const char *const titles[_COLUMN_COUNT] = {
        [COLUMN_DOMAIN] = "DOMAIN", [COLUMN_PATH] = "PATH",   [COLUMN_ENDPOINTS] = "ENDPOINTS",
        [COLUMN_TLS] = "TLS",       [COLUMN_LEASE] = "LEASE", [COLUMN_STATE] = "STATE",
};

typedef struct Widths {
        size_t columns[_COLUMN_COUNT];
} Widths;

static Widths natural_widths(const Rows *rows) {
        Widths w;

        for (Column c = 0; c < _COLUMN_COUNT; c++) {
                w.columns[c] = strlen(titles[c]);
                for (size_t i = 0; i < rows->count; i++) {
                        size_t length = strlen(rows->items[i].cells[c]);
                        if (length > w.columns[c])
                                w.columns[c] = length;
                }
        }
        return w;
}

static size_t before_last(const Widths *w) {
        size_t sum = 0;

        for (Column c = 0; c < COLUMN_STATE; c++)
                sum += w->columns[c] + GAP;
        return sum;
}

/* Takes from whichever of the first three is widest, until the last has room or nothing more can be taken. */
static void squeeze(Widths *w, size_t width) {
        size_t last = w->columns[COLUMN_STATE] < LAST_COLUMN_MIN ? w->columns[COLUMN_STATE] : LAST_COLUMN_MIN;

        for (size_t sum = before_last(w); sum + last > width; sum--) {
                size_t *widest = &w->columns[COLUMN_DOMAIN];
                for (Column c = COLUMN_PATH; c <= COLUMN_ENDPOINTS; c++)
                        if (w->columns[c] > *widest)
                                widest = &w->columns[c];
                if (*widest <= FLEXIBLE_MIN)
                        return;
                (*widest)--;
        }
}

/* Of what is ASCII, at most `room` columns, of which there is one at least. */
static void append_cut(Text *t, const char *text, size_t room) {
        size_t length = strlen(text);

        text_append_bytes(t, text, length <= room ? length : room - 1);
        if (length > room)
                text_append(t, CUT_MARK);
}

static void append_padding(Text *t, size_t columns) {
        text_appendf(t, "%*s", (int)columns, "");
}

/* Without spaces behind the last cell that says something. */
static char *line_of(const char *const *cells, const Widths *w, size_t width) {
        Text t = { 0 };
        size_t at = 0, wanted = 0; /* columns that are there, and those where the next cell begins */

        for (Column c = 0; c < _COLUMN_COUNT; c++) {
                size_t length = strlen(cells[c]), room = w->columns[c];
                if (c == COLUMN_STATE)
                        room = width == 0 ? length : width > wanted ? width - wanted : 0;
                if (length > 0 && room > 0) {
                        append_padding(&t, wanted - at);
                        append_cut(&t, cells[c], room);
                        at = wanted + (length < room ? length : room);
                }
                wanted += w->columns[c] + GAP;
        }
        return text_take(&t);
}

static size_t count_held(const Sites *s) {
        size_t held = 0;

        for (size_t i = 0; i < s->count; i++)
                held += s->items[i]->state == SITE_HELD;
        return held;
}

/* "12 sites, 1 held, 2 set aside in localhost:6379" */
static char *summary(const View *view) {
        const Sites *s = view->sites;

        if (!s)
                return xasprintf("waiting for Redis: %s", view->trouble ? view->trouble : view->redis);
        _cleanup_free_ char *where =
                view->trouble ? xasprintf("; Redis is away: %s", view->trouble) : xasprintf(" in %s", view->redis);
        return xasprintf("%zu site%s, %zu held, %zu set aside%s", s->count, s->count == 1 ? "" : "s", count_held(s),
                         s->n_set_aside, where);
}

static void add_summary(const View *view, size_t width, StringList *lines) {
        _cleanup_free_ char *words = summary(view), *shown = printable(words, strlen(words), strlen(words));
        Text t = { 0 };

        append_cut(&t, shown, width > 0 ? width : strlen(shown));
        string_list_take(lines, text_take(&t));
}

void page_make(const View *view, size_t width, StringList *lines) {
        _cleanup_(rows_done) Rows rows = { 0 };

        if (width > 0 && width < PAGE_WIDTH_MIN)
                width = PAGE_WIDTH_MIN;
        if (view->sites)
                rows_make(&rows, view, width == 0);
        Widths w = natural_widths(&rows);
        if (width > 0)
                squeeze(&w, width);
        add_summary(view, width, lines);
        string_list_take(lines, line_of(titles, &w, width));
        for (size_t i = 0; i < rows.count; i++)
                string_list_take(lines, line_of((const char *const *)rows.items[i].cells, &w, width));
}
