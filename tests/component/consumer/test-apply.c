/* The nginx output against a real nginx: what is good goes live, what is not is set aside by name, and nothing on disk
 * is ever what nginx refuses. */
#include "common/memory.h"
#include "tests/component/consumer/nginx-ground.h"
#include "tests/unit/check-main.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIVE = 502, UNKNOWN = 503 };

static Ground *ground_with_nginx(void) {
        Ground *g = ground_new();

        ground_start_nginx(g);
        ground_start_output(g);
        return g;
}

static void apply(Ground *g, const char *sites, OutputState expected) {
        ground_set_sites(g, sites);
        ck_assert_int_eq(ground_apply(g), expected);
}

static Ground *ground_that_serves(const char *sites) {
        Ground *g = ground_with_nginx();

        apply(g, sites, OUTPUT_DONE);
        return g;
}

static void assert_described(const Ground *g, const char *words) {
        _cleanup_free_ char *phrase = ground_describe(g);

        ck_assert_ptr_nonnull(strstr(phrase, words));
}

/* Nothing of ours is left beside the two files, and nginx accepts what is on disk. */
static void assert_disk_is_good(const Ground *g) {
        _cleanup_free_ char *command = xasprintf(
                "nginx -t -q -c %s 2>/dev/null && test -z \"$(find %s/etc -name '.*')\"", g->main_path, g->directory);

        ck_assert_int_eq(system(command), 0);
}

START_TEST(sites_come_and_go) {
        Ground *g = ground_that_serves("a.example.org b.example.org");

        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        ck_assert_int_eq(ground_status(g, "c.example.org"), UNKNOWN);
        assert_described(g, "2 sites live");

        apply(g, "b.example.org c.example.org", OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "a.example.org"), UNKNOWN);
        ck_assert_int_eq(ground_status(g, "c.example.org"), LIVE);

        apply(g, "", OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "b.example.org"), UNKNOWN);
        ck_assert_int_eq(ground_count_reloads(g), 3);
        assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(the_same_sites_write_nothing_and_signal_nobody) {
        Ground *g = ground_with_nginx();
        struct stat before, after;

        apply(g, "a.example.org", OUTPUT_DONE);
        ck_assert_int_eq(stat(g->live_path, &before), 0);
        for (int i = 0; i < 3; i++)
                apply(g, "a.example.org", OUTPUT_DONE);
        ck_assert_int_eq(stat(g->live_path, &after), 0);
        ck_assert_uint_eq(before.st_ino, after.st_ino);
        ck_assert_int_eq(ground_count_reloads(g), 1);
        ground_free(g);
}
END_TEST

START_TEST(a_restart_finds_everything_as_it_was) {
        Ground *g = ground_that_serves("a.example.org");

        ground_stop_output(g);
        ground_start_output(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_count_reloads(g), 1);
        ground_free(g);
}
END_TEST

START_TEST(a_restart_finishes_what_was_cut_off_after_the_swap) {
        Ground *g = ground_that_serves("a.example.org");

        _cleanup_free_ char *first = ground_read(g->live_path);
        apply(g, "a.example.org b.example.org", OUTPUT_DONE);
        _cleanup_free_ char *second = ground_read(g->live_path);

        /* nginx serves the first one, on disk is the second one: as if killed between rename and signal */
        ground_stop_output(g);
        ground_stop_nginx(g);
        ground_write(g, "etc/conf.d/beachhead.conf", first);
        ground_write(g, "etc/conf.d/.beachhead.conf.candidate", "half of some");
        ground_start_nginx(g);
        ground_write(g, "etc/conf.d/beachhead.conf", second);
        int reloads = ground_count_reloads(g);
        ground_start_output(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        ck_assert_int_eq(ground_count_reloads(g), reloads + 1);
        ground_free(g);
}
END_TEST

START_TEST(a_bad_include_sets_its_site_aside_until_it_is_mended) {
        Ground *g = ground_with_nginx();

        ground_write(g, "vhost.d/bad.example.org", "\nthis_is_no_directive;\n");
        ground_write(g, "vhost.d/good.example.org", "client_max_body_size 1m;\n");
        apply(g, "a.example.org bad.example.org good.example.org", OUTPUT_PARTLY);
        ck_assert_int_eq(ground_status(g, "bad.example.org"), UNKNOWN);
        ck_assert_int_eq(ground_status(g, "good.example.org"), LIVE);
        ck_assert(ground_has_logged(g, "bad.example.org (of container-of-bad.example.org) is set aside"));
        ck_assert(ground_has_logged(g, "unknown directive \"this_is_no_directive\" in "));
        assert_described(g, "2 sites live, 1 set aside (bad.example.org)");
        assert_disk_is_good(g);

        ground_write(g, "vhost.d/bad.example.org", "client_max_body_size 2m;\n");
        ground_run_until(g, ground_is_done);
        ck_assert_int_eq(ground_status(g, "bad.example.org"), LIVE);
        ground_free(g);
}
END_TEST

START_TEST(a_live_site_with_a_new_bad_include_leaves_nothing_bad_on_disk) {
        Ground *g = ground_that_serves("a.example.org b.example.org");

        ground_write(g, "vhost.d/a.example.org", "}\n");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_name_that_nginx_cannot_place_is_found_though_nginx_names_nobody) {
        Ground *g = ground_with_nginx();

        apply(g,
              "a.example.org b.example.org "
              "long.nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.nnnnnnnnnnnnnnnnnnnn.org "
              "x.example.org y.example.org",
              OUTPUT_PARTLY);
        ck_assert(ground_has_logged(g, "could not build server_names_hash"));
        ck_assert_int_eq(ground_status(g, "y.example.org"), LIVE);
        assert_described(g, "4 sites live, 1 set aside (long.");
        assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_port_in_use_sets_its_site_aside_with_the_words_of_the_error_log) {
        _cleanup_close_ int fd = -1;
        Ground *g = ground_with_nginx();
        _cleanup_free_ char *listen = xasprintf("listen 127.0.0.1:%u;\n", taken_port(&fd));

        apply(g, "a.example.org b.example.org c.example.org", OUTPUT_DONE);
        ground_write(g, "vhost.d/b.example.org", listen);
        apply(g, "a.example.org b.example.org c.example.org d.example.org", OUTPUT_PARTLY);
        ck_assert_int_eq(ground_status(g, "d.example.org"), LIVE);
        ck_assert_int_eq(ground_status(g, "b.example.org"), UNKNOWN);
        ck_assert(ground_has_logged(g, "b.example.org (of container-of-b.example.org) is set aside"));
        ck_assert(ground_has_logged(g, "(98: Address already in use)"));
        assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_port_that_no_include_of_a_site_names_is_found_among_what_changed) {
        _cleanup_close_ int fd = -1;
        Ground *g = ground_with_nginx();
        _cleanup_free_ char *listen = xasprintf("listen 127.0.0.1:%u;\n", taken_port(&fd));
        _cleanup_free_ char *nested = xasprintf("include %s/etc/more;\n", g->directory);

        apply(g, "a.example.org b.example.org", OUTPUT_DONE);
        ground_write(g, "etc/more", listen);
        ground_write(g, "vhost.d/n.example.org", nested);
        apply(g, "a.example.org b.example.org m.example.org n.example.org o.example.org", OUTPUT_PARTLY);
        assert_described(g, "4 sites live, 1 set aside (n.example.org)");
        ck_assert_int_eq(ground_status(g, "o.example.org"), LIVE);
        assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_port_of_ours_in_use_is_nobodys_fault_and_changes_nothing) {
        _cleanup_close_ int fd = -1;
        Ground *g = ground_that_serves("a.example.org b.example.org");

        _cleanup_free_ char *before = ground_read(g->live_path);
        ground_stop_output(g);

        char *good = g->settings.http_listen;
        g->settings.http_listen = xasprintf("127.0.0.1:%u", taken_port(&fd));
        ground_start_output(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        _cleanup_free_ char *after = ground_read(g->live_path);
        ck_assert_str_eq(after, before);
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        assert_described(g, "Address already in use");
        ck_assert(!ground_has_logged(g, "set aside, the other"));
        free(good);
        ground_free(g);
}
END_TEST

START_TEST(a_configuration_that_nginx_refuses_without_us_is_left_alone_until_it_is_mended) {
        Ground *g = ground_that_serves("a.example.org");

        _cleanup_free_ char *before = ground_read(g->live_path);
        ground_write_main(g, "include conf.d/*.conf; nonsense;");
        apply(g, "a.example.org b.example.org", OUTPUT_FAILED);
        _cleanup_free_ char *after = ground_read(g->live_path);
        ck_assert_str_eq(after, before);
        assert_described(g, "nginx refuses its own configuration, without any site: unknown directive \"nonsense\"");
        assert_described(g, g->main_path);

        ground_write_main(g, "include conf.d/*.conf;");
        ground_run_until(g, ground_is_done);
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        ground_free(g);
}
END_TEST

START_TEST(a_main_configuration_without_our_include_is_named) {
        Ground *g = ground_new();

        ground_write_main(g, "");
        ground_start_nginx(g);
        ground_start_output(g);
        apply(g, "a.example.org", OUTPUT_FAILED);
        ck_assert(ground_has_logged(g, "beachhead.conf;\" to its http block"));

        ground_write_main(g, "include conf.d/*.conf;");
        ground_run_until(g, ground_is_done);
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ground_free(g);
}
END_TEST

static bool two_sites_are_live(Ground *g) {
        _cleanup_free_ char *phrase = ground_describe(g);

        return strcmp(phrase, "2 sites live") == 0;
}

START_TEST(an_nginx_that_does_not_run_is_waited_for) {
        Ground *g = ground_new();

        ground_start_output(g);
        apply(g, "a.example.org", OUTPUT_DONE);
        assert_described(g, "waits for nginx to start");
        apply(g, "a.example.org b.example.org", OUTPUT_DONE);
        assert_described(g, "2 sites ready, waits for nginx to start");
        ground_start_nginx(g);
        ground_run_until(g, two_sites_are_live);
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        ground_free(g);
}
END_TEST

START_TEST(a_pid_file_of_somebody_else_gets_no_signal) {
        Ground *g = ground_new();
        pid_t other = fork();

        ck_assert_int_ge(other, 0);
        if (other == 0) {
                (void)execlp("sleep", "sleep", "60", NULL);
                _exit(127);
        }
        _cleanup_free_ char *pid = xasprintf("%d\n", (int)other);
        ground_write(g, "nginx.pid", pid);
        ground_start_output(g);
        apply(g, "a.example.org", OUTPUT_DONE);
        assert_described(g, "waits for nginx to start");
        ck_assert_int_eq(kill(other, 0), 0);
        (void)kill(other, SIGKILL);
        ground_free(g);
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_an_error_until_it_is) {
        Ground *g = ground_with_nginx();

        ground_remove(g, "etc/conf.d");
        apply(g, "a.example.org", OUTPUT_FAILED);
        ck_assert(ground_has_logged(g, ".candidate: No such file or directory"));
        _cleanup_free_ char *directory = xasprintf("%s/etc/conf.d", g->directory);
        ck_assert_int_eq(mkdir(directory, 0755), 0);
        ground_run_until(g, ground_is_done);
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ground_free(g);
}
END_TEST

START_TEST(a_live_file_that_somebody_removed_comes_back) {
        Ground *g = ground_that_serves("a.example.org");

        ground_remove(g, "etc/conf.d/beachhead.conf");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(access(g->live_path, F_OK), 0);
        ground_free(g);
}
END_TEST

START_TEST(changes_within_the_window_are_one_reload) {
        Ground *g = ground_new();

        g->settings.reload_interval_msec = 1000;
        ground_start_nginx(g);
        ground_start_output(g);
        apply(g, "a.example.org", OUTPUT_DONE);
        static const char *const steps[] = { "b.example.org", "c.example.org", "d.example.org", "e.example.org" };
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
                ground_set_sites(g, steps[i]);
                g->output->class->apply(g->output, &g->sites);
                ck_assert_int_eq(g->output->class->state(g->output), OUTPUT_BUSY);
                ck_assert_int_ge(sd_event_run(g->event, 1000), 0);
        }
        ground_run_until(g, ground_is_settled);
        ck_assert_int_eq(ground_status(g, "e.example.org"), LIVE);
        ck_assert_int_eq(ground_status(g, "d.example.org"), UNKNOWN);
        ck_assert_int_eq(ground_count_reloads(g), 2);
        ground_free(g);
}
END_TEST

START_TEST(sites_that_come_during_a_change_are_next) {
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org");
        g->output->class->apply(g->output, &g->sites);
        ground_set_sites(g, "a.example.org b.example.org"); /* frees the ones that are being applied */
        g->output->class->apply(g->output, &g->sites);
        while (ground_status(g, "b.example.org") != LIVE)
                ck_assert_int_ge(sd_event_run(g->event, 10 * 1000), 0);
        ground_run_until(g, ground_is_settled);
        assert_described(g, "2 sites live");
        ground_free(g);
}
END_TEST

START_TEST(a_reload_command_is_run_instead_of_the_signal) {
        Ground *g = ground_new();
        _cleanup_free_ char *good = xasprintf("sh -c 'kill -HUP $(cat %s)'", g->pid_path);
        char bad[] = "sh -c 'echo no such luck; exit 3'";

        ground_start_nginx(g);
        g->settings.nginx_reload = good;
        ground_start_output(g);
        apply(g, "a.example.org", OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ground_stop_output(g);

        g->settings.nginx_reload = bad;
        ground_start_output(g);
        apply(g, "b.example.org", OUTPUT_FAILED);
        assert_described(g, "the reload command failed with status 3: no such luck");
        assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_check_that_cannot_be_run_changes_nothing) {
        Ground *g = ground_with_nginx();

        ground_stop_output(g);
        free(g->settings.nginx_check);
        g->settings.nginx_check = xstrdup("/nonexistent/nginx -t -c {main}");
        ground_start_output(g);
        apply(g, "a.example.org", OUTPUT_FAILED);
        ck_assert_int_lt(access(g->live_path, F_OK), 0);
        assert_described(g, "/nonexistent/nginx");
        assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_site_is_explained_from_registration_to_file) {
        Ground *g = ground_with_nginx();
        _cleanup_string_list_ StringList lines = { 0 };

        ground_write(g, "vhost.d/a.example.org", "client_max_body_size 1m;\n");
        apply(g, "a.example.org", OUTPUT_DONE);
        g->output->class->explain(g->output, &g->sites, "a.example.org", &lines);
        _cleanup_free_ char *text = string_list_join(&lines, "\n");
        ck_assert_ptr_nonnull(strstr(text, "site: live, 1 endpoint, from container-of-a.example.org"));
        ck_assert_ptr_nonnull(strstr(text, "endpoint: 127.0.0.1:1"));
        ck_assert_ptr_nonnull(strstr(text, "/vhost.d/a.example.org"));
        ck_assert_ptr_nonnull(strstr(text, "confirmed by nginx"));
        _cleanup_free_ char *preview = g->output->class->preview(g->output, &g->sites),
                            *live = ground_read(g->live_path);
        ck_assert_str_eq(preview, live);
        ground_free(g);
}
END_TEST

TEST_MAIN("apply", sites_come_and_go, the_same_sites_write_nothing_and_signal_nobody,
          a_restart_finds_everything_as_it_was, a_restart_finishes_what_was_cut_off_after_the_swap,
          a_bad_include_sets_its_site_aside_until_it_is_mended,
          a_live_site_with_a_new_bad_include_leaves_nothing_bad_on_disk,
          a_name_that_nginx_cannot_place_is_found_though_nginx_names_nobody,
          a_port_in_use_sets_its_site_aside_with_the_words_of_the_error_log,
          a_port_that_no_include_of_a_site_names_is_found_among_what_changed,
          a_port_of_ours_in_use_is_nobodys_fault_and_changes_nothing,
          a_configuration_that_nginx_refuses_without_us_is_left_alone_until_it_is_mended,
          a_main_configuration_without_our_include_is_named, an_nginx_that_does_not_run_is_waited_for,
          a_pid_file_of_somebody_else_gets_no_signal, a_directory_that_is_not_there_is_an_error_until_it_is,
          a_live_file_that_somebody_removed_comes_back, changes_within_the_window_are_one_reload,
          sites_that_come_during_a_change_are_next, a_reload_command_is_run_instead_of_the_signal,
          a_check_that_cannot_be_run_changes_nothing, a_site_is_explained_from_registration_to_file)
