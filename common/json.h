/* cJSON with our caps: strings from outside are taken only where they have the right type and a sane size. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

/* Parses exactly `size` bytes; NULL where they are not one JSON document, or one that is nested absurdly deep (cJSON's
 * own limit is 1,000 levels) or holds a NUL. */
cJSON *json_parse(const char *bytes, size_t size);

/* The string under `name`, borrowed; NULL where there is none, it is no string, or is longer than `max` bytes. */
const char *json_string(const cJSON *object, const char *name, size_t max);
/* The whole number under `name`, or `otherwise` where there is none between 0 and 2^53. */
int64_t json_integer(const cJSON *object, const char *name, int64_t otherwise);
/* The same of an item itself, which may be NULL. */
int64_t json_item_integer(const cJSON *item, int64_t otherwise);
/* The item of an object under `name`, case-sensitively; NULL where there is none or `object` is no object. */
const cJSON *json_member(const cJSON *object, const char *name);

/* `"name" "value" wrong`, the value printable and cut. The caller owns it. */
char *json_refusal(const char *name, const char *value, const char *wrong);

static inline void cJSON_Deletep(cJSON **json) {
        cJSON_Delete(*json);
}
#define _cleanup_json_ _cleanup_(cJSON_Deletep)
