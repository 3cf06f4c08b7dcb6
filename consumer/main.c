/* beachhead-consumer: makes nginx configuration and certificate requests of what is registered in Redis. */
#include "common/log.h"
#include "common/service.h"
#include "consumer/manager.h"
#include "consumer/options.h"
#include "consumer/state.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <string.h>

typedef struct Consumer {
        int argc;
        char **argv;
        sd_event *event;
        Service *service;
        State *state;         /* NULL where a person only looks */
        StatusServer *status; /* NULL: the status is served nowhere */
        Manager *manager;
        bool is_one_pass;
} Consumer;

static void set_up_log(const Settings *s) {
        log_setup(program_log_level(&s->program), program_log_format(&s->program));
}

/* A server for another address than the one that there is for; *ret is NULL where none is needed. */
static int open_status(const Consumer *c, const char *listen, StatusServer **ret, char **ret_message) {
        if (!listen || (c->status && strcmp(status_server_listens_at(c->status), listen) == 0))
                return 0;
        return status_server_new(ret, c->event, listen, ret_message);
}

/* Owns `fresh`, as open_status() gave it. */
static void serve_status(Consumer *c, const char *listen, StatusServer *fresh) {
        if (fresh || !listen) {
                (void)status_server_free(c->status);
                c->status = fresh;
        }
        if (fresh)
                log_info("the status is served at %s", listen);
        if (c->status)
                manager_serve(c->manager, c->status);
}

/* Reads the settings again and makes a manager of them; what is there stays on error. */
static int on_reload(void *userdata, char **ret_message) {
        Consumer *c = userdata;
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_(state_freep) State *moved = NULL;
        _cleanup_(status_server_freep) StatusServer *status = NULL;
        Manager *manager = NULL;
        int r = settings_read(&settings, c->argc, c->argv, ret_message);

        if (r < 0)
                return r;
        if (strcmp(settings->state_dir, state_directory(c->state)) != 0 &&
            (r = state_open(&moved, settings->state_dir, ret_message)) < 0)
                return r;
        State *state = moved ? moved : c->state;
        if ((r = manager_hand_over(c->manager, state, ret_message)) < 0 ||
            (r = open_status(c, settings->listen, &status, ret_message)) < 0)
                return r;
        r = manager_new(&manager, c->event, c->service, state, settings, ret_message);
        if (r < 0)
                return r;
        const char *listen = settings->listen;
        set_up_log(TAKE_PTR(settings));
        (void)manager_free(c->manager);
        c->manager = manager;
        serve_status(c, listen, TAKE_PTR(status));
        if (moved) {
                (void)state_free(c->state);
                c->state = TAKE_PTR(moved);
        }
        return 0;
}

static void on_stop(void *userdata) {
        Consumer *c = userdata;

        manager_save(c->manager);
        (void)sd_event_exit(c->event, c->is_one_pass ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Runs until the loop ends; returns the exit status. Owns the settings. */
static int run(Consumer *c, Settings *settings) {
        _cleanup_(settings_freep) Settings *s = settings;
        _cleanup_free_ char *message = NULL;
        bool touches = !settings_only_show(s), is_service = touches && !s->once;

        c->is_one_pass = settings_are_one_pass(s);
        set_up_log(s);
        if (touches && state_open(&c->state, s->state_dir, &message) < 0)
                return program_fail(&settings_options, EXIT_USAGE, message);
        if (sd_event_new(&c->event) < 0 ||
            service_new(&c->service, c->event, is_service ? on_reload : NULL, on_stop, c) < 0)
                return program_fail(&settings_options, EXIT_FAILURE, NULL);
        _cleanup_(status_server_freep) StatusServer *status = NULL;
        const char *listen = is_service ? s->listen : NULL;
        if (open_status(c, listen, &status, &message) < 0 ||
            manager_new(&c->manager, c->event, is_service ? c->service : NULL, c->state, s, &message) < 0)
                return program_fail(&settings_options, EXIT_USAGE, message);
        (void)TAKE_PTR(s);
        serve_status(c, listen, TAKE_PTR(status));
        service_ready(c->service);
        return sd_event_loop(c->event);
}

int main(int argc, char *argv[]) {
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_free_ char *message = NULL;
        Consumer c = { .argc = argc, .argv = argv };

        /* A text of all sites is needed for a moment: without a limit of its own the heap would keep the room. */
        (void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
        /* A thread that nobody waits for may still be making a key at the end: OpenSSL is not to be taken from it. */
        (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
        if (settings_read(&settings, argc, argv, &message) < 0)
                return program_fail(&settings_options, EXIT_USAGE, message);
        if (settings_answer(settings))
                return EXIT_SUCCESS;
        service_block_signals();
        int status = run(&c, TAKE_PTR(settings));
        c.manager = manager_free(c.manager);
        c.status = status_server_free(c.status);
        c.state = state_free(c.state);
        c.service = service_free(c.service);
        sd_event_unref(c.event);
        return status < 0 ? EXIT_FAILURE : status;
}
