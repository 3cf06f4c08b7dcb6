/* beachhead-registrar: publishes to Redis which domains the containers of this host serve. */
#include "common/log.h"
#include "common/service.h"
#include "registrar/manager.h"
#include "registrar/options.h"

typedef struct Registrar {
        int argc;
        char **argv;
        sd_event *event;
        Service *service;
        Manager *manager;
} Registrar;

/* A dry run is never quiet. */
static void set_up_log(const Settings *s) {
        int level = program_log_level(&s->program);

        log_setup(s->dry_run && level < LOG_INFO ? LOG_INFO : level,
                  s->systemd ? LOG_FORMAT_PREFIX : program_log_format(&s->program));
}

/* Replaces the manager by one with the settings of now; a bad configuration changes nothing. */
static int on_reload(void *userdata, char **ret_message) {
        Registrar *r = userdata;
        _cleanup_(settings_freep) Settings *settings = NULL;
        Manager *manager = NULL;
        int error;

        if ((error = settings_read(&settings, r->argc, r->argv, ret_message)) < 0 ||
            (error = manager_new(&manager, r->event, r->service, settings, ret_message)) < 0)
                return error;
        set_up_log(TAKE_PTR(settings));
        manager_start(manager, r->manager);
        (void)manager_free(r->manager);
        r->manager = manager;
        return 0;
}

static void on_stop(void *userdata) {
        Registrar *r = userdata;

        manager_stop(r->manager);
}

/* Runs until the loop ends; returns the exit status. Owns the settings. */
static int run(Registrar *r, Settings *settings) {
        _cleanup_(settings_freep) Settings *s = settings;
        _cleanup_free_ char *message = NULL;
        bool is_service = !settings_one_pass(s);

        set_up_log(s);
        if (sd_event_new(&r->event) < 0 || service_new(&r->service, r->event, on_reload, on_stop, r) < 0)
                return program_fail(&settings_options, EXIT_FAILURE, NULL);
        if (manager_new(&r->manager, r->event, is_service ? r->service : NULL, s, &message) < 0)
                return program_fail(&settings_options, EXIT_USAGE, message);
        (void)TAKE_PTR(s);
        manager_start(r->manager, NULL);
        service_ready(r->service);
        return sd_event_loop(r->event);
}

int main(int argc, char *argv[]) {
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_free_ char *message = NULL;
        Registrar r = { .argc = argc, .argv = argv };

        if (settings_read(&settings, argc, argv, &message) < 0)
                return program_fail(&settings_options, EXIT_USAGE, message);
        if (program_answer(&settings->program, &settings_options))
                return EXIT_SUCCESS;
        service_block_signals();
        int status = run(&r, TAKE_PTR(settings));
        r.manager = manager_free(r.manager);
        r.service = service_free(r.service);
        sd_event_unref(r.event);
        return status < 0 ? EXIT_FAILURE : status;
}
