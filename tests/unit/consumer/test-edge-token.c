/* Who an edge is to the others. */
#include "common/memory.h"
#include "consumer/certs/edge-token.h"
#include "tests/unit/check-main.h"

#include <stdio.h>
#include <string.h>

static char *host_name = "edge1";

/* The host's name is ours here. */
int gethostname(char *ret, size_t size) {
        (void)snprintf(ret, size, "%s", host_name);
        return 0;
}

START_TEST(a_restart_does_not_change_who_an_edge_is) {
        _cleanup_free_ char *before = edge_token("/var/lib/a"), *after = edge_token("/var/lib/a");

        ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(two_instances_on_one_host_are_two_edges) {
        _cleanup_free_ char *a = edge_token("/var/lib/a"), *b = edge_token("/var/lib/b");

        ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(a_copy_of_a_machine_under_another_name_is_another_edge) {
        _cleanup_free_ char *a = edge_token("/var/lib/a");
        host_name = "edge2";
        _cleanup_free_ char *b = edge_token("/var/lib/a");

        ck_assert_str_ne(strchr(a, ' '), strchr(b, ' '));
}
END_TEST

START_TEST(people_see_the_hosts_name) {
        _cleanup_free_ char *token = edge_token("/var/lib/a");

        ck_assert_msg(strncmp(token, "edge1 (", 7) == 0, "%s", token);
        ck_assert_uint_eq(strlen(token), strlen("edge1 ()") + 16);
}
END_TEST

START_TEST(no_name_of_a_host_makes_it_long_or_breaks_a_line) {
        static char hostile[65];

        memset(hostile, '\n', sizeof hostile - 1);
        host_name = hostile;
        _cleanup_free_ char *token = edge_token("/var/lib/a");
        ck_assert_uint_le(strlen(token), EDGE_TOKEN_MAX);
        ck_assert_ptr_null(strchr(token, '\n'));
}
END_TEST

TEST_MAIN("edge-token", a_restart_does_not_change_who_an_edge_is, two_instances_on_one_host_are_two_edges,
          a_copy_of_a_machine_under_another_name_is_another_edge, people_see_the_hosts_name,
          no_name_of_a_host_makes_it_long_or_breaks_a_line)
