/* JSON written as it goes, for documents that are too large to be built first. Pure. */
#pragma once

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* {0} is an empty document. */
typedef struct JsonWriter {
        Text text;
        bool has_items; /* the object or array that is open has some already */
} JsonWriter;

/* Members of an object have a name, items of an array have NULL. What is begun has to be ended. */
void json_begin_object(JsonWriter *w, const char *name);
void json_end_object(JsonWriter *w);
void json_begin_array(JsonWriter *w, const char *name);
void json_end_array(JsonWriter *w);
/* Bytes above ASCII stay as they are. */
void json_write_string(JsonWriter *w, const char *name, const char *string);
void json_write_unsigned(JsonWriter *w, const char *name, uint64_t value);
void json_write_bool(JsonWriter *w, const char *name, bool value);

/* Appends a string with its quotes; its bytes above ASCII stay as they are. */
void json_append_string(Text *t, const char *bytes, size_t size);
