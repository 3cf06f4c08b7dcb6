/* A reading: what was found in Redis comes into the table as a whole, whatever happens to the table meanwhile. */
#include "consumer/reading.h"
#include "tests/unit/check-main.h"

#include <stdio.h>
#include <string.h>

enum { HOLD = 600, LINGER = 30 };

#define KEY "/beachhead/web"
#define VALUE "[{\"domain\":\"d.example.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}]"

static Table *table_with_web(void) {
        Table *t = table_new((TablePolicy){ .hold_max_usec = HOLD, .linger_usec = LINGER });

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

/* The longer one forgets what the shorter one reads, and reads it again. */
START_TEST(a_shorter_reading_may_come_between) {
        static const char other[] = "[{\"domain\":\"d.example.org\",\"http\":{\"host\":\"10.0.0.2\",\"port\":80}}]";
        _cleanup_(table_freep) Table *t = table_new((TablePolicy){ .hold_max_usec = HOLD, .max = { .entries = 2 } });
        const char *first;

        (void)table_present(t, KEY, VALUE, strlen(VALUE), 160, 100);
        _cleanup_(reading_freep) Reading *longer = reading_new(t), *shorter = reading_new(t);
        reading_present(longer, KEY, VALUE, strlen(VALUE), 200);
        reading_present(longer, "/beachhead/new", VALUE, strlen(VALUE), 200);
        reading_forget(longer, KEY);
        reading_forget(longer, "/beachhead/new");
        reading_present(shorter, KEY, other, strlen(other), 210);
        reading_present(shorter, "/beachhead/new", VALUE, strlen(VALUE), 210);
        ck_assert(reading_commit(shorter, t, true, 110));
        reading_present(longer, KEY, other, strlen(other), 220);
        reading_present(longer, "/beachhead/new", VALUE, strlen(VALUE), 220);
        ck_assert(!reading_commit(longer, t, true, 120));
        ck_assert_str_eq(table_find(t, KEY)->value, other);
        ck_assert_uint_eq(table_find(t, "/beachhead/new")->deadline_usec, 220);
        ck_assert_uint_eq(reading_left_out(longer, &first), 0);
}
END_TEST

START_TEST(what_is_forgotten_and_has_no_room_any_more_is_as_if_it_had_not_been_found) {
        enum { MANY = 10002 }; /* so much that some of it is dropped */
        _cleanup_(table_freep) Table *t = table_new((TablePolicy){ .hold_max_usec = HOLD, .max = { .entries = 1 } });

        (void)table_present(t, KEY, VALUE, strlen(VALUE), 160, 100);
        _cleanup_(reading_freep) Reading *longer = reading_new(t), *shorter = reading_new(t);
        reading_present(longer, KEY, VALUE, strlen(VALUE), 200);
        for (int i = 0; i < MANY; i++) {
                _cleanup_free_ char *key = xasprintf("/beachhead/b%d", i);
                reading_present(longer, key, VALUE, strlen(VALUE), 200);
        }
        reading_forget(longer, KEY);
        (void)reading_absent(shorter, KEY, true);
        ck_assert(reading_commit(shorter, t, true, 110));
        (void)table_present(t, "/beachhead/a", VALUE, strlen(VALUE), 200, 110);
        reading_present(longer, KEY, VALUE, strlen(VALUE), 220);
        ck_assert(!reading_has(longer, KEY));
        (void)reading_commit(longer, t, true, 120);
        ck_assert_ptr_null(table_find(t, KEY));
        ck_assert_ptr_nonnull(table_find(t, "/beachhead/a"));
}
END_TEST

/* ---- limits ---- */

static void stage(Reading *r, const char *name, const char *value) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", name);

        if (reading_wants(r, key))
                reading_present(r, key, value, strlen(value), 200);
}

/* The keys of the table, behind the prefix. */
static char *names_in(const Table *t) {
        Text names = { 0 };
        size_t count;
        const Entry *const *entries = table_entries(t, &count);

        for (size_t i = 0; i < count; i++)
                text_appendf(&names, "%s%s", i > 0 ? " " : "", entries[i]->key + strlen("/beachhead/"));
        return text_take(&names);
}

static const struct {
        TableSize max;
        const char *kept;
        size_t left_out;
} limits[] = {
        { { .entries = 3 }, "a b c", 2 },
        { { .routes = 2 }, "a b", 3 },
        { { .bytes = 4 * (sizeof VALUE - 1 + sizeof "/beachhead/a" - 1) }, "a b c d", 1 },
        { { .entries = 5, .routes = 5 }, "a b c d e", 0 },
};

START_TEST(of_new_ones_the_first_by_name_come_in_whatever_order_they_are_found_in) {
        static const char *const orders[][5] = { { "a", "b", "c", "d", "e" },
                                                 { "e", "d", "c", "b", "a" },
                                                 { "c", "a", "e", "b", "d" } };
        const char *first;

        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
                for (size_t order = 0; order < sizeof orders / sizeof *orders; order++) {
                        _cleanup_(table_freep) Table *t =
                                table_new((TablePolicy){ .hold_max_usec = HOLD, .max = limits[i].max });
                        _cleanup_(reading_freep) Reading *r = reading_new(t);
                        for (size_t k = 0; k < 5; k++)
                                stage(r, orders[order][k], VALUE);
                        ck_assert(reading_commit(r, t, true, 110));
                        _cleanup_free_ char *names = names_in(t);
                        ck_assert_str_eq(names, limits[i].kept);
                        ck_assert_uint_eq(reading_left_out(r, &first), limits[i].left_out);
                }
}
END_TEST

START_TEST(who_is_there_is_not_driven_out_by_who_comes) {
        _cleanup_(table_freep) Table *t = table_new((TablePolicy){ .hold_max_usec = HOLD, .max = { .entries = 2 } });
        const char *first;

        for (int pass = 0; pass < 3; pass++) {
                _cleanup_(reading_freep) Reading *r = reading_new(t);
                stage(r, "y", VALUE);
                stage(r, "z", VALUE);
                for (char name = 'a'; pass > 0 && name < 'y'; name++)
                        stage(r, (char[]){ name, '\0' }, VALUE);
                (void)reading_commit(r, t, true, 110);
                _cleanup_free_ char *names = names_in(t);
                ck_assert_str_eq(names, "y z");
                ck_assert_uint_eq(reading_left_out(r, &first), pass > 0 ? 24 : 0);
                ck_assert_str_eq(first, pass > 0 ? "/beachhead/a" : "");
        }
}
END_TEST

/* More than may be staged at once, so that some are dropped on the way. */
START_TEST(a_flood_is_not_kept_in_memory_and_the_first_by_name_come_in_all_the_same) {
        enum { FLOOD = 30000, ROOM = 10 };
        _cleanup_(table_freep) Table *t =
                table_new((TablePolicy){ .hold_max_usec = HOLD, .max = { .entries = ROOM } });
        _cleanup_(reading_freep) Reading *r = reading_new(t);
        const char *first;
        char name[16];

        for (unsigned i = 0; i < FLOOD; i++) { /* 7919 is prime: all of them, in no order */
                (void)snprintf(name, sizeof name, "%05u", i * 7919 % FLOOD);
                stage(r, name, "[]");
        }
        ck_assert(!reading_wants(r, "/beachhead/99999"));
        (void)reading_commit(r, t, true, 110);
        _cleanup_free_ char *names = names_in(t);
        ck_assert_str_eq(names, "00000 00001 00002 00003 00004 00005 00006 00007 00008 00009");
        ck_assert_uint_eq(reading_left_out(r, &first), FLOOD - ROOM + 1);
        ck_assert_str_eq(first, "/beachhead/00010");
}
END_TEST

TEST_MAIN("reading", what_is_newly_absent_is_news_once, what_is_dropped_for_its_age_while_it_is_read_comes_back_whole,
          without_absences_only_what_is_there_counts, a_shorter_reading_may_come_between,
          what_is_forgotten_and_has_no_room_any_more_is_as_if_it_had_not_been_found,
          of_new_ones_the_first_by_name_come_in_whatever_order_they_are_found_in,
          who_is_there_is_not_driven_out_by_who_comes,
          a_flood_is_not_kept_in_memory_and_the_first_by_name_come_in_all_the_same)
