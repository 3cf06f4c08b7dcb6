/* A reading: what was found in Redis comes into the table as a whole, whatever happens to the table meanwhile. */
#include "consumer/reading.h"
#include "tests/unit/check-main.h"

#include <string.h>

enum { HOLD = 600, LINGER = 30 };

#define KEY "/beachhead/web"
#define VALUE "[{\"domain\":\"d.example.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}]"

static Table *table_with_web(void) {
        Table *t = table_new((TablePolicy){ HOLD, LINGER });

        (void)table_present(t, KEY, VALUE, strlen(VALUE), 160, 100);
        return t;
}

START_TEST(what_is_newly_absent_is_news_once) {
        _cleanup_(table_freep) Table *t = table_with_web();
        _cleanup_(reading_freep) Reading *r = reading_new(t);

        ck_assert(reading_absent(r, KEY, true));
        ck_assert(!reading_absent(r, KEY, true));
        ck_assert(reading_absent(r, "/beachhead/never-seen", false));
        ck_assert(!reading_absent(r, "/beachhead/never-seen", false));
        reading_present(r, "/beachhead/new", VALUE, strlen(VALUE), 200);
        ck_assert(reading_absent(r, "/beachhead/new", false));
        ck_assert(reading_commit(r, t, true, 110));
        ck_assert_uint_eq(table_count(t, ENTRY_LIVE), 0);
        ck_assert_uint_eq(table_count(t, ENTRY_GONE), 1);
}
END_TEST

START_TEST(what_is_dropped_for_its_age_while_it_is_read_comes_back_whole) {
        _cleanup_(table_freep) Table *t = table_with_web();

        (void)table_absent(t, KEY, false, 100);
        _cleanup_(reading_freep) Reading *r = reading_new(t);
        reading_present(r, KEY, VALUE, strlen(VALUE), 2000);
        ck_assert(table_expire(t, 100 + HOLD));
        ck_assert_ptr_null(table_find(t, KEY));
        ck_assert(reading_commit(r, t, true, 100 + HOLD));
        ck_assert_int_eq(table_find(t, KEY)->state, ENTRY_LIVE);
        ck_assert_str_eq(table_find(t, KEY)->value, VALUE);
}
END_TEST

START_TEST(without_absences_only_what_is_there_counts) {
        _cleanup_(table_freep) Table *t = table_with_web();
        _cleanup_(reading_freep) Reading *r = reading_new(t);

        (void)reading_absent(r, KEY, true);
        reading_present(r, "/beachhead/new", VALUE, strlen(VALUE), 2000);
        ck_assert(reading_commit(r, t, false, 110));
        ck_assert_uint_eq(table_count(t, ENTRY_LIVE), 2);
}
END_TEST

TEST_MAIN("reading", what_is_newly_absent_is_news_once, what_is_dropped_for_its_age_while_it_is_read_comes_back_whole,
          without_absences_only_what_is_there_counts)
