/* The operator's files beside a site: found by the names that people have, and named though they cannot be read. */
#include "consumer/nginx/overrides.h"

#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

#include <sys/stat.h>

/* SHA-1 of "~^a", "/", "/api", "~^/x" */
#define SHA_HOST "b4487a680dae372a4f131037fa5e59dd3bb2be55"
#define SHA_ROOT "42099b4af021e53fd8fd4e056c2568d7c2e3ffa8"
#define SHA_API "ada91241341ae792ecf0a59cad28616a77bab856"
#define SHA_REGEX "1c12d0b4ec2340b1e7eaeb18e436f13e89ddb1bc"

/* What is found for a site with one path, "-" where nothing is: "server include replacing htpasswd". */
static void assert_found(const char *domain, const char *path, const char *expected) {
        Location location = { .path = (char *)path };
        const Site site = { .domain = (char *)domain, .locations = &location, .n_locations = 1 };
        _cleanup_(override_dirs_done) OverrideDirs dirs = { 0 };
        _cleanup_text_ Text found = { 0 };

        override_dirs_read(&dirs, scratch, scratch, NULL);
        _cleanup_(overrides_freep) Overrides *o = overrides_read(&site, &dirs);
        text_append(&found, o ? "" : "none");
        for (size_t i = 0; i < overrides_count(o); i++) {
                const OverrideFile *f = overrides_at(o, i);
                text_appendf(&found, "%s%s", i > 0 ? " " : "", f->path ? f->path + strlen(scratch) + 1 : "-");
        }
        ck_assert_str_eq(found.data, expected);
}

START_TEST(the_nearest_name_wins) {
        static const struct {
                const char *file; /* written first, beside those of the cases before */
                const char *domain, *path, *expected;
        } cases[] = {
                { NULL, "a.org", "/", "none" },
                { "default", "a.org", "/", "default - - -" },
                { "default_location", "a.org", "/api", "default default_location - -" },
                { "a.org_location", "a.org", "/", "default a.org_location - -" },
                { NULL, "a.org", "/api", "default default_location - -" },
                { "a.org_" SHA_ROOT "_location", "a.org", "/", "default a.org_" SHA_ROOT "_location - -" },
                { "a.org_" SHA_API "_location", "a.org", "/api", "default a.org_" SHA_API "_location - -" },
                { NULL, "b.org", "/api", "default default_location - -" },
                { "b.org_location_override", "b.org", "/api", "default default_location - -" },
                { NULL, "b.org", "/", "default default_location b.org_location_override -" },
                { "b.org_" SHA_API "_location_override", "b.org", "/api",
                  "default default_location b.org_" SHA_API "_location_override -" },
                { "c.org", "c.org", "/", "c.org default_location - c.org" }, /* of both directories here */
                { "c.org_" SHA_API, "c.org", "/api", "c.org default_location - c.org_" SHA_API },
                { NULL, "www.c.org", "/", "default default_location - -" },
                { SHA_HOST, "~^a", "/", SHA_HOST " default_location - " SHA_HOST },
                { SHA_HOST "_" SHA_REGEX "_location", "~^a", "~^/x",
                  SHA_HOST " " SHA_HOST "_" SHA_REGEX "_location - " SHA_HOST },
                { "*.d.org", "*.d.org", "/", "*.d.org default_location - *.d.org" },
                { NULL, "x.d.org", "/", "default default_location - -" },
        };

        scratch_make();
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                if (cases[i].file)
                        scratch_write(cases[i].file, "x;\n");
                assert_found(cases[i].domain, cases[i].path, cases[i].expected);
        }
        scratch_remove();
}
END_TEST

static const Site plain_site = { .domain = (char *)"a.org" };

/* There is nothing that all share. */
static Overrides *read_plain_site(void) {
        _cleanup_(override_dirs_done) OverrideDirs dirs;

        override_dirs_read(&dirs, scratch, NULL, NULL);
        ck_assert_ptr_null(dirs.server.path);
        Overrides *o = overrides_read(&plain_site, &dirs);
        override_dirs_done(&dirs);
        return o;
}

START_TEST(a_file_is_read_and_a_change_is_another_digest) {
        scratch_make();
        scratch_write("a.org", "allow all;\n");
        _cleanup_(overrides_freep) Overrides *first = read_plain_site(), *same = read_plain_site();
        ck_assert_str_eq(first->server.text, "allow all;\n");
        ck_assert_str_eq(first->server.digest, same->server.digest);
        scratch_write("a.org", "deny all;\n");
        _cleanup_(overrides_freep) Overrides *second = read_plain_site();
        ck_assert_str_ne(first->server.digest, second->server.digest);
        scratch_remove();
}
END_TEST

START_TEST(what_all_share_is_read_once_and_says_so) {
        Location locations[] = { { .path = (char *)"/" }, { .path = (char *)"/api" } };
        const Site site = { .domain = (char *)"a.org", .locations = locations, .n_locations = 2 };
        _cleanup_(override_dirs_done) OverrideDirs dirs = { 0 };

        scratch_make();
        scratch_write("default", "one;\n");
        scratch_write("default_location", "two;\n");
        override_dirs_read(&dirs, scratch, NULL, NULL);
        _cleanup_(overrides_freep) Overrides *o = overrides_read(&site, &dirs);
        ck_assert(o->server.shared && o->locations[0].include.shared && o->locations[1].include.shared);
        ck_assert(!o->locations[0].replacing.shared && !o->locations[0].htpasswd.shared);
        ck_assert_str_eq(o->server.text, "one;\n");
        ck_assert_str_eq(o->locations[1].include.text, "two;\n");
        ck_assert_ptr_eq(o->locations[0].include.text, o->locations[1].include.text);
        scratch_remove();
}
END_TEST

START_TEST(one_that_cannot_be_read_is_named_all_the_same) {
        _cleanup_free_ char *path = NULL, *large = xcalloc(OVERRIDE_MAX + 2, 1);

        scratch_make();
        path = scratch_path("a.org");
        ck_assert_int_eq(mkdir(path, 0700), 0);
        _cleanup_(overrides_freep) Overrides *directory = read_plain_site(), *same = read_plain_site();
        ck_assert_str_eq(directory->server.path, path);
        ck_assert_str_eq(directory->server.text, "");
        ck_assert_str_eq(directory->server.digest, same->server.digest);
        scratch_delete("a.org");
        ck_assert_int_eq(symlink("nowhere", path), 0);
        _cleanup_(overrides_freep) Overrides *link = read_plain_site();
        ck_assert_str_eq(link->server.path, path);
        ck_assert_str_ne(link->server.digest, directory->server.digest);
        scratch_delete("a.org");
        memset(large, ' ', OVERRIDE_MAX + 1);
        scratch_write("a.org", large);
        _cleanup_(overrides_freep) Overrides *file = read_plain_site();
        ck_assert_str_eq(file->server.path, path);
        ck_assert_str_eq(file->server.text, "");
        scratch_remove();
}
END_TEST

/* Whether there are passwords for a site in a directory that nobody can look into. */
START_TEST(what_cannot_be_looked_for_is_not_taken_for_missing) {
        _cleanup_(override_dirs_done) OverrideDirs dirs = { 0 };
        Location location = { .path = (char *)"/" };
        const Site site = { .domain = (char *)"a.org", .locations = &location, .n_locations = 1 };
        _cleanup_free_ char *loop = NULL;

        scratch_make();
        loop = scratch_path("loop");
        ck_assert_int_eq(symlink("loop", loop), 0);
        override_dirs_read(&dirs, NULL, loop, NULL);
        _cleanup_(overrides_freep) Overrides *o = overrides_read(&site, &dirs);
        ck_assert_ptr_nonnull(o->locations[0].htpasswd.path);
        scratch_remove();
}
END_TEST

START_TEST(passwords_are_nginxs_to_read) {
        Location location = { .path = (char *)"/" };
        const Site site = { .domain = (char *)"a.org", .locations = &location, .n_locations = 1 };
        _cleanup_(override_dirs_done) OverrideDirs dirs = { 0 };

        scratch_make();
        scratch_write("a.org", "user:password\n");
        override_dirs_read(&dirs, NULL, scratch, NULL);
        _cleanup_(overrides_freep) Overrides *o = overrides_read(&site, &dirs);
        ck_assert_ptr_null(o->server.path);
        ck_assert_ptr_nonnull(o->locations[0].htpasswd.path);
        ck_assert_ptr_null(o->locations[0].htpasswd.text);
        ck_assert_str_eq(o->locations[0].htpasswd.digest, "");
        scratch_remove();
}
END_TEST

TEST_MAIN("overrides", the_nearest_name_wins, a_file_is_read_and_a_change_is_another_digest,
          what_all_share_is_read_once_and_says_so, one_that_cannot_be_read_is_named_all_the_same,
          passwords_are_nginxs_to_read, what_cannot_be_looked_for_is_not_taken_for_missing)
