/* Points in time: the newest are kept, and there is room again when the oldest of them have left the window. */
#include "consumer/certs/times.h"

#include "common/text.h"
#include "tests/unit/check-main.h"

enum { MAX = 4 };

typedef struct Times {
        int64_t items[MAX];
        size_t count;
} Times;

static Times times_of(const char *text) {
        Times t = { 0 };
        char *word;

        while ((word = next_word(&text, " "))) {
                uint64_t at;
                ck_assert_int_eq(parse_unsigned(word, 0, 1000, &at), 0);
                times_add(t.items, &t.count, MAX, (int64_t)at);
                free(word);
        }
        return t;
}

START_TEST(the_newest_are_kept_in_their_order) {
        static const struct {
                const char *added, *kept;
        } cases[] = {
                { "", "" },
                { "5", "5" },
                { "5 5 3", "3 5 5" },
                { "1 2 3 4", "1 2 3 4" },
                { "1 2 3 4 5", "2 3 4 5" },
                { "2 3 4 5 1", "2 3 4 5" },
                { "2 3 5 6 4", "3 4 5 6" },
                { "2 3 5 6 2", "2 3 5 6" },
                { "9 8 7 6 5 4", "6 7 8 9" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Times t = times_of(cases[i].added);
                _cleanup_string_list_ StringList kept = { 0 };
                for (size_t k = 0; k < t.count; k++)
                        string_list_addf(&kept, "%d", (int)t.items[k]);
                _cleanup_free_ char *text = string_list_join(&kept, " ");
                ck_assert_str_eq(text, cases[i].kept);
        }
}
END_TEST

START_TEST(there_is_room_when_enough_of_them_have_left_the_window) {
        static const struct {
                const char *times;
                size_t limit;
                int64_t window, now, room_at;
        } cases[] = {
                { "", 1, 10, 100, 100 },
                { "100", 2, 10, 100, 100 },
                { "100", 1, 10, 100, 110 },
                { "90", 1, 10, 100, 100 },
                { "91", 1, 10, 100, 101 },
                { "91 95 99", 3, 10, 100, 101 },
                { "91 95 99", 2, 10, 100, 105 },
                { "91 95 99", 1, 10, 100, 109 },
                { "95 99", 3, 10, 100, 100 },
                /* The clock has gone back. */
                { "101", 1, 10, 100, 100 },
                { "91 900 901", 1, 10, 100, 101 },
                { "91 900 901", 2, 10, 100, 100 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Times t = times_of(cases[i].times);
                ck_assert_int_eq(times_room_at(t.items, t.count, cases[i].limit, cases[i].window, cases[i].now),
                                 cases[i].room_at);
        }
}
END_TEST

TEST_MAIN("times", the_newest_are_kept_in_their_order, there_is_room_when_enough_of_them_have_left_the_window)
