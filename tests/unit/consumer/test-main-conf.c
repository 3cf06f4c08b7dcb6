/* The private main configuration: the candidate stands where the live file would, everything else as it was. */
#include "consumer/nginx/main-conf.h"

#include "common/file.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char directory[64];
static PathMaps maps; /* empty but in one test */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static void remove_directory(void) {
        (void)nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_directory(void) {
        strcpy(directory, "/tmp/beachhead-main-conf-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
        static const char *const folders[] = { "conf.d", "sites", "deep" };
        for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
                _cleanup_free_ char *path = xasprintf("%s/%s", directory, folders[i]);
                ck_assert_int_eq(mkdir(path, 0755), 0);
        }
}

/* `text` with each "@" replaced by the directory of the test. */
static char *placed(const char *text) {
        Text t = { 0 };

        for (; *text; text++)
                text_append_bytes(&t, *text == '@' ? directory : text, *text == '@' ? strlen(directory) : 1);
        return text_take(&t);
}

static void write_file(const char *name, const char *content) {
        _cleanup_free_ char *path = xasprintf("%s/%s", directory, name), *text = placed(content);
        FILE *f = fopen(path, "we");

        ck_assert_ptr_nonnull(f);
        ck_assert_int_ge(fputs(text, f), 0);
        ck_assert_int_eq(fclose(f), 0);
}

static int read_file(void *userdata, const char *path, char **ret) {
        size_t size;

        if (userdata)
                (*(size_t *)userdata)++;
        return file_read(path, MAIN_CONF_FILE_MAX + 1, ret, &size);
}

/* The private copy of @/nginx.conf for the live file @/conf.d/beachhead.conf and the candidate "/c". */
static int candidate_main(char **ret) {
        _cleanup_free_ char *main_path = placed("@/nginx.conf"), *live = placed("@/conf.d/beachhead.conf");

        return main_conf_with_candidate(main_path, live, "/c", &maps, read_file, NULL, ret);
}

static void assert_rewritten(const char *main_text, const char *expected) {
        _cleanup_free_ char *wanted = placed(expected), *text = NULL;

        write_file("nginx.conf", main_text);
        ck_assert_int_eq(candidate_main(&text), 0);
        ck_assert_str_eq(text, wanted);
}

static void assert_refused(const char *main_text, int error) {
        _cleanup_free_ char *text = NULL;

        write_file("nginx.conf", main_text);
        ck_assert_msg(candidate_main(&text) == error, "%s was taken", main_text);
        ck_assert_ptr_null(text);
}

START_TEST(the_candidate_stands_where_the_live_file_would) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "include @/conf.d/beachhead.conf;", "include \"/c\";" },
                { "include conf.d/beachhead.conf;", "include \"/c\";" },
                { "include 'conf.d//./beachhead.conf' ;", "include \"/c\";" },
                { "http {\n  include conf.d/*.conf; # sites\n}\n", "http {\n  include \"/c\"; # sites\n}\n" },
                { "include */b?ach*.conf;", "include \"/c\";" },
                { "include conf.d/[abc]eachhead.conf;", "include \"/c\";" },
                { "user x;\ninclude mime.types;\nhttp { include conf.d/*.conf; }",
                  "user x;\ninclude mime.types;\nhttp { include \"/c\"; }" },
        };

        make_directory();
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_rewritten(cases[i].text, cases[i].expected);
        remove_directory();
}
END_TEST

START_TEST(other_files_of_the_pattern_stay_in_their_order) {
        make_directory();
        write_file("conf.d/zone.conf", "z;");
        write_file("conf.d/a [1].conf", "a;");
        write_file("conf.d/.hidden.conf", "h;");
        write_file("conf.d/note.txt", "n;");
        assert_rewritten(
                "http { include conf.d/*.conf; }",
                "http { include \"@/conf.d/a \\\\[1].conf\"; include \"/c\"; include \"@/conf.d/zone.conf\"; }");
        write_file("conf.d/beachhead.conf", "live;");
        assert_rewritten(
                "http { include conf.d/*.conf; }",
                "http { include \"@/conf.d/a \\\\[1].conf\"; include \"/c\"; include \"@/conf.d/zone.conf\"; }");
        remove_directory();
}
END_TEST

START_TEST(a_file_that_leads_to_the_live_one_is_put_in_whole) {
        make_directory();
        write_file("deep/http.conf", "http { include deep/sites.conf; } # end");
        write_file("deep/sites.conf", "a b;\ninclude @/conf.d/*;");
        write_file("sites/other.conf", "server { }");
        assert_rewritten("include sites/*;\ninclude deep/http.conf;",
                         "include sites/*;\n\nhttp { \na b;\ninclude \"/c\";\n } # end\n");
        remove_directory();
}
END_TEST

START_TEST(what_names_the_live_file_without_including_it_does_not_count) {
        make_directory();
        assert_refused("# include conf.d/*.conf;\nuser \"include conf.d/*.conf;\";", -ENOENT);
        assert_refused("include conf.d/*.conf extra;", -ENOENT);
        assert_refused("include beach*.conf;", -ENOENT);
        assert_refused("include */.b*;", -ENOENT);
        assert_refused("", -ENOENT);
        remove_directory();
}
END_TEST

START_TEST(what_does_not_parse_is_said) {
        make_directory();
        assert_refused("http { include conf.d/*.conf;", -EBADMSG);
        assert_refused("http { include conf.d/*.conf; } }", -EBADMSG);
        assert_refused("http { include \"conf.d/*.conf; }", -EBADMSG);
        write_file("deep/open.conf", "http { include conf.d/*.conf;");
        assert_refused("include deep/open.conf; }", -EBADMSG);
        remove_directory();
}
END_TEST

START_TEST(a_broken_or_missing_file_elsewhere_is_left_to_nginx) {
        make_directory();
        write_file("sites/broken.conf", "server {");
        assert_rewritten("include sites/*; include missing.conf; include conf.d/*;",
                         "include sites/*; include missing.conf; include \"/c\";");
        assert_refused("include missing.conf;", -ENOENT);
        assert_refused("include sites/broken.conf;", -EBADMSG);
        remove_directory();
}
END_TEST

START_TEST(a_missing_main_configuration_is_the_error_of_reading) {
        _cleanup_free_ char *text = NULL;

        make_directory();
        ck_assert_int_eq(candidate_main(&text), -ENOENT);
        ck_assert_ptr_null(text);
        remove_directory();
}
END_TEST

START_TEST(includes_in_a_circle_end) {
        _cleanup_free_ char *main_path = NULL, *live = NULL, *text = NULL;
        size_t n_read = 0;

        make_directory();
        write_file("deep/a.conf",
                   "include deep/b.conf; include deep/a.conf; include deep/b.conf; include deep/a.conf;");
        write_file("deep/b.conf",
                   "include deep/a.conf; include deep/b.conf; include deep/a.conf; include deep/b.conf;");
        assert_refused("include deep/a.conf;", -ELOOP);
        main_path = placed("@/nginx.conf");
        live = placed("@/conf.d/beachhead.conf");
        ck_assert_int_eq(main_conf_with_candidate(main_path, live, "/c", &maps, read_file, &n_read, &text), -ELOOP);
        ck_assert_uint_le(n_read, MAIN_CONF_FILES_MAX);
        assert_rewritten("include deep/a.conf; include conf.d/*;", "include deep/a.conf; include \"/c\";");
        remove_directory();
}
END_TEST

START_TEST(an_nginx_in_a_container_reads_its_own_names) {
        make_directory();
        _cleanup_free_ char *map = placed("@:/etc/nginx");
        ck_assert_int_eq(path_maps_add(&maps, map), 0);
        write_file("conf.d/a.conf", "");
        write_file("sites/x.conf", "include /etc/nginx/conf.d/beachhead.conf;");
        assert_rewritten("include conf.d/*.conf;", "include \"/etc/nginx/conf.d/a.conf\"; include \"/c\";");
        assert_rewritten("include /etc/nginx/conf.d/*.conf;", "include \"/etc/nginx/conf.d/a.conf\"; include \"/c\";");
        assert_rewritten("include mime.types; include sites/*;", "include mime.types; \ninclude \"/c\";\n");
        assert_refused("include @/conf.d/*.conf;", -ENOENT);
        path_maps_done(&maps);
        remove_directory();
}
END_TEST

static bool has(const char *main_text, const char *name) {
        _cleanup_free_ char *main_path = placed("@/nginx.conf"), *live = placed("@/conf.d/beachhead.conf");

        write_file("nginx.conf", main_text);
        return main_conf_has(main_path, live, &maps, read_file, NULL, name);
}

START_TEST(a_directive_is_found_wherever_it_stands_but_in_the_live_file) {
        make_directory();
        write_file("conf.d/beachhead.conf", "c on;");
        write_file("conf.d/other.conf", "b on;");
        write_file("sites/broken.conf", "d on; }");
        ck_assert(has("http { a 1; include conf.d/*; include sites/*; include nowhere; }", "a"));
        ck_assert(has("http { include conf.d/*; include sites/*; }", "b"));
        ck_assert(!has("http { include conf.d/*; }", "c"));
        ck_assert(has("http { server { location / { e { } } } }", "e"));
        ck_assert(!has("# a 1;\nhttp { x \"a 1;\"; x a; }", "a"));
        remove_directory();
        ck_assert(!main_conf_has("/nonexistent/nginx.conf", "/c", &maps, read_file, NULL, "a"));
}
END_TEST

START_TEST(a_file_beyond_the_cap_is_refused) {
        _cleanup_free_ char *text = xcalloc(MAIN_CONF_FILE_MAX + 2, 1);

        make_directory();
        memset(text, ' ', MAIN_CONF_FILE_MAX + 1);
        assert_refused(text, -EFBIG);
        remove_directory();
}
END_TEST

START_TEST(pid_and_log_are_found_where_nginx_finds_them) {
        static const struct {
                const char *text, *pid, *log;
        } cases[] = {
                { "", "/p", "/l" },
                { "pid /run/n.pid; error_log /var/e.log warn;", "/run/n.pid", "/var/e.log" },
                { "# pid /x;\npid \"/run/a b.pid\";", "/run/a b.pid", "/l" },
                { "http { pid /x; error_log /y; } pid /z;", "/z", "/l" },
                { "pid run/n.pid; error_log logs/./e;", MAIN_CONF_PREFIX "/run/n.pid", MAIN_CONF_PREFIX "/logs/e" },
                { "error_log stderr; error_log syslog:server=x; error_log /e; error_log /f;", "/p", "/e" },
                { "error_log stderr info;", "/p", NULL },
                { "error_log syslog:server=[::1];", "/p", NULL },
                { "error_log memory:32m debug;", "/p", NULL },
                { "pid;", "/p", "/l" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *pid = main_conf_pid_path(cases[i].text, "/p");
                _cleanup_free_ char *log = main_conf_error_log(cases[i].text, "/l");
                ck_assert_str_eq(pid, cases[i].pid);
                ck_assert_pstr_eq(log, cases[i].log);
        }
}
END_TEST

TEST_MAIN("main-conf", the_candidate_stands_where_the_live_file_would, other_files_of_the_pattern_stay_in_their_order,
          a_file_that_leads_to_the_live_one_is_put_in_whole,
          what_names_the_live_file_without_including_it_does_not_count, what_does_not_parse_is_said,
          a_broken_or_missing_file_elsewhere_is_left_to_nginx, a_missing_main_configuration_is_the_error_of_reading,
          includes_in_a_circle_end, an_nginx_in_a_container_reads_its_own_names,
          a_directive_is_found_wherever_it_stands_but_in_the_live_file, a_file_beyond_the_cap_is_refused,
          pid_and_log_are_found_where_nginx_finds_them)
