/* What systemd is told, in which order, and what signals do. */
#include "common/service.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct World {
        sd_event *event;
        Service *service;
        int manager; /* the service manager's end of $NOTIFY_SOCKET */
        int reloads, stops, reload_result;
        bool linger; /* the last work is not done when it is told to stop */
} World;

static int on_reload(void *userdata, char **ret_message) {
        World *w = userdata;

        w->reloads++;
        service_status(w->service, "reloaded %d times", w->reloads);
        if (w->reload_result < 0)
                *ret_message = xstrdup("not a port");
        return w->reload_result;
}

static void on_stop(void *userdata) {
        World *w = userdata;

        w->stops++;
        if (!w->linger)
                (void)sd_event_exit(w->event, 0);
}

static void world_init(World *w) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        socklen_t size = sizeof(sa_family_t); /* autobind to an abstract name */
        char name[sizeof address.sun_path + 1] = "@";

        w->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(w->manager, 0);
        ck_assert_int_eq(bind(w->manager, (struct sockaddr *)&address, size), 0);
        size = sizeof address;
        ck_assert_int_eq(getsockname(w->manager, (struct sockaddr *)&address, &size), 0);
        memcpy(name + 1, address.sun_path + 1, size - sizeof(sa_family_t) - 1);
        ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);

        service_block_signals();
        ck_assert_int_ge(sd_event_new(&w->event), 0);
        ck_assert_int_eq(service_new(&w->service, w->event, on_reload, on_stop, w), 0);
}

static void world_done(World *w) {
        w->service = service_free(w->service);
        w->event = sd_event_unref(w->event);
        closep(&w->manager);
}

static void run_until_idle(World *w) {
        while (sd_event_get_state(w->event) != SD_EVENT_FINISHED && sd_event_run(w->event, 0) > 0)
                ;
}

/* The next message, "" where there is none; figures are replaced by "#". */
static const char *next_message(World *w) {
        static char message[4096];
        ssize_t n = recv(w->manager, message, sizeof message - 1, MSG_DONTWAIT);

        message[n > 0 ? n : 0] = '\0';
        char *usec = strstr(message, "MONOTONIC_USEC=");
        if (usec) {
                uint64_t value;
                ck_assert_int_eq(parse_unsigned(usec + strlen("MONOTONIC_USEC="), 1, UINT64_MAX, &value), 0);
                (void)strcpy(usec + strlen("MONOTONIC_USEC="), "#");
        }
        return message;
}

START_TEST(ready_is_said_when_the_loop_runs_and_before_any_status) {
        _cleanup_(world_done) World w = { 0 };

        world_init(&w);
        service_status(w.service, "starting");
        service_status(w.service, "waiting for Redis");
        service_ready(w.service);
        ck_assert_str_eq(next_message(&w), "");
        run_until_idle(&w);
        ck_assert_str_eq(next_message(&w), "READY=1");
        ck_assert_str_eq(next_message(&w), "STATUS=waiting for Redis");
        ck_assert_str_eq(next_message(&w), "");
}
END_TEST

START_TEST(a_status_is_sent_when_it_differs) {
        _cleanup_(world_done) World w = { 0 };

        world_init(&w);
        service_ready(w.service);
        run_until_idle(&w);
        ck_assert_str_eq(next_message(&w), "READY=1");
        service_status(w.service, "%d sites", 1);
        service_status(w.service, "%d sites", 1);
        service_status(w.service, "%d sites", 2);
        service_status(w.service, "%d sites", 1);
        ck_assert_str_eq(next_message(&w), "STATUS=1 sites");
        ck_assert_str_eq(next_message(&w), "STATUS=2 sites");
        ck_assert_str_eq(next_message(&w), "STATUS=1 sites");
        ck_assert_str_eq(next_message(&w), "");
}
END_TEST

START_TEST(a_status_cannot_smuggle_in_another_message) {
        _cleanup_(world_done) World w = { 0 };

        world_init(&w);
        service_ready(w.service);
        run_until_idle(&w);
        service_status(w.service, "serving %s", "a\nMAINPID=1\x1b[0m");
        ck_assert_str_eq(next_message(&w), "READY=1");
        ck_assert_str_eq(next_message(&w), "STATUS=serving a MAINPID=1 [0m");
}
END_TEST

START_TEST(the_whole_life_is_told_in_order) {
        _cleanup_(world_done) World w = { 0 };

        world_init(&w);
        service_ready(w.service);
        ck_assert_int_eq(kill(getpid(), SIGHUP), 0); /* comes before the loop runs */
        run_until_idle(&w);
        w.reload_result = -1; /* refused, which is no reason to end */
        ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
        run_until_idle(&w);
        ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
        ck_assert_int_eq(sd_event_loop(w.event), 0);

        ck_assert_int_eq(w.reloads, 2);
        ck_assert_int_eq(w.stops, 1);
        ck_assert_str_eq(next_message(&w), "READY=1");
        ck_assert_str_eq(next_message(&w), "RELOADING=1\nMONOTONIC_USEC=#");
        ck_assert_str_eq(next_message(&w), "STATUS=reloaded 1 times");
        ck_assert_str_eq(next_message(&w), "READY=1");
        ck_assert_str_eq(next_message(&w), "RELOADING=1\nMONOTONIC_USEC=#");
        ck_assert_str_eq(next_message(&w), "STATUS=reloaded 2 times");
        ck_assert_str_eq(next_message(&w), "READY=1");
        ck_assert_str_eq(next_message(&w), "STOPPING=1");
        ck_assert_str_eq(next_message(&w), "");
}
END_TEST

START_TEST(a_second_signal_does_not_wait_for_the_last_work) {
        _cleanup_(world_done) World w = { .linger = true };

        world_init(&w);
        ck_assert_int_eq(kill(getpid(), SIGINT), 0);
        run_until_idle(&w);
        ck_assert_int_eq(w.stops, 1);
        ck_assert_str_eq(next_message(&w), "STOPPING=1");
        ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
        ck_assert_int_eq(sd_event_loop(w.event), EXIT_FAILURE);
        ck_assert_int_eq(w.stops, 1);
        ck_assert_str_eq(next_message(&w), "");
}
END_TEST

START_TEST(what_is_stopping_does_not_reload) {
        _cleanup_(world_done) World w = { .linger = true };

        world_init(&w);
        ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
        run_until_idle(&w);
        ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
        run_until_idle(&w);
        ck_assert_int_eq(w.stops, 1);
        ck_assert_int_eq(w.reloads, 0);
        ck_assert_str_eq(next_message(&w), "STOPPING=1");
        ck_assert_str_eq(next_message(&w), "");
}
END_TEST

START_TEST(what_cannot_reload_goes_on_at_a_hang_up) {
        _cleanup_(world_done) World w = { 0 };

        world_init(&w);
        w.service = service_free(w.service);
        ck_assert_int_eq(service_new(&w.service, w.event, NULL, on_stop, &w), 0);
        ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
        run_until_idle(&w);
        ck_assert_int_eq(w.reloads + w.stops, 0);
        ck_assert_int_ne(sd_event_get_state(w.event), SD_EVENT_FINISHED);
}
END_TEST

START_TEST(the_watchdog_is_fed_by_the_loop) {
        _cleanup_(world_done) World w = { 0 };
        _cleanup_free_ char *pid = xasprintf("%d", getpid());
        int fed = 0;

        ck_assert_int_eq(setenv("WATCHDOG_USEC", "100000", 1), 0);
        ck_assert_int_eq(setenv("WATCHDOG_PID", pid, 1), 0);
        world_init(&w);
        while (fed < 3) {
                ck_assert_int_ge(sd_event_run(w.event, UINT64_MAX), 0);
                fed += strcmp(next_message(&w), "WATCHDOG=1") == 0;
        }
}
END_TEST

START_TEST(without_a_service_manager_all_goes_on) {
        _cleanup_(world_done) World w = { 0 };

        world_init(&w);
        ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
        service_ready(w.service);
        service_status(w.service, "fine");
        ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
        ck_assert_int_eq(raise(SIGPIPE), 0);
        run_until_idle(&w);
        ck_assert_int_eq(w.reloads, 1);
        ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
        ck_assert_int_eq(sd_event_loop(w.event), 0);
        ck_assert_ptr_null(service_free(NULL));
}
END_TEST

TEST_MAIN("service", ready_is_said_when_the_loop_runs_and_before_any_status, a_status_is_sent_when_it_differs,
          a_status_cannot_smuggle_in_another_message, the_whole_life_is_told_in_order,
          a_second_signal_does_not_wait_for_the_last_work, what_is_stopping_does_not_reload,
          what_cannot_reload_goes_on_at_a_hang_up, the_watchdog_is_fed_by_the_loop,
          without_a_service_manager_all_goes_on)
