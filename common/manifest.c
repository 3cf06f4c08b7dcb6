/* The manifest codec. Pure. */
#include "beachhead/manifest.h"

#include "beachhead/keyspace.h"
#include "common/json.h"
#include "common/memory.h"

#include <errno.h>
#include <string.h>

enum { TEXT_MAX = 255 };

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

char *manifest_encode(const Manifest *m) {
        _cleanup_json_ cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "machine", m->machine);
        cJSON_AddStringToObject(object, "version", m->version);
        cJSON_AddStringToObject(object, "engine", m->engine);
        cJSON_AddNumberToObject(object, "containers", (double)m->containers);
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
