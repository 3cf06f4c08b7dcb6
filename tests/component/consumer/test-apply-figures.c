/* What the nginx output tells the status over HTTP, with a real nginx: figures, remarks on sites, what ails it. */
#include "common/timer.h"
#include "tests/component/consumer/nginx-ground.h"
#include "tests/unit/check-main.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The value behind `series` among the figures; fails without it. */
static double figure(const Ground *g, const char *series) {
        Metrics m = { 0 };
        double value;

        g->output->class->measure(g->output, &m);
        _cleanup_free_ char *text = text_take(&m.text), *line = xasprintf("\n%s ", series);
        const char *found = strstr(text, line);
        ck_assert_msg(found, "no %s in:\n%s", series, text);
        ck_assert_int_eq(sscanf(found + strlen(line), "%lf", &value), 1);
        return value;
}

static OutputRemark remark_on(const Ground *g, const char *domain) {
        OutputRemark remark = { 0 };

        g->output->class->remark(g->output, domain, &remark);
        return remark;
}

static char *ailment(const Ground *g) {
        return g->output->class->ailment(g->output);
}

START_TEST(every_change_and_every_reload_is_counted_with_its_time) {
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE); /* nothing differs */
        ck_assert_double_eq(figure(g, "beachhead_nginx_up"), 1);
        ck_assert_double_eq(figure(g, "beachhead_nginx_sites"), 2);
        ck_assert_double_eq(figure(g, "beachhead_nginx_reloads_total"), ground_count_reloads(g));
        ck_assert_double_eq(figure(g, "beachhead_nginx_reload_seconds_count"), 2);
        ck_assert_double_eq(figure(g, "beachhead_nginx_change_to_confirmed_seconds_count"), 2);
        ck_assert_double_gt(figure(g, "beachhead_nginx_reload_seconds_sum"), 0);
        ck_assert_double_ge(figure(g, "beachhead_nginx_change_to_confirmed_seconds_sum"),
                            figure(g, "beachhead_nginx_reload_seconds_sum"));
        ck_assert_double_le(figure(g, "beachhead_nginx_generation_timestamp_seconds"), (double)time(NULL));
        ck_assert_double_ge(figure(g, "beachhead_nginx_generation_timestamp_seconds"), (double)time(NULL) - 3600);

        ground_stop_output(g); /* what is live already is no change for the next one */
        ground_start_output(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_double_eq(figure(g, "beachhead_nginx_change_to_confirmed_seconds_count"), 0);
        ck_assert_double_eq(figure(g, "beachhead_nginx_reloads_total"), 0);
        ground_free(g);
}
END_TEST

START_TEST(a_site_that_is_set_aside_is_counted_and_says_why) {
        Ground *g = ground_with_nginx();

        ground_write(g, "vhost.d/bad.example.org", "this_is_no_directive;\n");
        ground_set_sites(g, "a.example.org bad.example.org port.example.org");
        ground_choose(g, "port.example.org", EDGE_HTTP_PORT, "22");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert_double_eq(figure(g, "beachhead_nginx_sites"), 1);
        ck_assert_double_eq(figure(g, "beachhead_nginx_sites_set_aside"), 2);
        ck_assert_double_gt(figure(g, "beachhead_nginx_refusals_total"), 0);
        ck_assert_double_eq(figure(g, "beachhead_nginx_change_to_confirmed_seconds_count"), 1);
        ck_assert_ptr_null(remark_on(g, "a.example.org").set_aside);
        ck_assert_ptr_nonnull(strstr(remark_on(g, "bad.example.org").set_aside, "this_is_no_directive"));
        ck_assert_str_eq(remark_on(g, "port.example.org").set_aside,
                         "it asks for port 22, and --external-ports does not allow that");
        ck_assert_ptr_null(remark_on(g, "unknown.example.org").set_aside);
        ground_free(g);
}
END_TEST

START_TEST(the_end_of_a_certificate_is_told) {
        Ground *g = ground_with_nginx();
        _cleanup_free_ char *command = xasprintf(
                "cd %s/certs && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
                "-subj /CN=a -addext subjectAltName=DNS:a.example.org -keyout a.example.org.key "
                "-out a.example.org.crt 2>/dev/null",
                g->directory);
        double end = (double)time(NULL) + 30 * 86400.0;

        ck_assert_int_eq(system(command), 0);
        ground_set_sites(g, "a.example.org b.example.org only.example.org");
        ground_site(g, "a.example.org")->shape = (SiteShape){ .https = true, .plain = PLAIN_SERVE };
        ground_site(g, "only.example.org")->shape = (SiteShape){ .https = true, .plain = PLAIN_REDIRECT_OR_REFUSE };
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_double_eq(figure(g, "beachhead_nginx_certificates"), 1);
        ck_assert_double_eq_tol(
                figure(g, "beachhead_nginx_certificate_expiry_timestamp_seconds{domain=\"a.example.org\"}"), end, 600);
        ck_assert_double_eq_tol((double)remark_on(g, "a.example.org").certificate_not_after, end, 600);
        ck_assert_int_eq(remark_on(g, "b.example.org").certificate_not_after, 0);
        ck_assert_uint_eq(remark_on(g, "only.example.org").notes->count, 1); /* it waits for a certificate */
        ground_free(g);
}
END_TEST

static bool nginx_is_up(Ground *g) {
        _cleanup_free_ char *words = ailment(g);

        return !words;
}

static bool has_failed(Ground *g) {
        return g->output->class->state(g->output) == OUTPUT_FAILED;
}

START_TEST(it_ails_only_while_nginx_does_not_run_what_it_accepted) {
        Ground *g = ground_new();
        _cleanup_free_ char *words = NULL;

        ground_start_output(g);
        ground_set_sites(g, "a.example.org");
        words = ailment(g);
        ck_assert_str_eq(words, "nginx does not run");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE); /* in place, waits for nginx */
        ck_assert(!nginx_is_up(g));
        ck_assert_double_eq(figure(g, "beachhead_nginx_up"), 0);

        ground_start_nginx(g);
        ground_run_until(g, nginx_is_up);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_write_main(
                g, "this_is_no_directive; include conf.d/*.conf;"); /* nobody's fault: what was accepted runs on */
        ground_set_sites(g, "a.example.org b.example.org");
        (void)ground_apply(g); /* what it says first may be about the start of nginx */
        ground_run_until(g, has_failed);
        ck_assert(nginx_is_up(g));

        ground_stop_output(g); /* another life, which has been given no sites yet */
        ground_start_output(g);
        ck_assert(nginx_is_up(g));
        ground_stop_nginx(g);
        ck_assert(!nginx_is_up(g));
        ground_free(g);
}
END_TEST

START_TEST(an_nginx_that_never_accepted_anything_ails) {
        Ground *g = ground_with_nginx();

        ground_write_main(g, "this_is_no_directive; include conf.d/*.conf;");
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        _cleanup_free_ char *words = ailment(g);
        ck_assert_ptr_nonnull(strstr(words, "nginx has accepted no configuration yet: "));
        ck_assert_ptr_nonnull(strstr(words, "this_is_no_directive"));
        ground_free(g);
}
END_TEST

TEST_MAIN("apply-figures", every_change_and_every_reload_is_counted_with_its_time,
          a_site_that_is_set_aside_is_counted_and_says_why, the_end_of_a_certificate_is_told,
          it_ails_only_while_nginx_does_not_run_what_it_accepted, an_nginx_that_never_accepted_anything_ails)
