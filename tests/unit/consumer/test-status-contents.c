/* What is served under which path, to whom, and that the page is one piece. */
#include "consumer/status/contents.h"
#include "consumer/status/page.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/status-ground.h"

static char *rendered(const char *path, const StatusView *v, unsigned *ret_status) {
        *ret_status = 200;
        for (size_t i = 0; i < STATUS_CONTENTS; i++)
                if (strcmp(status_contents[i].path, path) == 0)
                        return status_contents[i].render(v, ret_status);
        ck_abort_msg("no %s", path);
}

START_TEST(it_is_well_while_no_output_ails_whatever_redis_does) {
        unsigned status;
        Scene s;

        scene_begin(&s);
        s.view.redis_error = "Connection refused";
        ck_assert_ptr_null(status_view_ailment(&s.view));
        _cleanup_free_ char *well = rendered("/healthz", &s.view, &status), *ill = NULL, *ailment = NULL;
        ck_assert_uint_eq(status, 200);
        ck_assert_str_eq(well, "well\n");
        s.fake.ailment = "nginx does not run";
        s.view.ailment = ailment = status_view_ailment(&s.view);
        ill = rendered("/healthz", &s.view, &status);
        ck_assert_uint_eq(status, 503);
        ck_assert_str_eq(ill, "nginx does not run\n");
        scene_end(&s);
}
END_TEST

START_TEST(names_of_others_are_not_answered_to) {
        static const char *const ours[] = { "localhost",      "localhost:9110", "LOCALHOST",  "127.0.0.1",
                                            "127.0.0.1:9110", "[::1]",          "[::1]:9110", "10.0.0.1:9110" };
        static const char *const others[] = { "",   "evil.example", "evil.example:9110", "127.0.0.1.evil.example",
                                              "[",  "[]",           "[evil]:9110",       "localhost.evil",
                                              "::1" };

        ck_assert(status_host_is_ours(NULL));
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
                ck_assert_msg(status_host_is_ours(ours[i]), "%s", ours[i]);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                ck_assert_msg(!status_host_is_ours(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(the_page_asks_nobody_else_and_makes_no_markup_of_values) {
        static const char *const forbidden[] = {
                "innerHTML", "outerHTML",    "insertAdjacentHTML", "document.write",
                "eval(",     "new Function", "<script src",        "<link rel=\"style",
                "@import",   "url(",         "onclick=",           "style=\""
        };

        ck_assert_uint_eq(strlen(page_html), page_html_size);
        ck_assert_ptr_nonnull(strstr(page_html, "<!doctype html>"));
        for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
                ck_assert_msg(!strstr(page_html, forbidden[i]), "%s", forbidden[i]);
}
END_TEST

START_TEST(the_policy_lets_run_what_stands_in_the_page_and_nothing_else) {
        _cleanup_free_ char *policy = page_policy("<p><style>a{}</style><script>b()</script>");

        /* printf 'a{}' | openssl sha256 -binary | base64 */
        ck_assert_ptr_nonnull(strstr(policy, "style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='"));
        ck_assert_ptr_nonnull(strstr(policy, "script-src 'sha256-cf242PFc/kb7xD0Qzhsmd9vvRkc+cWFmbi+k+YvtdKc='"));
        ck_assert_ptr_nonnull(strstr(policy, "default-src 'none'"));
        ck_assert_ptr_null(strstr(policy, "unsafe"));
}
END_TEST

TEST_MAIN("status-contents", it_is_well_while_no_output_ails_whatever_redis_does, names_of_others_are_not_answered_to,
          the_page_asks_nobody_else_and_makes_no_markup_of_values,
          the_policy_lets_run_what_stands_in_the_page_and_nothing_else)
