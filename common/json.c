/* cJSON with our caps. */
#include "common/json.h"

#include "common/text.h"

#include <stdbool.h>
#include <string.h>

enum { QUOTED_MAX = 80 }; /* bytes of a value that a refusal quotes */

cJSON *json_parse(const char *bytes, size_t size) {
        const char *end = NULL;

        if (memchr(bytes, '\0', size))
                return NULL;
        cJSON *json = cJSON_ParseWithLengthOpts(bytes, size, &end, false);
        if (json && end)
                while (end < bytes + size && strchr(" \t\r\n", *end))
                        end++;
        if (json && end != bytes + size) {
                cJSON_Delete(json);
                return NULL;
        }
        return json;
}

const cJSON *json_member(const cJSON *object, const char *name) {
        return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

const char *json_string(const cJSON *object, const char *name, size_t max) {
        const cJSON *item = json_member(object, name);

        if (!item || !cJSON_IsString(item) || !item->valuestring || strlen(item->valuestring) > max)
                return NULL;
        return item->valuestring;
}

int64_t json_item_integer(const cJSON *item, int64_t otherwise) {
        if (!item || !cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= 9007199254740992.0) ||
            item->valuedouble != (double)(int64_t)item->valuedouble)
                return otherwise;
        return (int64_t)item->valuedouble;
}

int64_t json_integer(const cJSON *object, const char *name, int64_t otherwise) {
        return json_item_integer(json_member(object, name), otherwise);
}

char *json_refusal(const char *name, const char *value, const char *wrong) {
        _cleanup_free_ char *shown = printable(value, strlen(value), QUOTED_MAX);

        return xasprintf("\"%s\" \"%s\" %s", name, shown, wrong);
}
