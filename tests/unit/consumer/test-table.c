/* The table: what is missing is held, what is gone lingers, and nothing is decoded, told or forgotten twice. */
#include "consumer/table.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { HOLD = 600, LINGER = 30 };

#define WEB "/beachhead/web"
#define A "[{\"domain\":\"a.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}]"
#define B "[{\"domain\":\"b.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}]"
#define BAD "no JSON"

static Table *new_table(void) {
        return table_new((TablePolicy){ .hold_max_usec = HOLD, .linger_usec = LINGER });
}

static bool present(Table *t, const char *key, const char *value, uint64_t now) {
        return table_present(t, key, value, strlen(value), now + 60, now);
}

static void note_problem(void *userdata, const char *key, const char *domain, const char *reason) {
        string_list_addf(userdata, "%s %s: %s", key, domain ? domain : "-", reason);
}

/* The table as text: "key state since domain" an entry. */
static char *table_text(const Table *t) {
        static const char *const states[] = { "live", "missing", "gone" };
        size_t count;
        const Entry *const *entries = table_entries(t, &count);
        Text text = { 0 };

        for (size_t i = 0; i < count; i++) {
                const Registration *r = entries[i]->registration;
                text_appendf(&text, "%s%s %s", i > 0 ? ", " : "", strrchr(entries[i]->key, '/') + 1,
                             states[entries[i]->state]);
                if (entries[i]->state != ENTRY_LIVE)
                        text_appendf(&text, " %d", (int)entries[i]->since_usec);
                text_appendf(&text, " %s", r && r->n_routes > 0 ? r->routes[0].domain : "-");
        }
        return text_take(&text);
}

static void expect(const Table *t, const char *wanted) {
        _cleanup_free_ char *text = table_text(t);

        ck_assert_str_eq(text, wanted);
}

START_TEST(a_refresh_changes_the_deadline_and_nothing_else) {
        _cleanup_(table_freep) Table *t = new_table();
        size_t count;

        ck_assert(table_present(t, WEB, A, strlen(A), 160, 100));
        const Entry *e = table_find(t, WEB);
        const Entry *const *entries = table_entries(t, &count);
        ck_assert_ptr_nonnull(e);
        ck_assert(!table_present(t, WEB, A, strlen(A), 187, 127));
        ck_assert_ptr_eq(table_find(t, WEB), e);
        ck_assert_uint_eq(e->deadline_usec, 187);
        ck_assert_ptr_eq(table_entries(t, &count), entries);
        expect(t, "web live a.org");
}
END_TEST

START_TEST(what_left_on_purpose_lingers_and_is_forgotten) {
        _cleanup_(table_freep) Table *t = new_table();

        ck_assert(present(t, WEB, A, 100));
        ck_assert_uint_eq(table_next_expiry(t), UINT64_MAX);
        ck_assert(table_absent(t, WEB, true, 110));
        ck_assert_ptr_null(table_find(t, WEB));
        expect(t, "web gone 110 a.org");
        ck_assert_uint_eq(table_next_expiry(t), 110 + LINGER);
        ck_assert(!table_expire(t, 110 + LINGER - 1));
        ck_assert(table_expire(t, 110 + LINGER));
        expect(t, "");
        ck_assert(!table_absent(t, WEB, true, 200));
        ck_assert_uint_eq(table_next_expiry(t), UINT64_MAX);
}
END_TEST

START_TEST(what_is_missing_is_held_until_hold_max) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, WEB, A, 100);
        ck_assert(table_absent(t, WEB, false, 110));
        ck_assert(!table_absent(t, WEB, false, 120));
        expect(t, "web missing 110 a.org");
        ck_assert_uint_eq(table_count(t, ENTRY_MISSING), 1);
        ck_assert_uint_eq(table_count(t, ENTRY_LIVE), 0);
        ck_assert_uint_eq(table_next_expiry(t), 110 + HOLD);
        ck_assert(!table_expire(t, 110 + HOLD - 1));
        ck_assert(table_expire(t, 110 + HOLD));
        expect(t, "web gone 710 a.org");
        ck_assert_uint_eq(table_next_expiry(t), 710 + LINGER);
}
END_TEST

START_TEST(what_is_missing_comes_back_or_goes_for_good) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, WEB, A, 100);
        table_absent(t, WEB, false, 110);
        ck_assert(present(t, WEB, A, 120));
        expect(t, "web live a.org");
        ck_assert(!present(t, WEB, A, 121));
        table_absent(t, WEB, false, 130);
        ck_assert(table_absent(t, WEB, true, 140));
        expect(t, "web gone 140 a.org");
}
END_TEST

START_TEST(without_hold_max_and_linger_absence_acts_at_once) {
        _cleanup_(table_freep) Table *lingering =
                table_new((TablePolicy){ .hold_max_usec = 0, .linger_usec = LINGER });
        _cleanup_(table_freep) Table *hard = table_new((TablePolicy){ .hold_max_usec = 0, .linger_usec = 0 });

        present(lingering, WEB, A, 100);
        ck_assert(table_absent(lingering, WEB, false, 110));
        expect(lingering, "web gone 110 a.org");
        present(hard, WEB, A, 100);
        ck_assert(present(hard, WEB, B, 105));
        expect(hard, "web live b.org");
        ck_assert(table_absent(hard, WEB, false, 110));
        expect(hard, "");
}
END_TEST

START_TEST(a_changed_value_leaves_the_former_one_lingering) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, WEB, A, 100);
        ck_assert(present(t, WEB, B, 110));
        expect(t, "web live b.org, web gone 110 a.org");
        ck_assert_str_eq(table_find(t, WEB)->registration->routes[0].domain, "b.org");
        ck_assert(present(t, WEB, A, 115));
        expect(t, "web live a.org, web gone 110 a.org, web gone 115 b.org");
        ck_assert(table_expire(t, 110 + LINGER));
        expect(t, "web live a.org, web gone 115 b.org");
}
END_TEST

START_TEST(a_key_that_changes_without_end_keeps_its_last_few) {
        _cleanup_(table_freep) Table *t = new_table();

        for (int i = 0; i < 1000; i++)
                present(t, WEB, i % 2 ? A : B, 100);
        ck_assert_uint_eq(table_count(t, ENTRY_GONE), TABLE_GONE_PER_KEY_MAX);
        ck_assert_uint_eq(table_count(t, ENTRY_LIVE), 1);
}
END_TEST

START_TEST(an_unreadable_value_is_told_once_and_holds_the_last_good_one) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(table_freep) Table *t = new_table();

        table_on_problem(t, note_problem, &problems);
        present(t, WEB, A, 100);
        ck_assert(present(t, WEB, BAD, 110));
        ck_assert(!present(t, WEB, BAD, 120));
        expect(t, "web missing 110 a.org");
        ck_assert_uint_eq(problems.count, 1);
        ck_assert_str_eq(problems.items[0], WEB " -: the value is no JSON array");
        ck_assert(!present(t, WEB, BAD BAD, 130));
        ck_assert_uint_eq(problems.count, 2);

        /* The good one may not be held for ever; that it ended is no reason to tell again. */
        ck_assert(table_expire(t, 110 + HOLD));
        ck_assert(!present(t, WEB, BAD BAD, 720));
        expect(t, "web live -, web gone 710 a.org");
        ck_assert_uint_eq(problems.count, 2);
        ck_assert(present(t, WEB, B, 730));
        expect(t, "web live b.org, web gone 710 a.org");
}
END_TEST

START_TEST(an_unreadable_value_without_a_good_one_serves_nothing) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(table_freep) Table *t = new_table();

        table_on_problem(t, note_problem, &problems);
        ck_assert(!present(t, WEB, BAD, 100));
        ck_assert(!present(t, WEB, BAD, 110));
        expect(t, "web live -");
        ck_assert_uint_eq(table_find(t, WEB)->value_size, 0);
        ck_assert_uint_eq(problems.count, 1);
        ck_assert(!table_absent(t, WEB, false, 120));
        expect(t, "");
        present(t, WEB, BAD, 130);
        ck_assert(present(t, WEB, A, 140));
        expect(t, "web live a.org");
}
END_TEST

START_TEST(a_good_value_that_comes_back_is_live_again) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(table_freep) Table *t = new_table();

        table_on_problem(t, note_problem, &problems);
        present(t, WEB, A, 100);
        present(t, WEB, BAD, 110);
        ck_assert(present(t, WEB, A, 120));
        expect(t, "web live a.org");
        present(t, WEB, BAD, 130);
        ck_assert_uint_eq(problems.count, 2);
}
END_TEST

START_TEST(a_value_beyond_the_cap_is_refused) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(table_freep) Table *t = new_table();
        size_t size = REGISTRATION_VALUE_MAX + 1;
        _cleanup_free_ char *large = xcalloc(size, 1);

        memset(large, ' ', size);
        large[0] = '[';
        large[size - 1] = ']';
        table_on_problem(t, note_problem, &problems);
        ck_assert(!table_present(t, WEB, large, size, 1, 1));
        ck_assert_str_eq(problems.items[0], WEB " -: the value is larger than a registration may be");
}
END_TEST

START_TEST(a_bad_route_is_told_with_key_and_domain) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(table_freep) Table *t = new_table();

        table_on_problem(t, note_problem, &problems);
        present(t, WEB, "[{\"domain\":\"x.org\"}]", 100);
        present(t, WEB, "[{\"domain\":\"x.org\"}]", 110);
        ck_assert_uint_eq(problems.count, 1);
        ck_assert(has_prefix(problems.items[0], WEB " x.org: "));
        expect(t, "web live -");
}
END_TEST

START_TEST(a_clock_that_is_set_back_holds_nothing_longer) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "/beachhead/a", A, 100000);
        present(t, "/beachhead/b", B, 100000);
        table_absent(t, "/beachhead/a", false, 100000);
        table_absent(t, "/beachhead/b", false, 50);
        expect(t, "a missing 50 a.org, b missing 50 b.org");
        table_absent(t, "/beachhead/a", true, 100000);
        ck_assert(!table_expire(t, 60));
        expect(t, "a gone 60 a.org, b missing 50 b.org");
        ck_assert(table_expire(t, 60 + LINGER));
}
END_TEST

START_TEST(a_memory_brings_everything_back_as_missing_or_gone) {
        _cleanup_(table_freep) Table *t = new_table(), *again = new_table();

        present(t, "/beachhead/live", A, 100);
        present(t, "/beachhead/held", B, 100);
        present(t, "/beachhead/left", A, 100);
        present(t, "/beachhead/bad", BAD, 100);
        table_absent(t, "/beachhead/left", true, 110);
        table_absent(t, "/beachhead/held", false, 120);
        _cleanup_free_ char *memory = table_save(t);
        ck_assert_int_eq(table_load(again, memory, strlen(memory), 200), 0);
        expect(again, "held missing 120 b.org, left gone 110 a.org, live missing 200 a.org");
        ck_assert_uint_eq(table_next_expiry(again), 110 + LINGER);
        ck_assert(present(again, "/beachhead/live", A, 210));

        /* Loaded long before that time, as a clock has it that was set back. */
        ck_assert_int_eq(table_load(again, memory, strlen(memory), 115), 0);
        expect(again, "held missing 115 b.org, left gone 110 a.org, live missing 115 a.org");
}
END_TEST

START_TEST(the_same_table_is_the_same_memory) {
        static const char *const orders[][3] = { { "a", "b", "c" }, { "c", "a", "b" }, { "b", "c", "a" } };
        char *memories[3];

        for (int i = 0; i < 3; i++) {
                _cleanup_(table_freep) Table *t = new_table();
                for (int k = 0; k < 3; k++) {
                        _cleanup_free_ char *key = xasprintf("/beachhead/%s", orders[i][k]);
                        present(t, key, A, 100 + (uint64_t)i);
                }
                table_absent(t, "/beachhead/b", false, 500);
                memories[i] = table_save(t);
        }
        ck_assert_str_eq(memories[0], memories[1]);
        ck_assert_str_eq(memories[0], memories[2]);
        for (int i = 0; i < 3; i++)
                free(memories[i]);
}
END_TEST

START_TEST(a_memory_keeps_every_byte) {
        static const char value[] = "[\t{\"domain\":\"a.org\",\"http\":{\"host\":\"h\",\"port\":1},"
                                    "\"x\":\"\\u00e4 \\\" \\\\ \xc3\xa4 \xff\xfe\x80 \x7f\"}\r\n]";
        static const char key[] = "/beachhead/\"w\\e\x01\xff"
                                  "b";
        _cleanup_(table_freep) Table *t = new_table(), *again = new_table();

        ck_assert(present(t, key, value, 100));
        ck_assert_ptr_nonnull(table_find(t, key)->registration);
        _cleanup_free_ char *memory = table_save(t);
        ck_assert_int_eq(table_load(again, memory, strlen(memory), 200), 0);
        ck_assert_ptr_nonnull(table_find(again, key));
        ck_assert_str_eq(table_find(again, key)->value, value);
        ck_assert_uint_eq(table_find(again, key)->value_size, strlen(value));
}
END_TEST

START_TEST(what_is_no_memory_leaves_an_empty_table) {
        static const char *const bad[] = {
                "",
                "{}",
                "[]",
                "{\"version\":1}",
                "{\"version\":1,\"entries\":{}}",
                "{\"version\":2,\"entries\":[]}",
                "{\"version\":\"1\",\"entries\":[]}",
                "{\"version\":1,\"entries\":[]} x",
                "{\"version\":1,\"entries\":[",
        };
        _cleanup_(table_freep) Table *t = new_table();

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                present(t, WEB, A, 100);
                ck_assert_msg(table_load(t, bad[i], strlen(bad[i]), 200) == -EBADMSG, "%s was taken", bad[i]);
                expect(t, "");
                ck_assert_ptr_null(table_find(t, WEB));
        }
}
END_TEST

START_TEST(a_bad_entry_of_a_memory_leaves_the_others) {
        static const char memory[] =
                "{\"version\":1,\"entries\":[7,{},{\"key\":\"/beachhead/a\"},"
                "{\"key\":7,\"value\":\"[]\",\"state\":\"live\"},"
                "{\"key\":\"/beachhead/b\",\"value\":\"no\",\"state\":\"live\",\"since\":0},"
                "{\"key\":\"/beachhead/c\",\"value\":\"[]\",\"state\":\"missing\",\"since\":\"x\"},"
                "{\"key\":\"/beachhead/d\",\"value\":\"[]\",\"state\":\"missing\",\"since\":-1},"
                "{\"key\":\"/beachhead/e\",\"value\":\"[]\",\"state\":\"gone\",\"since\":9000},"
                "{\"key\":\"/beachhead/d\",\"value\":\"[ ]\",\"state\":\"missing\",\"since\":400}]}";
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(table_freep) Table *t = new_table();

        table_on_problem(t, note_problem, &problems);
        ck_assert_int_eq(table_load(t, memory, strlen(memory), 500), 0);
        expect(t, "c missing 500 -, d missing 400 -, e gone 500 -");
        ck_assert_uint_eq(problems.count, 1);
}
END_TEST

START_TEST(a_hundred_thousand_entries_come_and_go) {
        enum { COUNT = 100000 };
        _cleanup_(table_freep) Table *t = new_table();
        size_t count;

        for (int pass = 0; pass < 2; pass++) {
                for (int i = 0; i < COUNT; i++) {
                        char key[64];
                        (void)snprintf(key, sizeof key, "/beachhead/container-%d@node-%d", i * 7919 % COUNT, i % 100);
                        ck_assert(table_present(t, key, A, strlen(A), 1, 1) == (pass == 0));
                }
        }
        (void)table_entries(t, &count);
        ck_assert_uint_eq(count, COUNT);
        for (int i = 0; i < COUNT; i++) {
                char key[64];
                (void)snprintf(key, sizeof key, "/beachhead/container-%d@node-%d", i * 7919 % COUNT, i % 100);
                ck_assert(table_absent(t, key, false, 2));
        }
        ck_assert(table_expire(t, 2 + HOLD));
        ck_assert_uint_eq(table_count(t, ENTRY_GONE), COUNT);
        ck_assert(table_expire(t, 2 + HOLD + LINGER));
        ck_assert_uint_eq(table_count(t, ENTRY_GONE), 0);
}
END_TEST

static void expect_problems(const Table *t, const char *own, const char *refused) {
        const Entry *e = table_find(t, WEB);

        ck_assert_ptr_nonnull(e);
        ck_assert_uint_eq(e->problems.count, own ? 1 : 0);
        ck_assert_uint_eq(e->refused.count, refused ? 1 : 0);
        if (own)
                ck_assert_str_eq(e->problems.items[0].domain, own);
        if (refused)
                ck_assert_str_eq(e->refused.items[0].reason, refused);
}

START_TEST(an_entry_knows_what_is_left_out_of_it) {
        static const char good[] = "[{\"domain\":\"a.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}]";
        static const char partly[] = "[{\"domain\":\"a.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}},"
                                     "{\"domain\":\"b.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":0}}]";
        _cleanup_(table_freep) Table *t = table_new((TablePolicy){ .hold_max_usec = 600, .linger_usec = 30 });

        (void)table_present(t, WEB, partly, strlen(partly), 200, 100);
        expect_problems(t, "b.org", NULL);
        for (int i = 0; i < 2; i++) { /* the same again is no other problem */
                (void)table_present(t, WEB, "{", 1, 200, 100);
                expect_problems(t, "b.org", "the value is no JSON array");
        }
        (void)table_present(t, WEB, partly, strlen(partly), 200, 100);
        expect_problems(t, "b.org", NULL);
        (void)table_present(t, WEB, "{", 1, 200, 100);
        (void)table_absent(t, WEB, false, 110);
        expect_problems(t, "b.org", NULL);
        (void)table_present(t, WEB, good, strlen(good), 200, 120);
        expect_problems(t, NULL, NULL);
}
END_TEST

START_TEST(of_very_many_problems_of_a_value_some_are_kept) {
        _cleanup_(table_freep) Table *t = table_new((TablePolicy){ .hold_max_usec = 600, .linger_usec = 30 });
        _cleanup_text_ Text value = { 0 };

        for (int i = 0; i < ENTRY_PROBLEMS_MAX + 5; i++)
                text_appendf(&value, "%s{\"domain\":7}", i > 0 ? "," : "[");
        text_append(&value, "]");
        (void)table_present(t, WEB, value.data, value.size, 200, 100);
        ck_assert_uint_eq(table_find(t, WEB)->problems.count, ENTRY_PROBLEMS_MAX);
}
END_TEST

/* ---- limits ---- */

START_TEST(what_is_gone_makes_room_and_nothing_else_does) {
        _cleanup_(table_freep) Table *t =
                table_new((TablePolicy){ .hold_max_usec = HOLD, .linger_usec = LINGER, .max = { .entries = 2 } });

        (void)table_present(t, "a", "[]", 2, UINT64_MAX, 1);
        (void)table_present(t, "b", "[]", 2, UINT64_MAX, 1);
        ck_assert(!table_present(t, "c", "[]", 2, UINT64_MAX, 2));
        ck_assert_ptr_null(table_find(t, "c"));
        ck_assert_uint_eq(table_refusals(t), 1);
        (void)table_absent(t, "a", true, 3);
        ck_assert_uint_eq(table_count(t, ENTRY_GONE), 1);
        ck_assert(table_present(t, "c", "[]", 2, UINT64_MAX, 4));
        ck_assert_uint_eq(table_count(t, ENTRY_GONE), 0);
        ck_assert_uint_eq(table_room(t).entries, 0);
}
END_TEST

START_TEST(a_value_that_has_grown_too_large_leaves_the_one_before_in_place) {
        _cleanup_(table_freep) Table *t = table_new((TablePolicy){ .hold_max_usec = HOLD, .max = { .bytes = 40 } });

        (void)table_present(t, "a", "[]", 2, UINT64_MAX, 1);
        ck_assert(!table_present(t, "a", "[                                        ]", 42, UINT64_MAX, 2));
        ck_assert_str_eq(table_find(t, "a")->value, "[]");
        ck_assert_int_eq(table_find(t, "a")->state, ENTRY_LIVE);
        ck_assert(table_present(t, "a", "[ ]", 3, UINT64_MAX, 3));
        ck_assert_uint_eq(table_room(t).bytes, 40 - 4);
}
END_TEST

START_TEST(what_cannot_be_read_counts_with_what_is_said_about_it) {
        _cleanup_(table_freep) Table *t =
                table_new((TablePolicy){ .hold_max_usec = HOLD, .max = { .entries = 100, .bytes = 40 } });
        char key[16];

        for (int i = 0; i < 50; i++) {
                (void)snprintf(key, sizeof key, "k%02d", i);
                (void)table_present(t, key, "nonsense", 8, UINT64_MAX, 1);
        }
        ck_assert_uint_le(table_count(t, ENTRY_LIVE), 13);
        ck_assert_uint_gt(table_count(t, ENTRY_LIVE), 0);
        (void)table_present(t, "k00", "[]", 2, UINT64_MAX, 2);
        ck_assert_uint_le(table_room(t).bytes, 40);
}
END_TEST

START_TEST(that_something_is_left_out_is_said_once_by_name) {
        _cleanup_(table_freep) Table *t = table_new((TablePolicy){ .max = { .entries = 7 } });
        StringList said = { 0 };

        table_on_problem(t, note_problem, &said);
        for (size_t count = 0; count < 3; count++)
                table_set_left_out(t, count, "/beachhead/x");
        ck_assert_uint_eq(said.count, 1);
        ck_assert_ptr_eq(strstr(said.items[0], "/beachhead/x -: there is no room for it"), said.items[0]);
        ck_assert_ptr_nonnull(strstr(said.items[0], "7 registrations"));
        ck_assert_uint_eq(table_left_out(t), 2);
        string_list_clear(&said);
}
END_TEST

TEST_MAIN("table", a_refresh_changes_the_deadline_and_nothing_else, what_left_on_purpose_lingers_and_is_forgotten,
          what_is_missing_is_held_until_hold_max, what_is_missing_comes_back_or_goes_for_good,
          without_hold_max_and_linger_absence_acts_at_once, a_changed_value_leaves_the_former_one_lingering,
          a_key_that_changes_without_end_keeps_its_last_few,
          an_unreadable_value_is_told_once_and_holds_the_last_good_one,
          an_unreadable_value_without_a_good_one_serves_nothing, a_good_value_that_comes_back_is_live_again,
          a_value_beyond_the_cap_is_refused, a_bad_route_is_told_with_key_and_domain,
          a_clock_that_is_set_back_holds_nothing_longer, a_memory_brings_everything_back_as_missing_or_gone,
          the_same_table_is_the_same_memory, a_memory_keeps_every_byte, what_is_no_memory_leaves_an_empty_table,
          a_bad_entry_of_a_memory_leaves_the_others, a_hundred_thousand_entries_come_and_go,
          an_entry_knows_what_is_left_out_of_it, of_very_many_problems_of_a_value_some_are_kept,
          what_is_gone_makes_room_and_nothing_else_does,
          a_value_that_has_grown_too_large_leaves_the_one_before_in_place,
          what_cannot_be_read_counts_with_what_is_said_about_it, that_something_is_left_out_is_said_once_by_name)
