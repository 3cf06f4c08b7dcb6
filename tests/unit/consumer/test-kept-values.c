/* What the owner has put into Redis, and what of it is to be put again. */
#include "common/text.h"
#include "consumer/certs/kept-values.h"
#include "tests/unit/check-main.h"

#include <string.h>

enum { BATCH = 4 };

static void put(KeptValues *k, const char *key, const char *text, uint64_t until) {
        kept_values_put(k, key, xstrdup(text), until);
}

/* The texts that are due now, with blanks between; the caller owns them. */
static char *due(KeptValues *k, uint64_t now) {
        _cleanup_string_list_ StringList texts = { 0 };
        KeptValue values[BATCH];
        size_t count = kept_values_write(k, now, values, BATCH);

        for (size_t i = 0; i < count; i++)
                string_list_add(&texts, values[i].text);
        return string_list_join(&texts, " ");
}

static void assert_due(KeptValues *k, uint64_t now, const char *expected) {
        _cleanup_free_ char *texts = due(k, now);

        ck_assert_str_eq(texts, expected);
}

static KeptValues *kept_abc(void) {
        KeptValues *k = kept_values_new();

        put(k, "a", "A", 100);
        put(k, "b", "B", 200);
        put(k, "c", "C", 300);
        return k;
}

START_TEST(what_was_put_is_written_once_in_batches_in_its_order) {
        _cleanup_(kept_values_freep) KeptValues *k = kept_abc();

        put(k, "d", "D", 300);
        put(k, "e", "E", 300);
        assert_due(k, 0, "A B C D");
        kept_values_written(k);
        assert_due(k, 0, "E");
        kept_values_written(k);
        assert_due(k, 0, "");
}
END_TEST

START_TEST(what_could_not_be_written_is_due_again) {
        _cleanup_(kept_values_freep) KeptValues *k = kept_abc();

        assert_due(k, 0, "A B C");
        kept_values_failed(k);
        assert_due(k, 0, "A B C");
}
END_TEST

START_TEST(all_that_was_written_can_be_written_again) {
        _cleanup_(kept_values_freep) KeptValues *k = kept_abc();

        assert_due(k, 0, "A B C");
        kept_values_written(k);
        put(k, "d", "D", 300);
        assert_due(k, 0, "D");
        kept_values_again(k);
        assert_due(k, 0, "A B C D");
}
END_TEST

START_TEST(a_value_that_changes_while_it_is_written_is_written_again) {
        _cleanup_(kept_values_freep) KeptValues *k = kept_abc();
        KeptValue value = { 0 };

        assert_due(k, 0, "A B C");
        put(k, "b", "B2", 200);
        kept_values_written(k);
        assert_due(k, 0, "B2");
        ck_assert(kept_values_find(k, "b", &value));
        ck_assert_str_eq(value.text, "B2");
        ck_assert(!kept_values_find(k, "x", &value));
}
END_TEST

START_TEST(what_is_over_is_neither_written_nor_missed) {
        _cleanup_(kept_values_freep) KeptValues *k = kept_abc();
        const char **keys = NULL;

        assert_due(k, 0, "A B C");
        kept_values_written(k);
        ck_assert_uint_eq(kept_values_keys(k, 100, &keys), 2);
        ck_assert_str_eq(keys[0], "b");
        free(keys);
        kept_values_again(k);
        assert_due(k, 200, "C");
        ck_assert(!kept_values_find(k, "a", &(KeptValue){ 0 }));
}
END_TEST

START_TEST(what_is_not_written_yet_is_not_missed) {
        _cleanup_(kept_values_freep) KeptValues *k = kept_abc();
        const char **keys = NULL;

        ck_assert_uint_eq(kept_values_keys(k, 0, &keys), 0);
        free(keys);
        assert_due(k, 0, "A B C");
        ck_assert_uint_eq(kept_values_keys(k, 0, &keys), 0);
        free(keys);
}
END_TEST

START_TEST(of_too_many_values_the_oldest_are_forgotten) {
        _cleanup_(kept_values_freep) KeptValues *k = kept_values_new();
        KeptValue value;

        for (unsigned i = 0; i < KEPT_VALUES_MAX + 2; i++) {
                _cleanup_free_ char *key = xasprintf("k%u", i);
                put(k, key, "V", 100);
        }
        ck_assert(!kept_values_find(k, "k0", &value) && !kept_values_find(k, "k1", &value));
        ck_assert(kept_values_find(k, "k2", &value));
}
END_TEST

START_TEST(of_too_many_bytes_the_oldest_are_forgotten) {
        _cleanup_(kept_values_freep) KeptValues *k = kept_values_new();
        size_t half = KEPT_BYTES_MAX / 2 + 1;
        KeptValue value;

        for (unsigned i = 0; i < 3; i++) {
                _cleanup_free_ char *key = xasprintf("k%u", i);
                char *text = xcalloc(half + 1, 1);
                memset(text, 'x', half);
                kept_values_put(k, key, text, 100);
        }
        ck_assert(!kept_values_find(k, "k1", &value));
        ck_assert(kept_values_find(k, "k2", &value));
        kept_values_clear(k);
        ck_assert(!kept_values_find(k, "k2", &value));
        put(k, "small", "S", 100);
        put(k, "other", "O", 100);
        ck_assert(kept_values_find(k, "small", &value));
}
END_TEST

TEST_MAIN("kept-values", what_was_put_is_written_once_in_batches_in_its_order, what_could_not_be_written_is_due_again,
          all_that_was_written_can_be_written_again, a_value_that_changes_while_it_is_written_is_written_again,
          what_is_over_is_neither_written_nor_missed, what_is_not_written_yet_is_not_missed,
          of_too_many_values_the_oldest_are_forgotten, of_too_many_bytes_the_oldest_are_forgotten)
