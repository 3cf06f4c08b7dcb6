/* A directory that is watched: what changes in it is told, and what its links stand for too. */
#include "common/watch.h"

#include "common/file.h"
#include "common/timer.h"
#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

enum { PATIENCE_USEC = 20 * 1000 * 1000 };

typedef struct Watched {
        sd_event *event;
        Watch *watch;
        char *directory;
        size_t told;
} Watched;

static void on_changed(void *userdata) {
        Watched *w = userdata;

        w->told++;
        watch_refresh(w->watch);
}

/* Watches "in" of the scratch directory, beside which there are "out" and "further". */
static void begin(Watched *w) {
        static const char *const names[] = { "in", "in/below", "out", "further" };

        scratch_make();
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                _cleanup_free_ char *path = scratch_path(names[i]);
                ck_assert_int_eq(mkdir(path, 0755), 0);
        }
        *w = (Watched){ .directory = scratch_path("in") };
        ck_assert_int_ge(sd_event_new(&w->event), 0);
        scratch_write("in/file", "");
        scratch_write("in/below/file", "");
        scratch_write("further/file", "");
}

static void watch(Watched *w, WatchReach reach) {
        w->watch = watch_new(w->event, w->directory, reach, on_changed, w);
}

static void end(Watched *w) {
        (void)watch_free(w->watch);
        sd_event_unref(w->event);
        free(w->directory);
        scratch_remove();
}

static void make_link(const char *target, const char *name) {
        _cleanup_free_ char *path = scratch_path(name), *beside = xasprintf("%s.new", path);

        ck_assert_int_eq(symlink(target, beside), 0);
        ck_assert_int_eq(rename(beside, path), 0);
}

static void wait_until_told(Watched *w) {
        size_t told = w->told;

        for (uint64_t end_usec = now_usec() + PATIENCE_USEC; w->told == told;) {
                ck_assert_msg(now_usec() < end_usec, "nothing was told");
                ck_assert_int_ge(sd_event_run(w->event, 10 * 1000), 0);
        }
}

START_TEST(a_file_that_comes_changes_or_goes_is_told) {
        Watched w;

        begin(&w);
        watch(&w, WATCH_ITSELF);
        scratch_write("in/new", "");
        wait_until_told(&w);
        scratch_write("in/new", "other");
        wait_until_told(&w);
        scratch_delete("in/new");
        wait_until_told(&w);
        end(&w);
}
END_TEST

START_TEST(a_run_of_changes_is_told_once) {
        Watched w;

        begin(&w);
        watch(&w, WATCH_ITSELF);
        for (int i = 0; i < 100; i++)
                scratch_write("in/file", "other");
        wait_until_told(&w);
        scratch_write("in/last", "");
        wait_until_told(&w);
        ck_assert_uint_eq(w.told, 2);
        end(&w);
}
END_TEST

START_TEST(what_is_below_and_what_links_stand_for_is_watched_too) {
        Watched w;

        begin(&w);
        make_link("../further/file", "out/link");
        make_link("../out/link", "in/link");
        watch(&w, WATCH_ALL_IN_IT);
        scratch_write("in/below/file", "other");
        wait_until_told(&w);
        scratch_write("further/file", "other"); /* two links away */
        wait_until_told(&w);
        make_link("../in/file", "out/link"); /* one link away */
        wait_until_told(&w);
        end(&w);
}
END_TEST

START_TEST(a_link_that_comes_later_is_followed) {
        Watched w;

        begin(&w);
        watch(&w, WATCH_ALL_IN_IT);
        make_link("../further/file", "in/link");
        wait_until_told(&w);
        scratch_write("further/file", "other");
        wait_until_told(&w);
        end(&w);
}
END_TEST

START_TEST(links_in_a_circle_and_links_to_nowhere_do_no_harm) {
        Watched w;

        begin(&w);
        make_link("b", "in/a");
        make_link("a", "in/b");
        make_link("/nonexistent/x/y", "in/c");
        watch(&w, WATCH_ALL_IN_IT);
        scratch_write("in/file", "other");
        wait_until_told(&w);
        end(&w);
}
END_TEST

START_TEST(a_directory_that_comes_later_or_anew_is_watched_from_the_next_look_on) {
        _cleanup_free_ char *other = NULL;
        Watched w;

        begin(&w);
        other = scratch_path("other");
        ck_assert_int_eq(rename(w.directory, other), 0);
        watch(&w, WATCH_ALL_IN_IT);
        ck_assert_int_eq(rename(other, w.directory), 0);
        watch_refresh(w.watch);
        scratch_write("in/below/file", "other");
        wait_until_told(&w);
        ck_assert_int_eq(rename(w.directory, other), 0);
        wait_until_told(&w);
        ck_assert_int_eq(mkdir(w.directory, 0755), 0);
        watch_refresh(w.watch);
        scratch_write("in/file", "");
        wait_until_told(&w);
        end(&w);
}
END_TEST

TEST_MAIN("watch", a_file_that_comes_changes_or_goes_is_told, a_run_of_changes_is_told_once,
          what_is_below_and_what_links_stand_for_is_watched_too, a_link_that_comes_later_is_followed,
          links_in_a_circle_and_links_to_nowhere_do_no_harm,
          a_directory_that_comes_later_or_anew_is_watched_from_the_next_look_on)
