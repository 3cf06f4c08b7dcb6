/* The manifest codec. Pure. */
#include "beachhead/manifest.h"

#include "beachhead/keyspace.h"
#include "common/json.h"
#include "common/memory.h"

#include <errno.h>
#include <string.h>

enum { TEXT_MAX = 255 };
#define COUNT_MAX 9007199254740992.0 /* 2^53: JSON's whole numbers */
#define SUM_MAX 1e9                  /* seconds; to the microsecond, they are such a number */
#define BOUND_MAX 1e6                /* seconds */
#define BOUND_STEP 1e-6              /* between two of them: they differ in writing too */

Manifest *manifest_free(Manifest *m) {
        if (!m)
                return NULL;
        for (size_t i = 0; i < m->n_instances; i++)
                free(m->instances[i]);
        free(m->instances);
        free(m->machine);
        free(m->version);
        free(m->engine);
        free(m);
        return NULL;
}

DEFINE_CLEANUP(Manifest *, manifest_free);

static int compare_instances(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *copy_text(const cJSON *object, const char *name) {
        const char *text = json_string(object, name, TEXT_MAX);

        return xstrdup(text ? text : "");
}

static bool take_bounds(Histogram *h, const cJSON *bounds) {
        double least = BOUND_STEP;
        const cJSON *item;

        cJSON_ArrayForEach (item, bounds) {
                if (h->n_bounds == HISTOGRAM_BOUNDS_MAX || !cJSON_IsNumber(item) || !(item->valuedouble >= least) ||
                    !(item->valuedouble <= BOUND_MAX))
                        return false;
                h->bounds[h->n_bounds++] = item->valuedouble;
                least = item->valuedouble + BOUND_STEP;
        }
        return h->n_bounds > 0;
}

static bool take_counts(Histogram *h, const cJSON *counts) {
        size_t n = 0;
        const cJSON *item;

        cJSON_ArrayForEach (item, counts) {
                if (n > h->n_bounds || !cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
                    !(item->valuedouble <= COUNT_MAX))
                        return false;
                h->counts[n++] = (uint64_t)item->valuedouble;
        }
        return n == h->n_bounds + 1;
}

/* A figure that cannot be read is as one that is not there: the rest of the manifest is worth more. */
static void take_histogram(Histogram *ret, const cJSON *object) {
        const cJSON *sum = json_member(object, "sum");
        Histogram h = { 0 };

        if (!take_bounds(&h, json_member(object, "le")) || !take_counts(&h, json_member(object, "counts")) ||
            !cJSON_IsNumber(sum) || !(sum->valuedouble >= 0) || !(sum->valuedouble <= SUM_MAX))
                return;
        h.sum = sum->valuedouble;
        *ret = h;
}

int manifest_decode(Manifest **ret, const char *bytes, size_t size) {
        _cleanup_(manifest_freep) Manifest *m = new0(Manifest);
        const cJSON *item;

        if (size > MANIFEST_VALUE_MAX)
                return -E2BIG;
        _cleanup_json_ cJSON *object = json_parse(bytes, size);
        const cJSON *instances = json_member(object, "instances");
        if (!cJSON_IsArray(instances) || !json_string(object, "machine", TEXT_MAX))
                return -EBADMSG;
        m->machine = copy_text(object, "machine");
        m->version = copy_text(object, "version");
        m->engine = copy_text(object, "engine");
        m->containers = (uint64_t)json_integer(object, "containers", 0);
        take_histogram(&m->event_to_publish, json_member(object, "event_to_publish"));
        cJSON_ArrayForEach (item, instances) {
                if (!cJSON_IsString(item) || !keyspace_instance_is_valid(item->valuestring))
                        return -EBADMSG;
                array_grow(m->instances, m->n_instances);
                m->instances[m->n_instances++] = xstrdup(item->valuestring);
        }
        if (m->n_instances > 1)
                qsort(m->instances, m->n_instances, sizeof *m->instances, compare_instances);
        *ret = TAKE_PTR(m);
        return 0;
}

/* Whole microseconds: digits beyond them are none of the clock's. */
static void add_histogram(cJSON *object, const char *name, const Histogram *h) {
        if (h->n_bounds == 0)
                return;
        cJSON *histogram = cJSON_AddObjectToObject(object, name);
        cJSON *bounds = cJSON_AddArrayToObject(histogram, "le"), *counts = cJSON_AddArrayToObject(histogram, "counts");
        for (size_t i = 0; i < h->n_bounds; i++)
                cJSON_AddItemToArray(bounds, cJSON_CreateNumber(h->bounds[i]));
        for (size_t i = 0; i <= h->n_bounds; i++)
                cJSON_AddItemToArray(counts, cJSON_CreateNumber((double)h->counts[i]));
        cJSON_AddNumberToObject(histogram, "sum", (double)(uint64_t)(h->sum * 1e6 + 0.5) / 1e6);
}

char *manifest_encode(const Manifest *m) {
        _cleanup_json_ cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "machine", m->machine);
        cJSON_AddStringToObject(object, "version", m->version);
        cJSON_AddStringToObject(object, "engine", m->engine);
        cJSON_AddNumberToObject(object, "containers", (double)m->containers);
        add_histogram(object, "event_to_publish", &m->event_to_publish);
        cJSON *instances = cJSON_AddArrayToObject(object, "instances");
        for (size_t i = 0; i < m->n_instances; i++)
                cJSON_AddItemToArray(instances, cJSON_CreateString(m->instances[i]));
        char *value = cJSON_PrintUnformatted(object);
        if (!value)
                abort();
        return value;
}

bool manifest_lists(const Manifest *m, const char *instance) {
        return m->n_instances > 0 &&
               bsearch(&instance, m->instances, m->n_instances, sizeof *m->instances, compare_instances);
}
