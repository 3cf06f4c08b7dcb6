/* The log of sites: what changes is said once, with the path where it is not the whole site. */
#include "common/log.h"
#include "consumer/site-log.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

#include <fcntl.h>
#include <unistd.h>

static void begin(void) {
        char path[] = "/tmp/beachhead-site-log-XXXXXX";
        int fd = mkostemp(path, O_CLOEXEC | O_APPEND);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
        (void)close(fd);
        (void)unlink(path);
        log_setup(LOG_DEBUG, LOG_FORMAT_PLAIN);
}

/* What was logged since the last time. */
static void expect_logged(const char *wanted) {
        char text[4096];
        ssize_t size = pread(STDERR_FILENO, text, sizeof text - 1, 0);

        ck_assert_int_ge(size, 0);
        text[size] = '\0';
        ck_assert_str_eq(text, wanted);
        ck_assert_int_eq(ftruncate(STDERR_FILENO, 0), 0);
}

/* Takes the sites of the table in place of `*s` and says what has changed. */
static void step(Sites **s, Table *t) {
        Sites *after = sites_from_table(t, NULL);

        site_log_changes(*s, after);
        (void)sites_free(*s);
        *s = after;
}

START_TEST(each_change_of_a_site_and_of_its_paths_is_said_once) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_(sites_freep) Sites *s = NULL;

        begin();
        present(t, "web", ROUTE("a.org", HTTP("10.0.0.1", 80) IMPLIED("10.0.0.1")));
        step(&s, t);
        expect_logged("info: site a.org (web) is live\n");
        present(t, "api", ROUTE("a.org", PATH("/api", "10.0.0.2", 80)));
        step(&s, t);
        expect_logged("info: site a.org at /, /api (api, web) is live\n");
        step(&s, t);
        expect_logged("");
        absent(t, "api", false);
        step(&s, t);
        expect_logged("info: site a.org at / (api, web) is live\n"
                      "warning: site a.org at /api is held: all its registrations are missing from Redis, it is "
                      "served on\n");
        step(&s, t);
        expect_logged("");
        absent(t, "api", true);
        step(&s, t);
        expect_logged(
                "info: site a.org at / (api, web) is live\n"
                "info: site a.org at /api has no endpoint any more: its last one left on purpose, it answers 503\n");
        table_expire(t, 100 + LINGER);
        step(&s, t);
        expect_logged("info: site a.org (web) is live\n"
                      "info: site a.org at /api is gone\n");
        absent(t, "web", false);
        step(&s, t);
        expect_logged(
                "warning: site a.org (web) is held: all its registrations are missing from Redis, it is served on\n");
        absent(t, "web", true);
        step(&s, t);
        expect_logged(
                "info: site a.org (web) has no endpoint any more: its last one left on purpose, it answers 503\n");
        table_expire(t, 100 + LINGER);
        step(&s, t);
        expect_logged("info: site a.org is gone\n");
}
END_TEST

START_TEST(disagreements_and_what_is_set_aside_are_said_once) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_(sites_freep) Sites *s = NULL;

        begin();
        present(t, "a", ROUTE("a.org", PATH("/x", "10.0.0.1", 80) CREATED(1)));
        present(t, "b", ROUTE("a.org", PATH("/x", "10.0.0.2", 80) DEST("/") CREATED(2)));
        present(t, "c", "[{\"domain\":\"a.org\",\"requires\":[\"quantum\"]}]");
        step(&s, t);
        expect_logged("info: site a.org at /x (a, b) is live\n"
                      "warning: site a.org: at /x: a asks for no destination of its own and b for the destination /: "
                      "a was created first and decides\n"
                      "warning: a.org is set aside, as published in /beachhead/c: requires \"quantum\", "
                      "which this version does not know\n");
        step(&s, t);
        expect_logged("");
}
END_TEST

static char *many_paths(const char *host) {
        Text value = { 0 };

        for (int i = 0; i < 30; i++)
                text_appendf(&value,
                             "%s{\"domain\":\"a.org\",\"path\":\"/%02d\",\"requires\":[\"path\"],"
                             "\"schemes\":[\"http\"],\"endpoint\":{\"host\":\"%s\",\"port\":80}}",
                             i ? "," : "[", i, host);
        text_append(&value, "]");
        return text_take(&value);
}

START_TEST(many_paths_are_one_line) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_(sites_freep) Sites *s = NULL;
        _cleanup_free_ char *value = many_paths("10.0.0.1");

        begin();
        present(t, "a", value);
        step(&s, t);
        expect_logged(
                "info: site a.org at /00, /01, /02, /03, /04, /05, /06, /07, /08, /09 and 20 more (a) is live\n");
        present(t, "b", ROUTE("a.org", PATH("/", "10.0.0.1", 80)));
        absent(t, "a", false);
        step(&s, t);
        expect_logged("info: site a.org at / (a, b) is live\n"
                      "warning: site a.org at /00, /01, /02, /03, /04, /05, /06, /07, /08, /09 and 20 more "
                      "is held: all its registrations are missing from Redis, it is served on\n");
}
END_TEST

TEST_MAIN("site-log", each_change_of_a_site_and_of_its_paths_is_said_once,
          disagreements_and_what_is_set_aside_are_said_once, many_paths_are_one_line)
