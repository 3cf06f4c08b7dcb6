/* beachhead-registrar: publishes to Redis which domains the containers of this host serve. */
#include "common/log.h"
#include "common/service.h"
#include "registrar/manager.h"
#include "registrar/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

typedef struct Registrar {
        int argc;
        char **argv;
        sd_event *event;
        Service *service;
        Manager *manager;
} Registrar;

/* Where both are given they cancel out; a dry run is never quiet. */
static void set_up_log(const Settings *s) {
        bool quiet = s->quiet && !s->verbose && !s->dry_run, verbose = s->verbose && !s->quiet;

        log_setup(quiet     ? LOG_WARNING
                  : verbose ? LOG_DEBUG
                            : LOG_INFO,
                  s->systemd        ? LOG_FORMAT_PREFIX
                  : s->no_timestamp ? LOG_FORMAT_PLAIN
                                    : LOG_FORMAT_AUTO);
}

/* Replaces the manager by one with the settings of now; a bad configuration changes nothing. */
static int on_reload(void *userdata) {
        Registrar *r = userdata;
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_free_ char *message = NULL;
        Manager *manager = NULL;

        if (settings_read(&settings, r->argc, r->argv, &message) < 0 ||
            manager_new(&manager, r->event, r->service, settings, r->manager, &message) < 0) {
                log_error("the new configuration is refused, the old one goes on: %s", message);
                return -EINVAL;
        }
        set_up_log(TAKE_PTR(settings));
        (void)manager_free(r->manager);
        r->manager = manager;
        log_info("configuration read again");
        return 0;
}

static void on_stop(void *userdata) {
        Registrar *r = userdata;

        manager_stop(r->manager);
}

static int fail(int status, const char *message) {
        (void)fprintf(stderr, "beachhead-registrar: %s\n", message ? message : "out of resources");
        return status;
}

/* Runs until the loop ends; returns the exit status. */
static int run(Registrar *r, Settings *settings) {
        _cleanup_free_ char *message = NULL;
        bool service = !settings->dry_run && settings->refresh_msec > 0;

        set_up_log(settings);
        if (sd_event_new(&r->event) < 0 || service_new(&r->service, r->event, on_reload, on_stop, r) < 0)
                return fail(EXIT_FAILURE, NULL);
        if (manager_new(&r->manager, r->event, service ? r->service : NULL, settings, NULL, &message) < 0) {
                (void)settings_free(settings);
                return fail(EXIT_USAGE, message);
        }
        service_ready(r->service);
        return sd_event_loop(r->event);
}

int main(int argc, char *argv[]) {
        _cleanup_free_ char *message = NULL, *help = NULL;
        Registrar r = { .argc = argc, .argv = argv };
        Settings *settings = NULL;

        if (settings_read(&settings, argc, argv, &message) < 0)
                return fail(EXIT_USAGE, message);
        if (settings->help || settings->version) {
                help = settings->help ? settings_help() : xstrdup("beachhead-registrar " BEACHHEAD_VERSION "\n");
                (void)fputs(help, stdout);
                (void)settings_free(settings);
                return EXIT_SUCCESS;
        }
        service_block_signals();
        int status = run(&r, settings);
        r.manager = manager_free(r.manager);
        r.service = service_free(r.service);
        sd_event_unref(r.event);
        return status < 0 ? EXIT_FAILURE : status;
}
