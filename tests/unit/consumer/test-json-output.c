/* The output "json": one file that follows the sites, written when it differs and tried again when it cannot be. */
#include "consumer/json/json.h"

#include "common/file.h"
#include "consumer/sites-json.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/output-ground.h"
#include "tests/unit/consumer/sites-of-table.h"

static char file[96];

static World *in_scratch(const char *name) {
        scratch_make();
        (void)snprintf(file, sizeof file, "%s/%s", scratch, name);
        return world_new(&json_output_class, (Settings){ .json.file = file });
}

static void expect_file_of(const World *w) {
        _cleanup_free_ char *wanted = sites_json(w->sites);

        ck_assert_msg(file_holds(file, wanted, strlen(wanted)), "%s does not hold %s", file, wanted);
}

static struct stat file_stat(void) {
        struct stat st;

        ck_assert_int_eq(stat(file, &st), 0);
        return st;
}

START_TEST(the_file_follows_the_sites) {
        _cleanup_(world_freep) World *w = in_scratch("sites.json");

        ck_assert_int_eq(json_output_class.state(w->output), OUTPUT_BUSY);
        apply(w);
        expect_file_of(w);
        present(w->table, "web", ROUTE("a.org", HTTP("10.0.0.1", 80)));
        apply(w);
        expect_file_of(w);
        ck_assert_uint_eq(file_stat().st_mode & 07777, 0644);
        ck_assert_int_eq(w->settled, 2);
        _cleanup_free_ char *wanted = xasprintf("1 site in %s", file);
        expect_state(w, OUTPUT_DONE, wanted);
}
END_TEST

START_TEST(a_file_that_says_it_already_is_left_alone) {
        _cleanup_(world_freep) World *w = in_scratch("sites.json");

        apply(w);
        struct stat before = file_stat();
        apply(w);
        ck_assert_uint_eq(file_stat().st_ino, before.st_ino);
        scratch_write("sites.json", "{}");
        apply(w);
        expect_file_of(w);
}
END_TEST

START_TEST(what_cannot_be_written_is_tried_again_with_what_is_wanted_then) {
        _cleanup_(world_freep) World *w = in_scratch("later/sites.json");
        _cleanup_free_ char *directory = scratch_path("later"), *wanted = xasprintf("%s cannot be written", file);

        apply(w);
        expect_state(w, OUTPUT_FAILED, wanted);
        run_until_settled(w);
        expect_state(w, OUTPUT_FAILED, wanted);
        present(w->table, "web", ROUTE("a.org", HTTP("10.0.0.1", 80)));
        apply(w);
        ck_assert_int_eq(failures_in_a_row, 3);
        ck_assert_int_eq(mkdir(directory, 0755), 0);
        run_until_settled(w);
        ck_assert_int_eq(json_output_class.state(w->output), OUTPUT_DONE);
        expect_file_of(w);
        ck_assert_int_eq(failures_in_a_row, 0);
        ck_assert_int_eq(sd_event_run(w->event, 0), 0);
}
END_TEST

START_TEST(a_preview_is_the_document_and_touches_nothing) {
        _cleanup_(world_freep) World *w = in_scratch("sites.json");
        _cleanup_(sites_freep) Sites *sites = sites_from_table(w->table, NULL);
        _cleanup_free_ char *shown = json_output_class.preview(w->output, sites), *wanted = sites_json(sites);

        ck_assert_str_eq(shown, wanted);
        ck_assert_int_eq(access(file, F_OK), -1);
}
END_TEST

START_TEST(an_explanation_says_whether_a_domain_is_in_the_file) {
        _cleanup_(world_freep) World *w = in_scratch("sites.json");
        _cleanup_string_list_ StringList lines = { 0 };

        present(w->table, "web", ROUTE("a.org", HTTP("10.0.0.1", 80)));
        apply(w);
        json_output_class.explain(w->output, w->sites, "a.org", &lines);
        json_output_class.explain(w->output, w->sites, "b.org", &lines);
        _cleanup_free_ char *in = xasprintf("json: live in %s", file);
        _cleanup_free_ char *out = xasprintf("json: not in %s: nothing that can be served is registered", file);
        ck_assert_str_eq(lines.items[0], in);
        ck_assert_str_eq(lines.items[1], out);
}
END_TEST

TEST_MAIN("json-output", the_file_follows_the_sites, a_file_that_says_it_already_is_left_alone,
          what_cannot_be_written_is_tried_again_with_what_is_wanted_then,
          a_preview_is_the_document_and_touches_nothing, an_explanation_says_whether_a_domain_is_in_the_file)
