/* beachhead-consumer: makes nginx configuration and certificate requests of what is registered in Redis. */
#include "common/log.h"
#include "common/service.h"
#include "consumer/manager.h"
#include "consumer/options.h"
#include "consumer/state.h"

#include <stdio.h>
#include <string.h>

typedef struct Consumer {
        int argc;
        char **argv;
        sd_event *event;
        Service *service;
        State *state; /* NULL where nothing is touched: --dry-run, --explain */
        Manager *manager;
        bool is_service; /* not one pass */
} Consumer;

static void set_up_log(const Settings *s) {
        log_setup(program_log_level(&s->program), program_log_format(&s->program));
}

/* Reads the settings again and makes a manager of them; what is there stays on error. */
static int on_reload(void *userdata, char **ret_message) {
        Consumer *c = userdata;
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_(state_freep) State *moved = NULL;
        Manager *manager = NULL;
        int r = settings_read(&settings, c->argc, c->argv, ret_message);

        if (r < 0)
                return r;
        if (strcmp(settings->state_dir, state_directory(c->state)) != 0 &&
            (r = state_open(&moved, settings->state_dir, ret_message)) < 0)
                return r;
        State *state = moved ? moved : c->state;
        if ((r = manager_hand_over(c->manager, state, ret_message)) < 0)
                return r;
        r = manager_new(&manager, c->event, c->service, state, settings, ret_message);
        if (r < 0)
                return r;
        set_up_log(TAKE_PTR(settings));
        (void)manager_free(c->manager);
        c->manager = manager;
        if (moved) {
                (void)state_free(c->state);
                c->state = TAKE_PTR(moved);
        }
        return 0;
}

static void on_stop(void *userdata) {
        Consumer *c = userdata;

        manager_save(c->manager);
        (void)sd_event_exit(c->event, c->is_service ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Runs until the loop ends; returns the exit status. Owns the settings. */
static int run(Consumer *c, Settings *settings) {
        _cleanup_(settings_freep) Settings *s = settings;
        _cleanup_free_ char *message = NULL;
        bool touches = !s->dry_run && !s->explain;

        c->is_service = touches && !s->once;
        set_up_log(s);
        if (touches && state_open(&c->state, s->state_dir, &message) < 0)
                return program_fail(&settings_options, EXIT_USAGE, message);
        if (sd_event_new(&c->event) < 0 ||
            service_new(&c->service, c->event, c->is_service ? on_reload : NULL, on_stop, c) < 0)
                return program_fail(&settings_options, EXIT_FAILURE, NULL);
        if (manager_new(&c->manager, c->event, c->is_service ? c->service : NULL, c->state, s, &message) < 0)
                return program_fail(&settings_options, EXIT_USAGE, message);
        (void)TAKE_PTR(s);
        service_ready(c->service);
        return sd_event_loop(c->event);
}

/* Prints what is asked for, if anything is. */
static bool answer(const Settings *s) {
        if (!s->help_nginx)
                return program_answer(&s->program, &settings_options);
        _cleanup_free_ char *help = options_help(&settings_options, "nginx");
        (void)fputs(help, stdout);
        return true;
}

int main(int argc, char *argv[]) {
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_free_ char *message = NULL;
        Consumer c = { .argc = argc, .argv = argv };

        if (settings_read(&settings, argc, argv, &message) < 0)
                return program_fail(&settings_options, EXIT_USAGE, message);
        if (answer(settings))
                return EXIT_SUCCESS;
        service_block_signals();
        int status = run(&c, TAKE_PTR(settings));
        c.manager = manager_free(c.manager);
        c.state = state_free(c.state);
        c.service = service_free(c.service);
        sd_event_unref(c.event);
        return status < 0 ? EXIT_FAILURE : status;
}
