/* The nginx output against a real nginx: what is good goes live, what is not is set aside by name, and nothing on disk
 * is ever what nginx refuses. */
#include "common/memory.h"
#include "consumer/nginx/reload-pace.h"
#include "tests/component/consumer/nginx-ground.h"
#include "tests/unit/check-main.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(sites_come_and_go) {
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        ck_assert_int_eq(ground_status(g, "c.example.org"), UNKNOWN);
        ground_assert_described(g, "2 sites live");

        ground_set_sites(g, "b.example.org c.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "a.example.org"), UNKNOWN);
        ck_assert_int_eq(ground_status(g, "c.example.org"), LIVE);

        ground_set_sites(g, "");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "b.example.org"), UNKNOWN);
        ck_assert_int_eq(ground_count_reloads(g), 3);
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(the_same_sites_write_nothing_and_signal_nobody) {
        Ground *g = ground_with_nginx();
        struct stat before, after;

        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(stat(g->live_path, &before), 0);
        for (int i = 0; i < 3; i++) {
                ground_set_sites(g, "a.example.org");
                ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        }
        ck_assert_int_eq(stat(g->live_path, &after), 0);
        ck_assert_uint_eq(before.st_ino, after.st_ino);
        ck_assert_int_eq(ground_count_reloads(g), 1);
        ground_free(g);
}
END_TEST

START_TEST(a_restart_finds_everything_as_it_was) {
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_stop_output(g);
        ground_start_output(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_count_reloads(g), 1);
        ground_free(g);
}
END_TEST

START_TEST(a_restart_finishes_what_was_cut_off_after_the_swap) {
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        _cleanup_free_ char *first = ground_read(g->live_path);
        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        _cleanup_free_ char *second = ground_read(g->live_path);

        /* nginx serves the first one, on disk is the second one: as if killed between rename and signal */
        ground_stop_output(g);
        ground_stop_nginx(g);
        ground_write(g, "etc/conf.d/beachhead.conf", first);
        ground_write(g, "etc/conf.d/.beachhead.conf.candidate", "half of some");
        ground_write(g, "etc/conf.d/.beachhead.conf.previous", first);
        ground_write(g, "etc/.nginx.conf.beachhead-check", "half of some");
        ground_start_nginx(g);
        ground_write(g, "etc/conf.d/beachhead.conf", second);
        int reloads = ground_count_reloads(g);
        ground_start_output(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        ck_assert_int_eq(ground_count_reloads(g), reloads + 1);
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_bad_include_sets_its_site_aside_until_it_is_mended) {
        Ground *g = ground_with_nginx();

        ground_write(g, "vhost.d/bad.example.org", "\nthis_is_no_directive;\n");
        ground_write(g, "vhost.d/good.example.org", "client_max_body_size 1m;\n");
        ground_set_sites(g, "a.example.org bad.example.org good.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert_int_eq(ground_status(g, "bad.example.org"), UNKNOWN);
        ck_assert_int_eq(ground_status(g, "good.example.org"), LIVE);
        ck_assert(ground_has_logged(g, "bad.example.org (of container-of-bad.example.org) is set aside"));
        ck_assert(ground_has_logged(g, "unknown directive \"this_is_no_directive\" in "));
        ground_assert_described(g, "2 sites live, 1 set aside (bad.example.org)");
        ground_assert_disk_is_good(g);

        ground_write(g, "vhost.d/bad.example.org", "client_max_body_size 2m;\n");
        ground_run_until(g, ground_is_done);
        ck_assert_int_eq(ground_status(g, "bad.example.org"), LIVE);
        ground_free(g);
}
END_TEST

START_TEST(a_live_site_with_a_new_bad_include_leaves_nothing_bad_on_disk) {
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_write(g, "vhost.d/a.example.org", "}\n");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_name_that_nginx_cannot_place_is_found_though_nginx_names_nobody) {
        Ground *g = ground_with_nginx();

        ground_write_main(g, "server_names_hash_bucket_size 64; include conf.d/*.conf;");
        ground_set_sites(g,
                         "a.example.org b.example.org "
                         "long.nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.nnnnnnnnnnnnnnnnnnnn.org "
                         "x.example.org y.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert(ground_has_logged(g, "could not build server_names_hash"));
        ck_assert_int_eq(ground_status(g, "y.example.org"), LIVE);
        ground_assert_described(g, "4 sites live, 1 set aside (long.");
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_site_is_found_though_nginx_names_nobody) {
        Ground *g = ground_with_nginx();

        ground_write(g, "vhost.d/default", "client_max_body_size 1m;\n");
        ground_write(g, "vhost.d/l.example.org", "access_log /nonexistent/log;\n");
        ground_set_sites(g, "a.example.org b.example.org l.example.org x.example.org y.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert(ground_has_logged(g, "open() \"/nonexistent/log\" failed"));
        ck_assert_int_eq(ground_status(g, "y.example.org"), LIVE);
        ground_assert_described(g, "4 sites live, 1 set aside (l.example.org)");
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_port_in_use_sets_its_site_aside_with_the_words_of_the_error_log) {
        _cleanup_close_ int fd = -1;
        Ground *g = ground_with_nginx();
        _cleanup_free_ char *listen = xasprintf("listen 127.0.0.1:%u;\n", taken_port(&fd));

        ground_set_sites(g, "a.example.org b.example.org c.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_write(g, "vhost.d/b.example.org", listen);
        ground_set_sites(g, "a.example.org b.example.org c.example.org d.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert_int_eq(ground_status(g, "d.example.org"), LIVE);
        ck_assert_int_eq(ground_status(g, "b.example.org"), UNKNOWN);
        ck_assert(ground_has_logged(g, "b.example.org (of container-of-b.example.org) is set aside"));
        ck_assert(ground_has_logged(g, "(98: Address already in use)"));
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_port_that_no_include_of_a_site_names_is_found_among_what_changed) {
        _cleanup_close_ int fd = -1;
        Ground *g = ground_with_nginx();
        _cleanup_free_ char *listen = xasprintf("listen 127.0.0.1:%u;\n", taken_port(&fd));
        _cleanup_free_ char *nested = xasprintf("include %s/etc/more;\n", g->directory);

        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_write(g, "etc/more", listen);
        ground_write(g, "vhost.d/n.example.org", nested);
        ground_set_sites(g, "a.example.org b.example.org m.example.org n.example.org o.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ground_assert_described(g, "4 sites live, 1 set aside (n.example.org)");
        ck_assert_int_eq(ground_status(g, "o.example.org"), LIVE);
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_port_of_ours_in_use_is_nobodys_fault_and_changes_nothing) {
        _cleanup_close_ int fd = -1;
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        _cleanup_free_ char *before = ground_read(g->live_path);
        ground_stop_output(g);

        ground_set(g, "--http-port=127.0.0.1:%u", taken_port(&fd));
        ground_start_output(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        _cleanup_free_ char *after = ground_read(g->live_path);
        ck_assert_str_eq(after, before);
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ground_assert_described(g, "Address already in use");
        ck_assert(!ground_has_logged(g, "set aside, the other"));
        ground_free(g);
}
END_TEST

START_TEST(a_configuration_that_nginx_refuses_without_us_is_left_alone_until_it_is_mended) {
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        _cleanup_free_ char *before = ground_read(g->live_path);
        ground_write_main(g, "include conf.d/*.conf; nonsense;");
        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        _cleanup_free_ char *after = ground_read(g->live_path);
        ck_assert_str_eq(after, before);
        ground_assert_described(
                g, "nginx refuses its own configuration, without any site: unknown directive \"nonsense\"");
        ground_assert_described(g, g->main_path);

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
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
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
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_assert_described(g, "waits for nginx to start");
        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_assert_described(g, "2 sites ready, waits for nginx to start");
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
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_assert_described(g, "waits for nginx to start");
        ck_assert_int_eq(kill(other, 0), 0);
        (void)kill(other, SIGKILL);
        ground_free(g);
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_an_error_until_it_is) {
        Ground *g = ground_with_nginx();

        ground_remove(g, "etc/conf.d");
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        ck_assert(ground_has_logged(g, ".candidate: No such file or directory"));
        _cleanup_free_ char *directory = xasprintf("%s/etc/conf.d", g->directory);
        ck_assert_int_eq(mkdir(directory, 0755), 0);
        ground_run_until(g, ground_is_done);
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ground_free(g);
}
END_TEST

START_TEST(a_live_file_that_somebody_removed_comes_back) {
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_remove(g, "etc/conf.d/beachhead.conf");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(access(g->live_path, F_OK), 0);
        ground_free(g);
}
END_TEST

START_TEST(changes_within_the_window_are_one_reload) {
        Ground *g = ground_new();

        ground_set(g, "--reload-interval=1000");
        ground_start_nginx(g);
        ground_start_output(g);
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
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
        ground_assert_described(g, "2 sites live");
        ground_free(g);
}
END_TEST

START_TEST(a_reload_command_is_run_instead_of_the_signal) {
        Ground *g = ground_new();
        _cleanup_free_ char *good = xasprintf("sh -c 'kill -HUP $(cat %s)'", g->pid_path);
        char bad[] = "sh -c 'echo no such luck; exit 3'";

        ground_start_nginx(g);
        ground_set(g, "--nginx-reload=%s", good);
        ground_start_output(g);
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ground_stop_output(g);

        ground_set(g, "--nginx-reload=%s", bad);
        ground_start_output(g);
        ground_set_sites(g, "b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        ground_assert_described(g, "the reload command failed with status 3: no such luck");
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_check_that_cannot_be_run_changes_nothing) {
        Ground *g = ground_with_nginx();

        ground_stop_output(g);
        ground_set(g, "--nginx-check=/nonexistent/nginx -t -c {main}");
        ground_start_output(g);
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        ck_assert_int_lt(access(g->live_path, F_OK), 0);
        ground_assert_described(g, "/nonexistent/nginx");
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_site_is_explained_from_registration_to_file) {
        Ground *g = ground_with_nginx();
        _cleanup_string_list_ StringList lines = { 0 };

        ground_write(g, "vhost.d/a.example.org", "client_max_body_size 1m;\n");
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        g->output->class->explain(g->output, &g->sites, "a.example.org", &lines);
        _cleanup_free_ char *text = string_list_join(&lines, "\n");
        ck_assert_ptr_nonnull(strstr(text, "http: answers the site\n"));
        ck_assert_ptr_nonnull(strstr(text, "/vhost.d/a.example.org\n"));
        ck_assert_ptr_nonnull(strstr(text, "defaults of /: "));
        ck_assert_ptr_nonnull(strstr(text, "confirmed by nginx"));
        _cleanup_free_ char *preview = g->output->class->preview(g->output, &g->sites),
                            *live = ground_read(g->live_path);
        ck_assert_str_eq(preview, live);
        ground_free(g);
}
END_TEST

START_TEST(a_taken_port_of_a_sites_own_sets_it_aside) {
        _cleanup_close_ int fd = -1;
        Ground *g = ground_new();
        uint16_t port = taken_port(&fd);
        _cleanup_free_ char *text = xasprintf("%u", port);

        ground_set(g, "--external-ports=%u", port);
        ground_start_nginx(g);
        ground_start_output(g);
        ground_set_sites(g, "a.example.org b.example.org");
        ground_choose(g, "b.example.org", EDGE_HTTP_PORT, text);
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ground_assert_described(g, "1 site live, 1 set aside (b.example.org)");
        ck_assert(ground_has_logged(g, "(98: Address already in use)"));
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(what_the_operator_does_not_allow_is_left_out_by_name) {
        Ground *g = ground_with_nginx();
        _cleanup_string_list_ StringList lines = { 0 };

        ground_set_sites(g, "a.example.org b.example.org");
        ground_choose(g, "b.example.org", EDGE_HTTP_PORT, "22");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ground_assert_described(g, "1 site live, 1 set aside (b.example.org)");
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ck_assert_int_eq(ground_count_logged(g, "b.example.org (of container-of-b.example.org): is set aside: it asks "
                                                "for port 22"),
                         1);
        g->output->class->explain(g->output, &g->sites, "b.example.org", &lines);
        ck_assert_uint_eq(lines.count, 1);
        ck_assert_ptr_nonnull(strstr(lines.items[0], "--external-ports does not allow that"));
        ground_free(g);
}
END_TEST

/* A client's request that nobody answers: it holds the worker that has it. */
static int hold_worker(const Ground *g) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                       .sin_port = htons(g->http_port) };
        static const char request[] = "GET / HTTP/1.0\r\nHost: a.example.org\r\n\r\n";
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        ck_assert_int_gt(write(fd, request, strlen(request)), 0);
        return fd;
}

START_TEST(changes_are_gathered_longer_while_old_workers_linger) {
        enum { RELOADS = RELOAD_PACE_GENERATIONS + 1 };
        int clients[RELOADS];
        _cleanup_close_ int backend = -1;
        Ground *g = ground_with_nginx();
        uint16_t port = taken_port(&backend);

        for (size_t i = 0; i <= RELOADS; i++) {
                _cleanup_free_ char *sites = xasprintf("a.example.org x%zu.example.org", i);
                ground_set_sites(g, sites);
                endpoint_set(&ground_site(g, "a.example.org")->locations[0].endpoints.items[0], "127.0.0.1", port);
                ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
                if (i == RELOADS)
                        break;
                clients[i] = hold_worker(g);
                int held = accept4(backend, NULL, NULL, SOCK_CLOEXEC); /* the worker has the request */
                ck_assert_int_ge(held, 0);
        }
        ck_assert(!ground_has_logged(g, "still shutting down"));
        ground_set_sites(g, "a.example.org y.example.org");
        g->output->class->apply(g->output, &g->sites);
        ground_assert_described(g, "gathering changes");
        ck_assert(ground_has_logged(g, "4 of nginx's workers are still shutting down"));
        ck_assert_int_eq(ground_status(g, "y.example.org"), UNKNOWN);
        for (size_t i = 0; i < RELOADS; i++)
                (void)close(clients[i]);
        ground_run_until(g, ground_is_settled);
        ck_assert_int_eq(ground_status(g, "y.example.org"), LIVE);
        ground_free(g);
}
END_TEST

TEST_MAIN("apply", sites_come_and_go, the_same_sites_write_nothing_and_signal_nobody,
          a_restart_finds_everything_as_it_was, a_restart_finishes_what_was_cut_off_after_the_swap,
          a_bad_include_sets_its_site_aside_until_it_is_mended,
          a_live_site_with_a_new_bad_include_leaves_nothing_bad_on_disk,
          a_name_that_nginx_cannot_place_is_found_though_nginx_names_nobody, a_site_is_found_though_nginx_names_nobody,
          a_port_in_use_sets_its_site_aside_with_the_words_of_the_error_log,
          a_port_that_no_include_of_a_site_names_is_found_among_what_changed,
          a_port_of_ours_in_use_is_nobodys_fault_and_changes_nothing,
          a_configuration_that_nginx_refuses_without_us_is_left_alone_until_it_is_mended,
          a_main_configuration_without_our_include_is_named, an_nginx_that_does_not_run_is_waited_for,
          a_pid_file_of_somebody_else_gets_no_signal, a_directory_that_is_not_there_is_an_error_until_it_is,
          a_live_file_that_somebody_removed_comes_back, changes_within_the_window_are_one_reload,
          sites_that_come_during_a_change_are_next, a_reload_command_is_run_instead_of_the_signal,
          a_check_that_cannot_be_run_changes_nothing, a_site_is_explained_from_registration_to_file,
          a_taken_port_of_a_sites_own_sets_it_aside, what_the_operator_does_not_allow_is_left_out_by_name,
          changes_are_gathered_longer_while_old_workers_linger)
