/* A directory of files as a source: what is added, changed, half-written, removed, and how checks stand. */
#include "registrar/services-source.h"

#include "common/file.h"
#include "common/log.h"
#include "common/timer.h"
#include "registrar/announcements.h"
#include "registrar/service-file.h"
#include "registrar/services.h"
#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { STEP_SECONDS = 30 }; /* for anything to become true */

typedef struct World {
        sd_event *event;
        StringList arguments;
        Settings *settings;
        Source *source;
        unsigned n_changed, n_failed;
        int log; /* what was said on standard error */
} World;

static void on_changed(void *userdata, uint64_t event_usec) {
        World *w = userdata;

        ck_assert_uint_eq(event_usec, 0);
        w->n_changed++;
}

static void on_state(void *userdata) {
        (void)userdata;
}

static void on_failed(void *userdata, const char *what, const char *why) {
        World *w = userdata;

        ck_assert(*what && *why);
        w->n_failed++;
}

static Source *make_source(World *w, Settings *settings) {
        SourceHandlers handlers = { .changed = on_changed, .state = on_state, .failed = on_failed, .userdata = w };
        _cleanup_free_ char *message = NULL;
        Source *source = NULL;

        ck_assert_int_eq(services_source_class.new(&source, w->event, settings, handlers, &message), 0);
        return source;
}

/* NULL: no further option. */
static Settings *read_settings(const char *option) {
        _cleanup_free_ char *directory = scratch_path("services.d"), *message = NULL;
        _cleanup_free_ char *services = xasprintf("--services-dir=%s", directory);
        char *argv[] = { (char *)"registrar", services, (char *)option };
        Settings *settings = NULL;

        ck_assert_int_eq(settings_read(&settings, option ? 3 : 2, argv, &message), 0);
        return settings;
}

/* Of a directory that is not there yet. */
static void set_up(World *w, const char *option) {
        *w = (World){ .log = memfd_create("log", MFD_CLOEXEC) };
        (void)signal(SIGPIPE, SIG_IGN);
        ck_assert_int_ge(dup2(w->log, STDERR_FILENO), 0);
        log_setup(LOG_INFO, LOG_FORMAT_PREFIX);
        scratch_make();
        ck_assert_int_ge(sd_event_new(&w->event), 0);
        w->settings = read_settings(option);
        w->source = make_source(w, w->settings);
}

static void make_directory(const char *name) {
        _cleanup_free_ char *path = scratch_path(name);

        ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void start(World *w) {
        services_source_class.start(w->source, NULL);
}

static void set_up_with_directory(World *w) {
        set_up(w, NULL);
        make_directory("services.d");
}

static void tear_down(World *w) {
        (void)services_source_class.free(w->source);
        (void)settings_free(w->settings);
        sd_event_unref(w->event);
        scratch_remove();
        (void)close(w->log);
}

/* ---- what is shown ---- */

static void describe(void *userdata, const SourceItem *item) {
        const AnnouncementPolicy policy = { .domains_variable = "BEACHHEAD_DOMAINS" };
        _cleanup_(announcement_done) Announcement a = { 0 };
        Text *t = userdata;

        text_appendf(t, "%s%s", t->size > 0 ? " " : "", item->container->name);
        ck_assert((item->unread != NULL) == (item->revision == 0));
        if (item->unread) {
                text_append(t, "?");
                return;
        }
        announce(item->container, &policy, &a);
        _cleanup_free_ char *domains = container_setting(item->container, "BEACHHEAD_DOMAINS", NULL);
        text_appendf(t, "%s%s", a.outcome == ANNOUNCED ? "=" : "!", domains);
}

/* Items in their order: "name=domains" published, "name!domains" not, "name?" not known. The caller owns it. */
static char *shown(const World *w) {
        Text t = { 0 };

        services_source_class.each(w->source, describe, &t);
        return text_take(&t);
}

static void assert_shown(const World *w, const char *wanted) {
        _cleanup_free_ char *found = shown(w);

        ck_assert_str_eq(found, wanted);
}

static void run_until_shown(World *w, const char *wanted) {
        uint64_t limit = now_usec() + STEP_SECONDS * UINT64_C(1000000);

        for (;;) {
                _cleanup_free_ char *found = shown(w);
                if (strcmp(found, wanted) == 0)
                        return;
                ck_assert_msg(now_usec() < limit, "%s stays and does not become %s", found, wanted);
                ck_assert_int_ge(sd_event_run(w->event, 10 * 1000), 0);
        }
}

static size_t lines_in_log(const World *w, const char *words) {
        char text[64 * 1024];
        ssize_t size = pread(w->log, text, sizeof text - 1, 0);
        size_t count = 0;

        ck_assert_int_ge(size, 0);
        text[size] = '\0';
        for (const char *at = text; (at = strstr(at, words)); at++)
                count++;
        return count;
}

static void refresh(World *w) {
        services_source_class.refresh(w->source);
}

#define FILE_OF(domains) "address=127.0.0.1\ndomains=" domains "\n"

/* ---- files ---- */

START_TEST(a_directory_that_is_not_there_holds_nothing_until_it_is) {
        World w;

        set_up(&w, NULL);
        start(&w);
        ck_assert(services_source_class.is_complete(w.source));
        assert_shown(&w, "");
        ck_assert_uint_eq(lines_in_log(&w, "error"), 0);
        make_directory("services.d");
        scratch_write("services.d/web.conf", FILE_OF("a.org"));
        refresh(&w);
        assert_shown(&w, "web=a.org");
        tear_down(&w);
}
END_TEST

START_TEST(without_a_directory_there_is_no_source) {
        World w;

        set_up(&w, NULL);
        (void)services_source_class.free(w.source);
        REPLACE_PTR(w.settings->services_dir, NULL);
        w.source = make_source(&w, w.settings);
        ck_assert_ptr_null(w.source);
        tear_down(&w);
}
END_TEST

START_TEST(what_is_added_changed_and_removed_is_noticed) {
        World w;

        set_up_with_directory(&w);
        scratch_write("services.d/b.conf", FILE_OF("b.org"));
        start(&w);
        assert_shown(&w, "b=b.org");
        scratch_write("services.d/a.conf", FILE_OF("a.org"));
        run_until_shown(&w, "a=a.org b=b.org");
        scratch_write("services.d/b.conf", FILE_OF("c.org"));
        run_until_shown(&w, "a=a.org b=c.org");
        scratch_delete("services.d/a.conf");
        run_until_shown(&w, "b=c.org");
        unsigned before = w.n_changed;
        refresh(&w);
        ck_assert_uint_eq(w.n_changed, before);
        tear_down(&w);
}
END_TEST

START_TEST(only_visible_files_that_end_in_conf_are_read) {
        static const char *const others[] = { ".hidden.conf", "web.conf~", "web.conf.dpkg-new", "README", ".conf" };
        World w;

        set_up_with_directory(&w);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
                _cleanup_free_ char *name = xasprintf("services.d/%s", others[i]);
                scratch_write(name, FILE_OF("a.org"));
        }
        start(&w);
        assert_shown(&w, "");
        tear_down(&w);
}
END_TEST

START_TEST(what_cannot_be_read_as_a_file_is_named_and_hurts_nobody) {
        _cleanup_free_ char *large = xcalloc(SERVICE_FILE_MAX + 2, 1);
        World w;

        set_up_with_directory(&w);
        _cleanup_free_ char *pipe = scratch_path("services.d/pipe.conf"), *link = scratch_path("services.d/link.conf");
        memset(large, '\n', SERVICE_FILE_MAX + 1);
        ck_assert_int_eq(mkfifo(pipe, 0644), 0);
        ck_assert_int_eq(symlink("/nonexistent/file", link), 0);
        make_directory("services.d/folder.conf");
        scratch_write("services.d/a b.conf", FILE_OF("a.org"));
        scratch_write("services.d/\x01.conf", FILE_OF("a.org"));
        scratch_write("services.d/large.conf", large);
        scratch_write("services.d/web.conf", FILE_OF("a.org"));
        start(&w);
        refresh(&w);
        assert_shown(&w, "\\x01? a b? folder? large? pipe? web=a.org");
        ck_assert_uint_eq(lines_in_log(&w, "service large: its file is larger than 65536 bytes"), 1);
        ck_assert_uint_eq(lines_in_log(&w, "service pipe: its file is none that can be read"), 1);
        ck_assert_uint_eq(lines_in_log(&w, "service folder: its file is none that can be read"), 1);
        ck_assert_uint_eq(lines_in_log(&w, "\x01"), 0);
        tear_down(&w);
}
END_TEST

START_TEST(a_file_that_is_wrong_for_a_while_changes_nothing) {
        static const char *const broken[] = { "", "address=127.0.0.1\n", FILE_OF("b..org"), "addre" };
        World w;

        set_up_with_directory(&w);
        scratch_write("services.d/web.conf", FILE_OF("a.org"));
        scratch_write("services.d/other.conf", FILE_OF("o.org"));
        start(&w);
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
                scratch_write("services.d/web.conf", broken[i]);
                refresh(&w);
                refresh(&w);
                assert_shown(&w, "other=o.org web=a.org");
                ck_assert_uint_eq(lines_in_log(&w, "what was read before stands"), i + 1);
        }
        scratch_write("services.d/web.conf", FILE_OF("b.org"));
        refresh(&w);
        assert_shown(&w, "other=o.org web=b.org");
        ck_assert_uint_eq(lines_in_log(&w, "service web: its file is understood now"), 1);
        tear_down(&w);
}
END_TEST

START_TEST(a_file_that_was_never_right_is_not_taken_for_gone) {
        World w;

        set_up_with_directory(&w);
        scratch_write("services.d/web.conf", "domains=a.org\n");
        start(&w);
        assert_shown(&w, "web?");
        scratch_delete("services.d/web.conf");
        run_until_shown(&w, "");
        tear_down(&w);
}
END_TEST

/* As editors do it: the old one is moved away before the new one is there. */
START_TEST(a_file_that_is_replaced_is_never_gone) {
        World w;

        set_up_with_directory(&w);
        scratch_write("services.d/web.conf", FILE_OF("a.org"));
        start(&w);
        scratch_delete("services.d/web.conf");
        refresh(&w);
        assert_shown(&w, "web=a.org");
        scratch_write("services.d/web.conf", FILE_OF("b.org"));
        refresh(&w);
        assert_shown(&w, "web=b.org");
        scratch_delete("services.d/web.conf");
        refresh(&w);
        assert_shown(&w, "web=b.org");
        tear_down(&w);
}
END_TEST

static void move(const char *from, const char *to) {
        _cleanup_free_ char *old = scratch_path(from), *new = scratch_path(to);

        ck_assert_int_eq(rename(old, new), 0);
}

START_TEST(a_directory_that_is_replaced_is_never_gone) {
        World w;

        set_up_with_directory(&w);
        make_directory("next");
        scratch_write("services.d/web.conf", FILE_OF("a.org"));
        scratch_write("next/web.conf", FILE_OF("b.org"));
        start(&w);
        move("services.d", "before");
        refresh(&w);
        refresh(&w);
        assert_shown(&w, "web=a.org");
        move("next", "services.d");
        run_until_shown(&w, "web=b.org");
        tear_down(&w);
}
END_TEST

START_TEST(a_directory_that_cannot_be_read_is_not_empty) {
        World w;

        set_up_with_directory(&w);
        scratch_write("services.d/web.conf", FILE_OF("a.org"));
        start(&w);
        move("services.d", "before");
        scratch_write("services.d", "no directory");
        refresh(&w);
        refresh(&w);
        assert_shown(&w, "web=a.org");
        ck_assert_uint_eq(lines_in_log(&w, "the services cannot be read: Not a directory"), 1);
        tear_down(&w);
}
END_TEST

START_TEST(there_is_a_limit_to_their_number) {
        World w;

        set_up_with_directory(&w);
        for (size_t i = 0; i <= SERVICES_MAX; i++) {
                _cleanup_free_ char *name = xasprintf("services.d/s%04zu.conf", i);
                scratch_write(name, FILE_OF("a.org"));
        }
        start(&w);
        ck_assert_uint_eq(services_source_class.count(w.source), SERVICES_MAX);
        ck_assert_uint_eq(lines_in_log(&w, "service s1000 and others are ignored"), 1);
        tear_down(&w);
}
END_TEST

START_TEST(who_is_told_of_certain_containers_publishes_services_of_these_names_alone) {
        World w;

        set_up(&w, "web");
        make_directory("services.d");
        scratch_write("services.d/web.conf", FILE_OF("a.org"));
        scratch_write("services.d/other.conf", FILE_OF("b.org"));
        start(&w);
        assert_shown(&w, "web=a.org");
        tear_down(&w);
}
END_TEST

/* ---- checks ---- */

/* A port of 127.0.0.1 that refuses until listen() is called on the socket; the caller closes it. */
static int reserve_port(uint16_t *ret) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
        socklen_t size = sizeof address;

        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
        address.sin_port = htons(*ret);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
        *ret = ntohs(address.sin_port);
        return fd;
}

static void write_checked(const char *domains, uint16_t port) {
        _cleanup_free_ char *text = xasprintf("address=127.0.0.1\ndomains=%s\ncheck=tcp:%u\ncheck-interval=1\n"
                                              "check-fall=1\ncheck-rise=1\n",
                                              domains, port);
        scratch_write("services.d/web.conf", text);
}

START_TEST(a_service_leaves_while_its_check_fails) {
        uint16_t port = 0;
        World w;

        set_up_with_directory(&w);
        int fd = reserve_port(&port);
        ck_assert_int_eq(listen(fd, 5), 0);
        write_checked("a.org", port);
        start(&w);
        assert_shown(&w, "web?"); /* left as it is until the first result */
        run_until_shown(&w, "web=a.org");
        (void)close(fd);
        run_until_shown(&w, "web!a.org");
        _cleanup_free_ char *status = services_source_class.describe(w.source);
        ck_assert_str_eq(status, "1 services, 1 unhealthy");
        fd = reserve_port(&port);
        ck_assert_int_eq(listen(fd, 5), 0);
        run_until_shown(&w, "web=a.org");
        (void)close(fd);
        tear_down(&w);
}
END_TEST

START_TEST(what_is_known_of_its_health_stands_unless_something_else_is_checked) {
        uint16_t port = 0, other = 0;
        World w;

        set_up_with_directory(&w);
        int fd = reserve_port(&port), other_fd = reserve_port(&other);
        write_checked("a.org", port);
        start(&w);
        run_until_shown(&w, "web!a.org");
        write_checked("b.org", port);
        refresh(&w);
        assert_shown(&w, "web!b.org");
        write_checked("b.org", other);
        refresh(&w);
        assert_shown(&w, "web?");
        run_until_shown(&w, "web!b.org");
        scratch_write("services.d/web.conf", FILE_OF("b.org"));
        refresh(&w);
        assert_shown(&w, "web=b.org");
        (void)close(fd);
        (void)close(other_fd);
        tear_down(&w);
}
END_TEST

START_TEST(a_new_configuration_goes_on_with_what_is_known) {
        uint16_t port = 0;
        World w;

        set_up_with_directory(&w);
        int fd = reserve_port(&port);
        write_checked("a.org", port);
        scratch_write("services.d/bad.conf", FILE_OF("a.org"));
        start(&w);
        run_until_shown(&w, "bad=a.org web!a.org");
        scratch_write("services.d/bad.conf", "");
        refresh(&w);

        Settings *settings = read_settings("--envvar=SITES"), *old = w.settings;
        Source *before = w.source;
        w.settings = settings;
        w.source = make_source(&w, settings);
        services_source_class.start(w.source, before);
        (void)services_source_class.free(before);
        (void)settings_free(old);
        ck_assert(services_source_class.is_complete(w.source));
        _cleanup_free_ char *found = shown(&w);
        ck_assert_msg(has_prefix(found, "bad"), "%s", found); /* whose settings are of the variable of before */
        ck_assert_uint_eq(services_source_class.count(w.source), 2);
        RegistrarFigures f = { 0 };
        services_source_class.measure(w.source, &f);
        ck_assert_uint_eq(f.services, 2);
        ck_assert_uint_eq(f.services_unhealthy, 1);
        (void)close(fd);
        tear_down(&w);
}
END_TEST

START_TEST(one_pass_waits_for_the_first_checks) {
        uint16_t port = 0;
        World w;

        set_up(&w, "--refresh=0");
        make_directory("services.d");
        int fd = reserve_port(&port);
        write_checked("a.org", port);
        start(&w);
        ck_assert(!services_source_class.is_complete(w.source));
        while (!services_source_class.is_complete(w.source))
                ck_assert_int_ge(sd_event_run(w.event, UINT64_MAX), 0);
        assert_shown(&w, "web!a.org");
        (void)close(fd);
        tear_down(&w);
}
END_TEST

START_TEST(one_pass_fails_where_the_directory_cannot_be_read) {
        World w;

        set_up(&w, "--refresh=0");
        scratch_write("services.d", "no directory");
        start(&w);
        ck_assert_uint_eq(w.n_failed, 1);
        tear_down(&w);
}
END_TEST

TEST_MAIN("services-source", a_directory_that_is_not_there_holds_nothing_until_it_is,
          without_a_directory_there_is_no_source, what_is_added_changed_and_removed_is_noticed,
          only_visible_files_that_end_in_conf_are_read, what_cannot_be_read_as_a_file_is_named_and_hurts_nobody,
          a_file_that_is_wrong_for_a_while_changes_nothing, a_file_that_was_never_right_is_not_taken_for_gone,
          a_file_that_is_replaced_is_never_gone, a_directory_that_is_replaced_is_never_gone,
          a_directory_that_cannot_be_read_is_not_empty, there_is_a_limit_to_their_number,
          who_is_told_of_certain_containers_publishes_services_of_these_names_alone,
          a_service_leaves_while_its_check_fails, what_is_known_of_its_health_stands_unless_something_else_is_checked,
          a_new_configuration_goes_on_with_what_is_known, one_pass_waits_for_the_first_checks,
          one_pass_fails_where_the_directory_cannot_be_read)
