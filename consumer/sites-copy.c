/* A site that outlives the sites it is from. Pure. */
#include "consumer/sites-copy.h"

static char *copy_or_null(const char *text) {
        return text ? xstrdup(text) : NULL;
}

static EdgeSettings settings_copy(const EdgeSettings *from) {
        EdgeSettings copy = { 0 };

        edge_settings_inherit(&copy, from, 0, _EDGE_SETTING_COUNT);
        return copy;
}

static Endpoints endpoints_copy(const Endpoints *from) {
        Endpoints copy = { .items = xcalloc(from->count, sizeof *copy.items), .count = from->count };

        for (size_t i = 0; i < from->count; i++)
                endpoint_set(&copy.items[i], from->items[i].host, from->items[i].port);
        return copy;
}

static Location location_copy(const Location *from) {
        Location copy = *from;

        copy.path = xstrdup(from->path);
        copy.dest = copy_or_null(from->dest);
        copy.settings = settings_copy(&from->settings);
        copy.endpoints = endpoints_copy(&from->endpoints);
        copy.tls_endpoints = endpoints_copy(&from->tls_endpoints);
        return copy;
}

void site_copy(Site *ret, const Site *from) {
        *ret = *from;
        ret->domain = xstrdup(from->domain);
        ret->shape.settings = settings_copy(&from->shape.settings);
        ret->locations = xcalloc(from->n_locations, sizeof *ret->locations);
        for (size_t i = 0; i < from->n_locations; i++)
                ret->locations[i] = location_copy(&from->locations[i]);
        ret->publishers = ret->notes = (StringList){ 0 };
        for (size_t i = 0; i < from->publishers.count; i++)
                string_list_add(&ret->publishers, from->publishers.items[i]);
}
