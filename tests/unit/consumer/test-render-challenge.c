/* How challenges of HTTP-01 are answered: from files alone, or with a thumbprint as well. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"
#include "tests/unit/consumer/thumbprints.h"

#define LOCATION                                                                                                      \
        "    location ^~ /.well-known/acme-challenge/ {\n"                                                            \
        "        auth_basic off;\n"                                                                                   \
        "        allow all;\n"                                                                                        \
        "        default_type text/plain;\n"                                                                          \
        "        root \"/files/acme\";\n"
#define FILES_ALONE                                                                                                   \
        LOCATION "        try_files $uri =404;\n"                                                                     \
                 "    }\n"
#define WITH_ANSWERS                                                                                                  \
        LOCATION "        if (!-e $beachhead_challenge_file) {\n"                                                     \
                 "            return 200 $beachhead_challenge;\n"                                                     \
                 "        }\n"                                                                                        \
                 "        try_files $uri =404;\n"                                                                     \
                 "    }\n"
#define ANSWERS                                                                                                       \
        "map \"$beachhead_thumbprint$uri\" $beachhead_challenge {\n"                                                  \
        "    default \"\";\n"                                                                                         \
        "    \"~^(?<beachhead_account>[^/]+)/\\\\.well-known/acme-challenge/"                                         \
        "(?<beachhead_token>[A-Za-z0-9_-]{1,255})\\\\z\" $beachhead_token.$beachhead_account;\n"                      \
        "}\n"                                                                                                         \
        "map $beachhead_challenge $beachhead_challenge_file {\n"                                                      \
        "    default $request_filename;\n"                                                                            \
        "    \"\" /;\n"                                                                                               \
        "}\n"

/* A site that answers challenges, and what it is rendered with. */
static Rendering *render_site_with(const ThumbprintFiles *thumbprints) {
        _cleanup_test_site_ TestSite t;
        RenderPolicy policy = test_policy;

        policy.thumbprints = thumbprints;
        test_site(&t, "a.org");
        test_choose(&t, EDGE_ACME_LOCATION, "true");
        return test_render(&t.vhost, 1, &policy);
}

static size_t count_of(const char *text, const char *words) {
        size_t n = 0;

        for (; (text = strstr(text, words)); text++)
                n++;
        return n;
}

START_TEST(without_a_thumbprint_files_alone_are_answers) {
        static const ThumbprintFiles none = { 0 };
        const ThumbprintFiles *const cases[] = { NULL, &none };

        for (size_t i = 0; i < 2; i++) {
                _cleanup_(rendering_freep) Rendering *r = render_site_with(cases[i]);
                ck_assert_uint_eq(count_of(r->text, FILES_ALONE), 1);
                ck_assert(!contains(r->text, "$beachhead_challenge") && !contains(r->text, "$beachhead_thumbprint"));
        }
}
END_TEST

START_TEST(with_one_a_token_is_an_answer_where_there_is_no_file) {
        static const ThumbprintFiles for_all = { .standard = (char *)TEST_THUMBPRINT };
        _cleanup_(rendering_freep) Rendering *r = render_site_with(&for_all);

        ck_assert(contains(r->text, "map $host $beachhead_thumbprint {\n"
                                    "    default " TEST_THUMBPRINT ";\n"
                                    "}\n" ANSWERS));
        ck_assert_msg(contains(strstr(r->text, "    server_name a.org;\n"), WITH_ANSWERS), "%s", r->text);
}
END_TEST

START_TEST(a_host_may_have_an_account_of_its_own) {
        const ThumbprintFiles none_for_all = { .items = test_host_thumbprints, .count = 2 };
        _cleanup_(rendering_freep) Rendering *both = render_site_with(&test_thumbprints),
                                             *alone = render_site_with(&none_for_all);

        ck_assert(contains(both->text, "map $host $beachhead_thumbprint {\n"
                                       "    default " TEST_THUMBPRINT ";\n"
                                       "    \"~^\\\\Q[2001:db8::1]\\\\E$\" " TEST_OTHER_THUMBPRINT ";\n"
                                       "    \"~^\\\\Qown.example.org\\\\E$\" " TEST_OTHER_THUMBPRINT ";\n"
                                       "}\n" ANSWERS));
        ck_assert(contains(alone->text, "    default \"\";\n    \"~^\\\\Q[2001:db8::1]"));
        ck_assert_str_ne(both->generation, alone->generation);
}
END_TEST

START_TEST(unknown_hosts_are_answered_too_over_http_alone) {
        RenderPolicy policy = test_policy;

        policy.default_certificate = &test_certificate;
        for (int with = 0; with < 2; with++) {
                policy.thumbprints = with ? &test_thumbprints : NULL;
                _cleanup_(rendering_freep) Rendering *r = test_render(NULL, 0, &policy);
                ck_assert_uint_eq(count_of(r->text, "acme-challenge/ {"), with);
                ck_assert_uint_eq(count_of(r->text, WITH_ANSWERS "    location / {\n        return 503;\n"), with);
                ck_assert(!contains(strstr(r->text, " ssl;"), "acme-challenge"));
        }
}
END_TEST

START_TEST(a_site_that_is_to_answer_none_does_not) {
        _cleanup_test_site_ TestSite t;
        RenderPolicy policy = test_policy;

        policy.thumbprints = &test_thumbprints;
        test_site(&t, "a.org");
        _cleanup_free_ char *http = test_server(&t, &policy, false);
        ck_assert(!contains(http, "challenge"));
}
END_TEST

TEST_MAIN("render-challenge", without_a_thumbprint_files_alone_are_answers,
          with_one_a_token_is_an_answer_where_there_is_no_file, a_host_may_have_an_account_of_its_own,
          unknown_hosts_are_answered_too_over_http_alone, a_site_that_is_to_answer_none_does_not)
