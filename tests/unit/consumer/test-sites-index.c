/* The sites of a table that changes: whatever happens, they are what a table in that state comes to; what a change
 * does not touch is the same as before. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

enum { STEPS = 3000, KEYS = 12 };

/* One of a few domains, paths and certificates, so that they meet. */
static char *any_value(void) {
        static const char *const domains[] = { "a.org", "b.org", "*.a.org", "c.org", "d.org" };
        Text t = { 0 };
        int n = 1 + rand() % 3;

        for (int i = 0; i < n; i++) {
                const char *domain = domains[rand() % 5];
                text_appendf(&t, "%s{\"domain\":\"%s\",", i ? "," : "[", domain);
                switch (rand() % 5) {
                case 0:
                        text_appendf(&t, "\"requires\":[\"x%d\"],", rand() % 2);
                        break;
                case 1:
                        text_appendf(&t,
                                     "\"path\":\"/%d\",\"endpoint\":{\"host\":\"h\",\"port\":%d},"
                                     "\"schemes\":[\"http\"],\"requires\":[\"path\"],",
                                     rand() % 2, 1 + rand() % 3);
                        break;
                case 2:
                        text_appendf(&t, "\"certificate\":{\"names\":[\"%s\",\"a.org\",\"x.*\"]},", domain);
                        break;
                }
                text_appendf(&t, "\"created\":%d,\"http\":{\"host\":\"10.0.0.%d\",\"port\":80}}", rand() % 3,
                             rand() % 4);
        }
        text_append(&t, "]");
        return text_take(&t);
}

static void step(Table *t, uint64_t now) {
        _cleanup_free_ char *key = xasprintf("/beachhead/web%d@n%d", rand() % KEYS, rand() % 2);
        _cleanup_free_ char *value = any_value();

        switch (rand() % 8) {
        case 0:
                (void)table_absent(t, key, rand() % 2, now);
                break;
        case 1:
                (void)table_expire(t, now);
                break;
        case 2:
                (void)table_present(t, key, "no JSON", 7, now + 10, now);
                break;
        default:
                (void)table_present(t, key, value, strlen(value), now + 10, now);
                break;
        }
}

/* From a table that has been told the same at once. */
static char *text_from_scratch(const Table *t) {
        _cleanup_(table_freep) Table *copy =
                table_new((TablePolicy){ .hold_max_usec = UINT64_MAX, .linger_usec = UINT64_MAX });
        size_t count;
        const Entry *const *entries = table_entries(t, &count);

        for (size_t i = 0; i < count; i++)
                if (entries[i]->registration)
                        table_restore(copy, entries[i]->key, entries[i]->value, entries[i]->value_size,
                                      entries[i]->state, entries[i]->since_usec);
        _cleanup_(sites_freep) Sites *s = sites_from_table(copy, NULL);
        return sites_text(s);
}

START_TEST(after_any_change_the_sites_are_those_of_the_table) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_(sites_index_freep) SitesIndex *index = sites_index_new(t, NULL);

        srand(11);
        for (uint64_t now = 1; now < STEPS; now++) {
                step(t, now);
                if (rand() % 3 == 0)
                        continue;
                _cleanup_(sites_freep) Sites *s = sites_index_take(index);
                _cleanup_free_ char *text = sites_text(s), *wanted = text_from_scratch(t);
                ck_assert_str_eq(text, wanted);
        }
}
END_TEST

START_TEST(what_a_change_does_not_touch_is_the_same_as_before) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("a.org", HTTP("h", 80) CERTIFICATE("\"a.org\"", "")));
        present(t, "b", ROUTE("b.org", HTTP("h", 80) CERTIFICATE("\"b.org\"", "")));
        _cleanup_(sites_index_freep) SitesIndex *index = sites_index_new(t, NULL);
        _cleanup_(sites_freep) Sites *before = sites_index_take(index);
        present(t, "b", ROUTE("b.org", HTTP("h", 81) CERTIFICATE("\"b.org\"", "")));
        present(t, "c", ROUTE("aa.org", HTTP("h", 80)));
        _cleanup_(sites_freep) Sites *after = sites_index_take(index);
        ck_assert_ptr_eq(sites_find(after, "a.org"), sites_find(before, "a.org"));
        ck_assert_ptr_ne(sites_find(after, "b.org"), sites_find(before, "b.org"));
        ck_assert_ptr_nonnull(sites_find(after, "aa.org"));
        ck_assert_uint_eq(after->n_requests, 2);
        ck_assert_ptr_eq(after->requests[0], before->requests[0]);
}
END_TEST

/* As many sites as one registration may have, whose names come before all others. */
static void flood(Table *t, int i) {
        _cleanup_free_ char *instance = xasprintf("flood%d", i);
        Text value = { 0 };

        for (int k = 0; k < REGISTRATION_ROUTES_MAX; k++)
                text_appendf(&value, "%s{\"domain\":\"0-%d-%d.org\"," HTTP("h", 80) CREATED(2) "}", k ? "," : "[", i,
                             k);
        text_append(&value, "]");
        present(t, instance, value.data);
        text_done(&value);
}

START_TEST(a_flood_of_sites_takes_nobodys_place_whatever_its_names_are) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("z.org", HTTP("h", 80) CREATED(1)));
        for (int i = 0; i < SITES_MAX / REGISTRATION_ROUTES_MAX; i++)
                flood(t, i);
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
        ck_assert_uint_eq(s->count, SITES_MAX);
        ck_assert_ptr_nonnull(sites_find(s, "z.org"));
        ck_assert_uint_eq(s->n_set_aside, 1);
        ck_assert_str_eq(s->set_aside[0].domain, "0-99-999.org");
}
END_TEST

START_TEST(sites_outlive_their_index_and_table) {
        Table *t = new_table();
        SitesIndex *index = sites_index_new(t, NULL);

        present(t, "a", ROUTE("a.org", HTTP("h", 80)));
        _cleanup_(sites_freep) Sites *s = sites_index_take(index);
        (void)sites_index_free(index);
        (void)table_free(t);
        ck_assert_str_eq(sites_find(s, "a.org")->locations[0].endpoints.items[0].host, "h");
}
END_TEST

TEST_MAIN("sites-index", after_any_change_the_sites_are_those_of_the_table,
          what_a_change_does_not_touch_is_the_same_as_before, sites_outlive_their_index_and_table,
          a_flood_of_sites_takes_nobodys_place_whatever_its_names_are)
