/* The directory is looked at when something in it changes, and at every refresh: what could not be read is not gone.
 */
#include "registrar/services-source.h"

#include "common/directory.h"
#include "common/file.h"
#include "common/log.h"
#include "common/timer.h"
#include "common/watch.h"
#include "registrar/service-file.h"
#include "registrar/services.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { LOOK_AGAIN_USEC = 1000 * 1000 }; /* after a look that missed something */

typedef struct ServicesSource {
        Source source;
        sd_event *event;
        const Settings *settings;
        Services *services;
        Watch *watch;
        sd_event_source *again;
        char *complaint; /* why the directory cannot be read; NULL: it can */
        bool looked;
} ServicesSource;

static void look(ServicesSource *s);

static int on_again(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        look(userdata);
        return 0;
}

static void look_again_soon(ServicesSource *s) {
        if (!settings_one_pass(s->settings))
                timer_arm(&s->again, s->event, LOOK_AGAIN_USEC, on_again, s);
}

/* What is not a file, such as a pipe, would be waited for. Returns 0 or -errno. */
static int read_file(int directory, const char *file, char **ret, size_t *ret_size) {
        _cleanup_close_ int fd = openat(directory, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        return S_ISREG(st.st_mode) ? file_read_fd(fd, SERVICE_FILE_MAX, ret, ret_size) : -ENOTSUP;
}

static char *read_error(int error) {
        switch (error) {
        case -EFBIG:
                return xasprintf("its file is larger than %d bytes", SERVICE_FILE_MAX);
        case -ENOTSUP:
                return xstrdup("its file is none that can be read");
        case -EACCES:
                return xstrdup("its file cannot be read: let the registrar's user read it");
        default:
                return xasprintf("its file cannot be read: %s", strerror(-error));
        }
}

/* Hidden files are those of editors, and whoever was told of certain containers publishes no other service. */
static bool is_wanted(const ServicesSource *s, const char *file) {
        if (*file == '.' || !has_suffix(file, ".conf"))
                return false;
        _cleanup_free_ char *name = xstrndup(file, strlen(file) - strlen(".conf"));
        return settings_enumerate(s->settings) || string_list_contains(&s->settings->containers, name);
}

static void take_file(ServicesSource *s, int directory, const char *file) {
        _cleanup_free_ char *bytes = NULL, *error = NULL;
        size_t size = 0;
        int r = read_file(directory, file, &bytes, &size);

        if (r == -ENOENT)
                return; /* not any more, or a link whose end is not there */
        if (r < 0)
                error = read_error(r);
        services_took(s->services, s->settings->services_dir, file, bytes, size, error);
}

static void complain(ServicesSource *s, const char *why) {
        if (streq_or_null(s->complaint, why))
                return;
        REPLACE_PTR(s->complaint, xstrdup(why));
        if (settings_one_pass(s->settings))
                s->source.handlers.failed(s->source.handlers.userdata, "the services cannot be read", why);
        else
                log_error("%s: the services cannot be read: %s; what was read before stands",
                          s->settings->services_dir, why);
}

/* A directory that is not there has nothing in it, unless it was there just now. */
static void look(ServicesSource *s) {
        _cleanup_string_list_ StringList files = { 0 };

        watch_refresh(s->watch);
        _cleanup_close_ int directory = open(s->settings->services_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r = directory < 0 ? -errno : directory_list(directory, &files);
        if (r == -ENOENT && watch_is_in_transit(s->watch))
                return look_again_soon(s);
        s->looked = true;
        if (r < 0 && r != -ENOENT)
                return complain(s, strerror(-r));
        REPLACE_PTR(s->complaint, NULL);
        services_look_began(s->services);
        for (size_t i = 0; i < files.count; i++)
                if (is_wanted(s, files.items[i]))
                        take_file(s, directory, files.items[i]);
        if (services_look_ended(s->services))
                look_again_soon(s);
}

static void on_watch(void *userdata) {
        look(userdata);
}

static void on_services_changed(void *userdata) {
        ServicesSource *s = userdata;

        s->source.handlers.changed(s->source.handlers.userdata, 0);
}

/* ---- the source ---- */

static Source *services_source_free(Source *source) {
        ServicesSource *s = (ServicesSource *)source;

        if (!s)
                return NULL;
        (void)watch_free(s->watch);
        (void)services_free(s->services);
        (void)sd_event_source_disable_unref(s->again);
        sd_event_unref(s->event);
        free(s->complaint);
        free(s);
        return NULL;
}

static int services_source_new(Source **ret, sd_event *event, const Settings *settings, SourceHandlers handlers,
                               char **ret_message) {
        const AnnouncementPolicy policy = { .domains_variable = settings->domains_variable, .node = settings->node };
        ServicesSource *s;

        (void)ret_message;
        if (!settings->services_dir)
                return 0;
        s = new0(ServicesSource);
        *s = (ServicesSource){
                .source = { .class = &services_source_class, .handlers = handlers },
                .event = sd_event_ref(event),
                .settings = settings,
        };
        int r = services_new(&s->services, event, &policy, on_services_changed, s);
        if (r < 0) {
                (void)services_source_free(&s->source);
                return r;
        }
        *ret = &s->source;
        return 0;
}

static void services_source_start(Source *source, Source *before) {
        ServicesSource *s = (ServicesSource *)source;

        if (before)
                services_take_over(s->services, ((ServicesSource *)before)->services);
        s->watch = watch_new(s->event, settings_one_pass(s->settings) ? NULL : s->settings->services_dir,
                             WATCH_ALL_IN_IT, on_watch, s);
        look(s);
}

static void services_source_refresh(Source *source) {
        look((ServicesSource *)source);
}

/* One pass waits for the first check of each; otherwise what is not decided is left as it is. */
static bool services_source_is_complete(const Source *source) {
        const ServicesSource *s = (const ServicesSource *)source;

        return s->looked && (!settings_one_pass(s->settings) || services_are_decided(s->services));
}

static bool services_source_is_suspended(const Source *source) {
        (void)source;
        return false;
}

static size_t services_source_count(const Source *source) {
        return services_count(((const ServicesSource *)source)->services);
}

static void services_source_each(const Source *source, SourceEachFunc *each, void *userdata) {
        services_each(((const ServicesSource *)source)->services, each, userdata);
}

static char *services_source_describe(const Source *source) {
        const Services *s = ((const ServicesSource *)source)->services;
        size_t count = services_count(s), unhealthy = services_count_unhealthy(s);

        if (count == 0)
                return NULL;
        return unhealthy > 0 ? xasprintf("%zu services, %zu unhealthy", count, unhealthy)
                             : xasprintf("%zu services", count);
}

static void services_source_measure(const Source *source, RegistrarFigures *f) {
        const Services *s = ((const ServicesSource *)source)->services;

        f->services = services_count(s);
        f->services_unhealthy = services_count_unhealthy(s);
}

DEFINE_SOURCE_CLASS(services_source, "service");
