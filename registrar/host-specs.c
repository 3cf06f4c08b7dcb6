/* Hosts and paths from their texts, whichever variable they stand in. */
#include "registrar/host-specs.h"

#include "common/location-path.h"

#include <errno.h>
#include <string.h>

static int take_path(PathSpec *p, const char *text, char **ret_reason) {
        int r = location_path_check(text, ret_reason);

        if (r == 0)
                REPLACE_PTR(p->path, xstrdup(text));
        return r;
}

static int take_dest(PathSpec *p, const char *text, char **ret_reason) {
        int r = location_dest_check(text, ret_reason);

        if (r == 0)
                REPLACE_PTR(p->dest, xstrdup(text));
        return r;
}

static int take_proto(PathSpec *p, const char *text, char **ret_reason) {
        _cleanup_free_ char *name = lower_case(text);
        int r = protocol_from_name(name, &p->proto);

        if (r < 0)
                *ret_reason = xstrdup("is none of http, https, grpc, grpcs, uwsgi, fastcgi");
        return r;
}

static int take_port(PathSpec *p, const char *text, char **ret_reason) {
        int r = parse_port(text, &p->port);

        if (r < 0)
                *ret_reason = xstrdup("is no number from 1 to 65535");
        return r;
}

int path_spec_set(PathSpec *p, PathPart part, const char *text, char **ret_reason) {
        static int (*const take[_PATH_PART_COUNT])(PathSpec *, const char *, char **) = {
                [PATH_PART_PATH] = take_path,
                [PATH_PART_DEST] = take_dest,
                [PATH_PART_PROTO] = take_proto,
                [PATH_PART_PORT] = take_port,
        };

        return take[part](p, text, ret_reason) < 0 ? -EINVAL : 0;
}

/* "/" is no path of its own, unless something else takes its place. */
const char *path_spec_settle(PathSpec *p, bool *ret_dest_ignored) {
        bool is_root = !p->path || strcmp(p->path, "/") == 0;
        bool ignored = p->dest && p->proto != PROTOCOL_HTTP && p->proto != PROTOCOL_HTTPS;

        if (p->dest && !ignored && p->path && *p->path == '~')
                return "cannot take the place of a path that is a regular expression";
        if (ignored || (is_root && streq_or_null(p->dest, "/")))
                REPLACE_PTR(p->dest, NULL);
        if (is_root)
                REPLACE_PTR(p->path, p->dest ? xstrdup("/") : NULL);
        *ret_dest_ignored = ignored;
        return NULL;
}

PathSpec path_spec_copy(const PathSpec *p) {
        PathSpec copy = *p;

        copy.path = p->path ? xstrdup(p->path) : NULL;
        copy.dest = p->dest ? xstrdup(p->dest) : NULL;
        return copy;
}

void path_spec_done(PathSpec *p) {
        free(p->path);
        free(p->dest);
        *p = (PathSpec){ 0 };
}

int host_name_read(const char *text, char **ret, ServerNameKind *ret_kind, char **ret_reason) {
        _cleanup_free_ char *ascii = NULL;

        if (*text != '~' && server_name_to_ascii(text, &ascii) < 0) {
                *ret_reason = xstrdup("is no domain");
                return -EINVAL;
        }
        return server_name_normalize(ascii ? ascii : text, ret, ret_kind, ret_reason);
}

char *host_list_next(const char **cursor) {
        for (;;) {
                _cleanup_free_ char *word = next_word(cursor, ",");
                if (!word)
                        return NULL;
                _cleanup_free_ char *item = trimmed(word);
                if (*item)
                        return TAKE_PTR(item);
        }
}

void host_spec_take_path(HostSpec *h, PathSpec p) {
        array_grow(h->paths, h->n_paths);
        h->paths[h->n_paths++] = p;
}

void host_spec_done(HostSpec *h) {
        for (size_t i = 0; i < h->n_paths; i++)
                path_spec_done(&h->paths[i]);
        free(h->paths);
        free(h->domain);
        edge_settings_done(&h->settings);
        *h = (HostSpec){ 0 };
}

bool host_specs_contain(const HostSpecs *h, const char *domain) {
        for (size_t i = 0; i < h->count; i++)
                if (strcmp(h->items[i].domain, domain) == 0)
                        return true;
        return false;
}

void host_specs_take(HostSpecs *h, HostSpec host) {
        array_grow(h->items, h->count);
        h->items[h->count++] = host;
}

void host_specs_done(HostSpecs *h) {
        for (size_t i = 0; i < h->count; i++)
                host_spec_done(&h->items[i]);
        free(h->items);
        *h = (HostSpecs){ 0 };
}
