/* Leases: of all who serve a path the first to run out, and since when they are missing or have left. */
#include "consumer/leases.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

#define SERVED ROUTE("a.org", HTTP("10.0.0.1", 80))

static void present_until(Table *t, const char *instance, const char *value, uint64_t deadline) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", instance);

        (void)table_present(t, key, value, strlen(value), deadline, 100);
}

static void absent_at(Table *t, const char *instance, bool on_purpose, uint64_t now) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", instance);

        (void)table_absent(t, key, on_purpose, now);
}

START_TEST(the_first_lease_to_end_counts) {
        _cleanup_(table_freep) Table *t = new_table();

        present_until(t, "late", SERVED, 900);
        present_until(t, "soon", ROUTE("a.org", HTTP("10.0.0.2", 80)), 500);
        present_until(t, "never", ROUTE("a.org", HTTP("10.0.0.3", 80)), UINT64_MAX);
        present_until(t, "api", ROUTE("a.org", PATH("/api", "10.0.0.4", 80)), 300);
        _cleanup_(leases_freep) Leases *l = leases_new(t);
        ck_assert_uint_eq(leases_find(l, "a.org", "/")->deadline_usec, 500);
        ck_assert_uint_eq(leases_find(l, "a.org", "/")->count[ENTRY_LIVE], 3);
        ck_assert_uint_eq(leases_find(l, "a.org", "/api")->deadline_usec, 300);
        ck_assert_ptr_null(leases_find(l, "b.org", "/"));
        ck_assert_ptr_null(leases_find(l, "a.org", "/ap"));
}
END_TEST

START_TEST(what_is_missing_has_a_time_and_no_lease) {
        _cleanup_(table_freep) Table *t = new_table();

        present_until(t, "one", SERVED, 500);
        present_until(t, "two", SERVED, 500);
        present_until(t, "three", SERVED, 700);
        absent_at(t, "one", false, 150);
        absent_at(t, "two", false, 160);
        absent_at(t, "three", true, 170);
        _cleanup_(leases_freep) Leases *l = leases_new(t);
        const Lease *lease = leases_find(l, "a.org", "/");
        ck_assert_uint_eq(lease->deadline_usec, UINT64_MAX);
        ck_assert_uint_eq(lease->count[ENTRY_LIVE], 0);
        ck_assert_uint_eq(lease->count[ENTRY_MISSING], 2);
        ck_assert_uint_eq(lease->since_usec[ENTRY_MISSING], 160);
        ck_assert_uint_eq(lease->count[ENTRY_GONE], 1);
        ck_assert_uint_eq(lease->since_usec[ENTRY_GONE], 170);
}
END_TEST

START_TEST(what_serves_nothing_has_no_lease) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "unknown", ROUTE("a.org", "\"requires\":[\"teleport\"]"));
        present(t, "wish", ROUTE("b.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"b.org\"", "")));
        _cleanup_(leases_freep) Leases *l = leases_new(t);
        ck_assert_ptr_null(leases_find(l, "a.org", "/"));
        ck_assert_ptr_null(leases_find(l, "b.org", "/"));
        ck_assert_ptr_null(leases_free(NULL));
}
END_TEST

TEST_MAIN("leases", the_first_lease_to_end_counts, what_is_missing_has_a_time_and_no_lease,
          what_serves_nothing_has_no_lease)
