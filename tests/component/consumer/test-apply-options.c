/* What an operator says about nginx as a whole, against a real nginx. */
#include "common/memory.h"
#include "tests/component/consumer/nginx-ground.h"
#include "tests/unit/check-main.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

START_TEST(behind_a_balancer_nginx_is_asked_by_the_proxy_protocol) {
        Ground *g = ground_new();

        ground_set(g, "--proxy-protocol");
        ground_start_nginx(g);
        ground_start_output(g);
        ground_set_sites(g, "a.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert(ground_has_logged(g, "nginx serves 1 site, 0 set aside"));
        ck_assert_int_eq(ground_status(g, "a.example.org"), 0);
        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_count_reloads(g), 2);
        ground_free(g);
}
END_TEST

START_TEST(a_long_name_is_served_without_a_word_of_the_operators) {
        Ground *g = ground_with_nginx();
        static const char name[] = "a-name-that-is-longer-than-nginx-expects-a-name-to-be.example.org";

        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_set_sites(g, "a-name-that-is-longer-than-nginx-expects-a-name-to-be.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, name), LIVE);
        ground_free(g);
}
END_TEST

/* As if from within a container: `there` is how nginx calls the directory. */
static void move_nginx(Ground *g, const char *there) {
        _cleanup_free_ char *text = ground_read(g->main_path), *main_path = xasprintf("%s/etc/nginx.conf", there);
        Text moved = { 0 };

        ck_assert_int_eq(symlink(g->directory, there), 0);
        for (const char *c = text; *c;) {
                bool here = strncmp(c, g->directory, strlen(g->directory)) == 0;
                text_append_bytes(&moved, here ? there : c, here ? strlen(there) : 1);
                c += here ? strlen(g->directory) : 1;
        }
        ground_write(g, "etc/nginx.conf", moved.data);
        text_done(&moved);
        ground_set(g, "--nginx-path-map=%s:%s", g->directory, there);
        ground_start_nginx(g);
}

START_TEST(an_nginx_that_calls_its_files_by_other_names_is_told_these) {
        Ground *g = ground_new();
        _cleanup_free_ char *here = xasprintf("%s/", g->directory), *there = xasprintf("%s-there", g->directory),
                            *include = xasprintf("include \"%s/vhost.d/a.example.org\";", there),
                            *words = xasprintf("unknown directive \"x\" in %s/vhost.d/b.example.org:1", g->directory);

        move_nginx(g, there);
        ground_start_output(g);
        ground_write(g, "vhost.d/a.example.org", "add_header X-Own yes always;\n");
        ground_write(g, "vhost.d/b.example.org", "x;\n");
        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert_int_eq(ground_status(g, "a.example.org"), LIVE);
        ck_assert_int_eq(ground_status(g, "b.example.org"), UNKNOWN);
        _cleanup_free_ char *live = ground_read(g->live_path);
        ck_assert_ptr_nonnull(strstr(live, include));
        ck_assert_ptr_null(strstr(live, here));
        ck_assert(ground_has_logged(g, words));
        ground_assert_disk_is_good(g);
        (void)unlink(there);
        ground_free(g);
}
END_TEST

TEST_MAIN("apply-options", behind_a_balancer_nginx_is_asked_by_the_proxy_protocol,
          a_long_name_is_served_without_a_word_of_the_operators,
          an_nginx_that_calls_its_files_by_other_names_is_told_these)
