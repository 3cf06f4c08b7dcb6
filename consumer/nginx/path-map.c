/* How an nginx that runs elsewhere calls the files that lie here. Pure. */
#include "consumer/nginx/path-map.h"

#include <errno.h>
#include <string.h>

static char *without_last_slashes(const char *path, size_t size) {
        while (size > 0 && path[size - 1] == '/')
                size--;
        return xstrndup(path, size);
}

int path_maps_add(PathMaps *m, const char *text) {
        const char *colon = strchr(text, ':');

        if (*text != '/' || !colon || colon[1] != '/' || strchr(colon + 1, ':'))
                return -EINVAL;
        array_grow(m->items, m->count);
        m->items[m->count++] = (PathMap){
                .here = without_last_slashes(text, (size_t)(colon - text)),
                .there = without_last_slashes(colon + 1, strlen(colon + 1)),
        };
        return 0;
}

void path_maps_done(PathMaps *m) {
        for (size_t i = 0; i < m->count; i++) {
                free(m->items[i].here);
                free(m->items[i].there);
        }
        free(m->items);
        *m = (PathMaps){ 0 };
}

static bool lies_below(const char *path, const char *directory) {
        const char *rest = has_prefix(path, directory) ? path + strlen(directory) : NULL;

        return rest && (*rest == '/' || *rest == '\0');
}

static char *translate(const PathMaps *m, const char *path, bool back) {
        const char *from = NULL, *to = NULL;

        for (size_t i = 0; i < m->count; i++) {
                const PathMap *map = &m->items[i];
                const char *candidate = back ? map->there : map->here;
                if (lies_below(path, candidate) && (!from || strlen(candidate) > strlen(from))) {
                        from = candidate;
                        to = back ? map->here : map->there;
                }
        }
        return from ? xasprintf("%s%s", to, path + strlen(from)) : xstrdup(path);
}

char *path_there(const PathMaps *m, const char *path) {
        return translate(m, path, false);
}

char *path_here(const PathMaps *m, const char *path) {
        return translate(m, path, true);
}
