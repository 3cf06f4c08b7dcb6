/* What is written is what a reader of JSON reads. */
#include "common/json-writer.h"
#include "common/json.h"
#include "tests/unit/check-main.h"

#include <string.h>

START_TEST(objects_and_arrays_nest_with_their_commas) {
        JsonWriter w = { 0 };

        json_begin_object(&w, NULL);
        json_write_unsigned(&w, "n", 7);
        json_begin_array(&w, "empty");
        json_end_array(&w);
        json_begin_array(&w, "items");
        json_begin_object(&w, NULL);
        json_end_object(&w);
        json_write_string(&w, NULL, "text");
        json_begin_object(&w, NULL);
        json_write_bool(&w, "yes", true);
        json_write_bool(&w, "no", false);
        json_end_object(&w);
        json_end_array(&w);
        json_write_unsigned(&w, "large", UINT64_MAX);
        json_end_object(&w);
        _cleanup_free_ char *text = text_take(&w.text);
        ck_assert_str_eq(text, "{\"n\":7,\"empty\":[],\"items\":[{},\"text\",{\"yes\":true,\"no\":false}],"
                               "\"large\":18446744073709551615}");
}
END_TEST

START_TEST(every_string_is_read_as_it_was_written) {
        char all[256];

        for (int c = 1; c < 256; c++)
                all[c - 1] = (char)c;
        all[255] = '\0';
        const char *const strings[] = { "", "plain", "\"quoted\"", "back\\slash", "</script>", "line\nline", all };
        for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
                JsonWriter w = { 0 };
                json_begin_object(&w, NULL);
                json_write_string(&w, strings[i], strings[i]);
                json_end_object(&w);
                _cleanup_free_ char *text = text_take(&w.text);
                _cleanup_json_ cJSON *read = json_parse(text, strlen(text));
                ck_assert_ptr_nonnull(read);
                ck_assert_str_eq(json_string(read, strings[i], 1000), strings[i]);
        }
}
END_TEST

TEST_MAIN("json-writer", objects_and_arrays_nest_with_their_commas, every_string_is_read_as_it_was_written)
