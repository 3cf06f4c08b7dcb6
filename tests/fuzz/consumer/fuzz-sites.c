/* Hostile values, a line each, through the table into sites: nothing breaks, and the order of arrival does not show.
 * The same bytes are also taken as a table's memory: what was loaded is saved and loaded again unchanged. */
#include "consumer/sites.h"
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

static char *text_of(const Table *t) {
        _cleanup_(sites_freep) Sites *s = sites_from_table(t);

        return sites_text(s);
}

static void require_same(const char *a, const char *b) {
        if (strcmp(a, b) != 0)
                abort();
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
