/* JSON written as it goes. */
#include "common/json-writer.h"

#include <inttypes.h>
#include <string.h>

void json_append_string(Text *t, const char *bytes, size_t size) {
        size_t plain = 0;

        text_append(t, "\"");
        for (size_t i = 0; i < size; i++) {
                unsigned char c = (unsigned char)bytes[i];
                if (c >= 0x20 && c != '"' && c != '\\')
                        continue;
                text_append_bytes(t, bytes + plain, i - plain);
                if (c < 0x20)
                        text_appendf(t, "\\u%04x", c);
                else
                        text_append_bytes(t, (const char[]){ '\\', (char)c }, 2);
                plain = i + 1;
        }
        text_append_bytes(t, bytes + plain, size - plain);
        text_append(t, "\"");
}

/* What stands before a value. */
static void begin_item(JsonWriter *w, const char *name) {
        if (w->has_items)
                text_append(&w->text, ",");
        w->has_items = true;
        if (!name)
                return;
        json_append_string(&w->text, name, strlen(name));
        text_append(&w->text, ":");
}

static void begin(JsonWriter *w, const char *name, const char *bracket) {
        begin_item(w, name);
        text_append(&w->text, bracket);
        w->has_items = false;
}

static void end(JsonWriter *w, const char *bracket) {
        text_append(&w->text, bracket);
        w->has_items = true; /* what it lies in has this one at least */
}

void json_begin_object(JsonWriter *w, const char *name) {
        begin(w, name, "{");
}

void json_end_object(JsonWriter *w) {
        end(w, "}");
}

void json_begin_array(JsonWriter *w, const char *name) {
        begin(w, name, "[");
}

void json_end_array(JsonWriter *w) {
        end(w, "]");
}

void json_write_string(JsonWriter *w, const char *name, const char *string) {
        begin_item(w, name);
        json_append_string(&w->text, string, strlen(string));
}

void json_write_unsigned(JsonWriter *w, const char *name, uint64_t value) {
        begin_item(w, name);
        text_appendf(&w->text, "%" PRIu64, value);
}

void json_write_bool(JsonWriter *w, const char *name, bool value) {
        begin_item(w, name);
        text_append(&w->text, value ? "true" : "false");
}
