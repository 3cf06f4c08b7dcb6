/* The output "requests": a directory of files that follows what containers ask for, and touches nothing else. */
#include "common/file.h"
#include "common/log.h"
#include "consumer/options.h"
#include "consumer/requests/requests.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-of-table.h"
#include "tests/unit/golden.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

typedef struct World {
        sd_event *event;
        Settings settings;
        Output *output;
        Sites *sites;
        int settled;
} World;

static int retries_asked;

/* The output's clock: a retry is due at once, so that no test waits for it. */
int sd_event_source_set_time_relative(sd_event_source *source, uint64_t usec) {
        ck_assert_uint_eq(usec, 5000000);
        retries_asked++;
        return sd_event_source_set_time(source, 1);
}

static void on_settled(void *userdata, Output *o) {
        World *w = userdata;

        ck_assert_int_ne(o->class->state(o), OUTPUT_BUSY);
        w->settled++;
}

static World *world_new(void) {
        World *w = new0(World);

        log_setup(LOG_EMERG, LOG_FORMAT_PLAIN);
        w->settings.state_dir = xstrdup("build/test-requests-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(w->settings.state_dir));
        ck_assert_int_ge(sd_event_new(&w->event), 0);
        OutputHandlers handlers = { .settled = on_settled, .userdata = w };
        ck_assert_int_eq(requests_output_class.new(&w->output, w->event, &w->settings, handlers), 0);
        return w;
}

/* Removes a tree of known depth: the state directory, "requests" in it, a directory in that. */
static void remove_tree(const char *path) {
        DIR *directory = opendir(path);
        struct dirent *entry;

        while (directory && (entry = readdir(directory))) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                _cleanup_free_ char *below = xasprintf("%s/%s", path, entry->d_name);
                if (entry->d_type == DT_DIR)
                        remove_tree(below);
                else
                        ck_assert_int_eq(unlink(below), 0);
        }
        if (directory)
                (void)closedir(directory);
        ck_assert_int_eq(rmdir(path), 0);
}

static World *world_free(World *w) {
        (void)requests_output_class.free(w->output);
        sites_free(w->sites);
        sd_event_unref(w->event);
        remove_tree(w->settings.state_dir);
        free(w->settings.state_dir);
        free(w);
        return NULL;
}

DEFINE_CLEANUP(World *, world_free);

/* The sites of these values, each of its own container; ends with NULL. */
static Sites *sites_of(const char *const *values) {
        _cleanup_(table_freep) Table *t = table_new((TablePolicy){ 0 });

        for (int i = 0; values[i]; i++) {
                _cleanup_free_ char *key = xasprintf("/beachhead/web%d@n1", i);
                (void)table_present(t, key, values[i], strlen(values[i]), 1, 1);
        }
        return sites_from_table(t, NULL);
}

#define VALUES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define WISH(names)                                                                                                   \
        "[{\"domain\":\"any.org\",\"requires\":[\"certificate-only\"],\"certificate\":{\"names\":[" names "]}}]"

static void apply(World *w, const char *const *values) {
        Sites *sites = sites_of(values);

        requests_output_class.apply(w->output, sites);
        sites_free(w->sites);
        w->sites = sites;
}

static char *path_in(const World *w, const char *name) {
        return xasprintf("%s/requests/%s", w->settings.state_dir, name);
}

static void put(const World *w, const char *name, const char *text) {
        _cleanup_free_ char *path = path_in(w, name);

        ck_assert_int_eq(file_replace(path, text, strlen(text), 0600), 0);
}

/* NULL: there is no such file. */
static char *get(const World *w, const char *name) {
        _cleanup_free_ char *path = path_in(w, name);
        char *text = NULL;
        size_t size;

        (void)file_read(path, 100000, &text, &size);
        return text;
}

static void expect_file(const World *w, const char *name, const char *wanted) {
        _cleanup_free_ char *text = get(w, name);

        if (wanted) {
                ck_assert_msg(text, "%s is not there", name);
                ck_assert_str_eq(text, wanted);
        } else {
                ck_assert_msg(!text, "%s is there", name);
        }
}

static struct stat stat_of(const World *w, const char *name) {
        _cleanup_free_ char *path = path_in(w, name);
        struct stat st = { 0 };

        ck_assert_int_eq(lstat(path, &st), 0);
        return st;
}

static void expect_description(const World *w, OutputState state, const char *wanted) {
        _cleanup_free_ char *text = requests_output_class.describe(w->output);

        ck_assert_int_eq(requests_output_class.state(w->output), state);
        ck_assert_str_eq(text, wanted);
}

START_TEST(each_wish_becomes_a_file) {
        _cleanup_(world_freep) World *w = world_new();
        _cleanup_free_ char *golden = golden_read("certificate");

        ck_assert_int_eq(requests_output_class.state(w->output), OUTPUT_BUSY);
        apply(w, VALUES(golden, golden, WISH("\"*.a.org\",\"a.org\"")));
        ck_assert_int_eq(w->settled, 1);
        expect_description(w, OUTPUT_DONE, "2 certificate requests");
        expect_file(w, "shop.example.org.json",
                    "{\"names\":[\"shop.example.org\",\"www.example.org\"],\"email\":\"admin@example.org\","
                    "\"why\":\"asked for by containers web0@n1, web1@n1\"}\n");
        expect_file(w, "_wildcard.a.org.json",
                    "{\"names\":[\"*.a.org\",\"a.org\"],\"why\":\"asked for by container web2@n1\"}\n");
        ck_assert_uint_eq(stat_of(w, "shop.example.org.json").st_mode & 07777, 0644);
}
END_TEST

START_TEST(a_file_says_how_the_certificate_is_to_be_had) {
        _cleanup_(world_freep) World *w = world_new();
        _cleanup_free_ char *golden = golden_read("certificate-terms");

        apply(w, VALUES(golden));
        expect_file(w, "shop.example.org.json",
                    "{\"names\":[\"shop.example.org\",\"*.shop.example.org\"],\"email\":\"admin@example.org\","
                    "\"key\":\"ec-384\",\"challenge\":\"dns-01\",\"test\":true,"
                    "\"ca\":\"https://acme.example.net/directory\",\"chain\":\"Example Root X1\","
                    "\"profile\":\"shortlived\",\"why\":\"asked for by container web0@n1\"}\n");
}
END_TEST

START_TEST(a_file_that_says_it_already_is_not_written) {
        _cleanup_(world_freep) World *w = world_new();

        apply(w, VALUES(WISH("\"a.org\"")));
        struct stat before = stat_of(w, "a.org.json");
        apply(w, VALUES(WISH("\"a.org\"")));
        ck_assert_uint_eq(stat_of(w, "a.org.json").st_ino, before.st_ino);
        ck_assert_int_eq(stat_of(w, "a.org.json").st_mtim.tv_nsec, before.st_mtim.tv_nsec);
        expect_description(w, OUTPUT_DONE, "1 certificate request");
}
END_TEST

START_TEST(a_file_that_says_something_else_is_put_right) {
        static const char wanted[] = "{\"names\":[\"a.org\"],\"why\":\"asked for by container web0@n1\"}\n";
        _cleanup_(world_freep) World *w = world_new();

        apply(w, VALUES(WISH("\"a.org\"")));
        put(w, "a.org.json", "{}");
        apply(w, VALUES(WISH("\"a.org\"")));
        expect_file(w, "a.org.json", wanted);
        _cleanup_free_ char *longer = xasprintf("%s\n", wanted);
        put(w, "a.org.json", longer);
        apply(w, VALUES(WISH("\"a.org\"")));
        expect_file(w, "a.org.json", wanted);
}
END_TEST

START_TEST(what_nobody_asks_for_goes_and_what_is_not_ours_stays) {
        static const char *const ours[] = { "b.org.json", "old.json", "a.org.json.new", "old.json.new" };
        static const char *const others[] = {
                "README", "a.org.jsonx", "json", "x.new", "directory.json", "link.json"
        };
        _cleanup_(world_freep) World *w = world_new();

        apply(w, VALUES(WISH("\"a.org\""), WISH("\"b.org\"")));
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
                put(w, ours[i], "x");
        for (size_t i = 0; i < 4; i++)
                put(w, others[i], "x");
        _cleanup_free_ char *directory = path_in(w, others[4]), *link = path_in(w, others[5]);
        ck_assert_int_eq(mkdir(directory, 0700), 0);
        ck_assert_int_eq(symlink("README", link), 0);

        apply(w, VALUES(WISH("\"a.org\"")));
        expect_description(w, OUTPUT_DONE, "1 certificate request");
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
                expect_file(w, ours[i], NULL);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                (void)stat_of(w, others[i]);
        (void)stat_of(w, "a.org.json");
}
END_TEST

START_TEST(no_wish_is_an_empty_directory) {
        _cleanup_(world_freep) World *w = world_new();
        _cleanup_free_ char *plain = golden_read("domain-http");

        apply(w, VALUES(WISH("\"a.org\"")));
        apply(w, VALUES(plain));
        expect_description(w, OUTPUT_DONE, "0 certificate requests");
        expect_file(w, "a.org.json", NULL);
}
END_TEST

START_TEST(what_fails_is_tried_again_by_itself) {
        _cleanup_(world_freep) World *w = world_new();
        _cleanup_free_ char *directory = xasprintf("%s/requests", w->settings.state_dir);
        _cleanup_free_ char *wanted = xasprintf("certificate requests cannot be written to %s", directory);

        retries_asked = 0;
        ck_assert_int_eq(file_replace(directory, "", 0, 0600), 0);
        apply(w, VALUES(WISH("\"a.org\"")));
        expect_description(w, OUTPUT_FAILED, wanted);
        ck_assert_int_gt(sd_event_run(w->event, UINT64_MAX), 0);
        ck_assert_int_eq(w->settled, 2);
        expect_description(w, OUTPUT_FAILED, wanted);

        ck_assert_int_eq(unlink(directory), 0);
        ck_assert_int_gt(sd_event_run(w->event, UINT64_MAX), 0);
        ck_assert_int_eq(w->settled, 3);
        expect_description(w, OUTPUT_DONE, "1 certificate request");
        ck_assert_int_eq(retries_asked, 2);
        ck_assert_int_eq(sd_event_run(w->event, 0), 0);
}
END_TEST

START_TEST(a_link_in_the_place_of_the_directory_is_not_followed) {
        _cleanup_(world_freep) World *w = world_new();
        _cleanup_free_ char *directory = xasprintf("%s/requests", w->settings.state_dir);
        _cleanup_free_ char *elsewhere = xasprintf("%s/elsewhere", w->settings.state_dir);
        _cleanup_free_ char *file = xasprintf("%s/package.json", elsewhere);

        ck_assert_int_eq(mkdir(elsewhere, 0755), 0);
        ck_assert_int_eq(file_replace(file, "{}", 2, 0600), 0);
        ck_assert_int_eq(symlink("elsewhere", directory), 0);
        apply(w, VALUES(WISH("\"a.org\"")));
        ck_assert_int_eq(requests_output_class.state(w->output), OUTPUT_FAILED);
        ck_assert_int_eq(access(file, F_OK), 0);
        expect_file(w, "a.org.json", NULL);
}
END_TEST

START_TEST(one_file_that_fails_does_not_hold_up_the_others) {
        _cleanup_(world_freep) World *w = world_new();
        _cleanup_free_ char *in_the_way = path_in(w, "a.org.json");

        apply(w, VALUES(WISH("\"old.org\"")));
        ck_assert_int_eq(mkdir(in_the_way, 0700), 0);
        apply(w, VALUES(WISH("\"a.org\""), WISH("\"b.org\"")));
        ck_assert_int_eq(requests_output_class.state(w->output), OUTPUT_FAILED);
        (void)stat_of(w, "b.org.json");
        expect_file(w, "old.org.json", NULL);
        expect_file(w, "a.org.json.new", NULL);
        ck_assert_int_eq(rmdir(in_the_way), 0);
        ck_assert_int_gt(sd_event_run(w->event, UINT64_MAX), 0);
        expect_description(w, OUTPUT_DONE, "2 certificate requests");
}
END_TEST

#define LABEL "a23456789012345678901234567890123456789012345678901234567890"
#define LONG_NAME LABEL "." LABEL "." LABEL "." LABEL ".org" /* 247 bytes: a domain, but no file's name */

START_TEST(a_name_that_can_be_no_file_is_set_aside) {
        _cleanup_(world_freep) World *w = world_new();

        apply(w,
              VALUES(WISH("\"*.a.org\""), WISH("\"_wildcard.a.org\""), WISH("\"" LONG_NAME "\""), WISH("\"b.org\"")));
        expect_description(w, OUTPUT_PARTLY, "2 certificate requests");
        expect_file(w, "_wildcard.a.org.json",
                    "{\"names\":[\"*.a.org\"],\"why\":\"asked for by container web0@n1\"}\n");
        (void)stat_of(w, "b.org.json");
        apply(w, VALUES(WISH("\"b.org\"")));
        expect_description(w, OUTPUT_DONE, "1 certificate request");
}
END_TEST

START_TEST(a_preview_shows_the_files_and_writes_none) {
        _cleanup_(world_freep) World *w = world_new();
        _cleanup_(sites_freep) Sites *sites = sites_of(VALUES(WISH("\"b.org\""), WISH("\"*.a.org\"")));
        _cleanup_free_ char *text = requests_output_class.preview(w->output, sites);
        _cleanup_free_ char *wanted =
                xasprintf("# %s/requests/_wildcard.a.org.json\n"
                          "{\"names\":[\"*.a.org\"],\"why\":\"asked for by container web1@n1\"}\n"
                          "# %s/requests/b.org.json\n"
                          "{\"names\":[\"b.org\"],\"why\":\"asked for by container web0@n1\"}\n",
                          w->settings.state_dir, w->settings.state_dir);
        _cleanup_free_ char *directory = path_in(w, "");

        ck_assert_str_eq(text, wanted);
        ck_assert_int_eq(access(directory, F_OK), -1);
}
END_TEST

START_TEST(an_explanation_names_the_request_that_covers_a_domain) {
        static const struct {
                const char *domain, *wanted;
        } cases[] = {
                { "www.b.org",
                  "requests: covered by %s/requests/b.org.json (b.org, www.b.org), asked for by web0@n1" },
                { "x.a.org", "requests: covered by %s/requests/_wildcard.a.org.json (*.a.org), asked for by web1@n1" },
                { "x.y.a.org", "requests: no container asks for a certificate for x.y.a.org" },
                { "a.org", "requests: no container asks for a certificate for a.org" },
                { "_wildcard.c.org", "requests: the certificate that web2@n1 asks for is set aside: "
                                     "its file would be that of the wildcard's certificate" },
        };
        _cleanup_(world_freep) World *w = world_new();
        _cleanup_(sites_freep) Sites *sites =
                sites_of(VALUES(WISH("\"b.org\",\"www.b.org\""), WISH("\"*.a.org\""), WISH("\"_wildcard.c.org\"")));

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_string_list_ StringList lines = { 0 };
                const char *at = strstr(cases[i].wanted, "%s");
                _cleanup_free_ char *wanted = at ? xasprintf("%.*s%s%s", (int)(at - cases[i].wanted), cases[i].wanted,
                                                             w->settings.state_dir, at + 2)
                                                 : xstrdup(cases[i].wanted);
                requests_output_class.explain(w->output, sites, cases[i].domain, &lines);
                ck_assert_uint_eq(lines.count, 1);
                ck_assert_str_eq(lines.items[0], wanted);
        }
}
END_TEST

TEST_MAIN("requests", each_wish_becomes_a_file, a_file_says_how_the_certificate_is_to_be_had,
          a_file_that_says_it_already_is_not_written, a_file_that_says_something_else_is_put_right,
          what_nobody_asks_for_goes_and_what_is_not_ours_stays, no_wish_is_an_empty_directory,
          what_fails_is_tried_again_by_itself, a_link_in_the_place_of_the_directory_is_not_followed,
          one_file_that_fails_does_not_hold_up_the_others, a_name_that_can_be_no_file_is_set_aside,
          a_preview_shows_the_files_and_writes_none, an_explanation_names_the_request_that_covers_a_domain)
