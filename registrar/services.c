/* Files in, items out; between them the last good content of each file, and its check. */
#include "registrar/services.h"

#include "beachhead/keyspace.h"
#include "common/log.h"
#include "common/text.h"
#include "registrar/check-health.h"
#include "registrar/check.h"
#include "registrar/service-file.h"

#include <string.h>
#include <uthash.h>

enum { QUOTE_MAX = 300 }; /* bytes of a reason */

/* One file, or what is left of one. */
typedef struct Known {
        Services *services;
        char *file;
        char *name;       /* of the service, printable */
        char *bytes;      /* of the file as it was read last; NULL: it is to be read anew */
        ServiceFile good; /* what was understood last; `container` is NULL where nothing ever was */
        char *complaint;  /* what is wrong with the file as it is; NULL: nothing */
        Check *check;     /* NULL: it has none */
        CheckHealth health;
        uint64_t revision;
        bool seen;    /* in this look */
        bool missing; /* in the last one */
        UT_hash_handle hh;
} Known;

struct Services {
        sd_event *event;
        AnnouncementPolicy policy;
        ServicesChangedFunc *changed;
        void *userdata;
        Checker *checker;
        Known *known; /* by file, sorted by name */
        uint64_t revision;
        bool differs; /* since the last call of changed */
        bool full;    /* said so */
};

static void tell(Services *s) {
        if (!s->differs)
                return;
        s->differs = false;
        s->changed(s->userdata);
}

static void revise(Known *k) {
        k->revision = ++k->services->revision;
        k->services->differs = true;
}

static void forget(Services *s, Known *k) {
        HASH_DEL(s->known, k);
        k->check = check_free(k->check);
        service_file_done(&k->good);
        free(k->file);
        free(k->name);
        free(k->bytes);
        free(k->complaint);
        free(k);
}

/* ---- checks ---- */

static void show_health(Known *k, const char *ailment) {
        Container *c = k->good.container;

        c->health = k->health.health;
        REPLACE_PTR(c->ailment, ailment ? printable(ailment, strlen(ailment), QUOTE_MAX) : NULL);
}

static void on_result(void *userdata, const char *failure) {
        Known *k = userdata;

        if (!check_health_take(&k->health, &k->good.check, failure == NULL))
                return;
        show_health(k, failure);
        revise(k);
        tell(k->services);
}

static void begin_checks(Known *k) {
        if (k->good.check.kind != CHECK_NONE)
                k->check = check_new(k->services->checker, &k->good.check, on_result, k);
}

/* ---- files ---- */

/* The ending is not part of the name. */
static char *service_name(const char *file) {
        size_t size = strlen(file);

        if (has_suffix(file, ".conf"))
                size -= strlen(".conf");
        return printable(file, size, KEYSPACE_INSTANCE_MAX + 1);
}

/* NULL where there are too many. */
static Known *know(Services *s, const char *file) {
        Known *k;

        HASH_FIND_STR(s->known, file, k);
        if (k)
                return k;
        if (HASH_COUNT(s->known) >= SERVICES_MAX) {
                _cleanup_free_ char *name = service_name(file);
                if (!s->full)
                        log_error("service %s and others are ignored: there are more than the %d that are kept", name,
                                  SERVICES_MAX);
                s->full = true;
                return NULL;
        }
        k = new0(Known);
        k->services = s;
        k->file = xstrdup(file);
        k->name = service_name(file);
        HASH_ADD_KEYPTR(hh, s->known, k->file, strlen(k->file), k);
        return k;
}

static void complain(Known *k, const char *why) {
        if (streq_or_null(k->complaint, why))
                return;
        log_error_about(ABOUT(.container = k->name, .reason = why), "service %s: %s; %s", k->name, why,
                        k->good.container ? "what was read before stands" : "it is not published");
        REPLACE_PTR(k->complaint, xstrdup(why));
        k->services->differs = true;
}

static void praise(Known *k) {
        if (k->complaint)
                log_info_about(ABOUT(.container = k->name), "service %s: its file is understood now", k->name);
        REPLACE_PTR(k->complaint, NULL);
}

/* What is known of its health stands, unless something else is checked now. */
static void adopt(Known *k, ServiceFile file) {
        _cleanup_(service_file_done) ServiceFile before = k->good;
        bool same = before.container && check_spec_same_target(&before.check, &file.check);

        k->check = check_free(k->check);
        k->good = file;
        if (!same)
                k->health = (CheckHealth){ .health = file.check.kind == CHECK_NONE ? HEALTH_NONE : HEALTH_STARTING };
        show_health(k, same ? before.container->ailment : NULL);
        begin_checks(k);
        revise(k);
}

static void understand(Known *k, const char *path, const char *bytes, size_t size) {
        _cleanup_free_ char *full = xasprintf("%s/%s", path, k->file), *why = NULL;
        _cleanup_free_ char *shown = printable(full, strlen(full), QUOTE_MAX);
        ServiceFile file;

        if (service_file_parse(&file, shown, k->name, bytes, size, &k->services->policy, &why) < 0) {
                complain(k, why);
        } else {
                praise(k);
                adopt(k, file);
        }
}

void services_took(Services *s, const char *path, const char *file, const char *bytes, size_t size,
                   const char *error) {
        Known *k = know(s, file);

        if (!k)
                return;
        k->seen = true;
        k->missing = false;
        if (error) {
                REPLACE_PTR(k->bytes, NULL);
                complain(k, error);
        } else if (!k->bytes || strlen(k->bytes) != size || memcmp(k->bytes, bytes, size) != 0) {
                REPLACE_PTR(k->bytes, xstrndup(bytes, size));
                understand(k, path, bytes, size);
        }
}

void services_look_began(Services *s) {
        s->full = false;
        for (Known *k = s->known; k; k = k->hh.next)
                k->seen = false;
}

static int compare_names(const Known *a, const Known *b) {
        return strcmp(a->name, b->name);
}

bool services_look_ended(Services *s) {
        bool missing = false;
        Known *k, *next;

        HASH_ITER (hh, s->known, k, next) {
                if (k->seen)
                        continue;
                if (k->missing) {
                        forget(s, k);
                        s->differs = true;
                } else {
                        k->missing = missing = true;
                }
        }
        HASH_SORT(s->known, compare_names);
        tell(s);
        return missing;
}

/* ---- what is known ---- */

size_t services_count(const Services *s) {
        return HASH_COUNT(s->known);
}

static size_t count_with(const Services *s, Health health) {
        size_t count = 0;

        for (const Known *k = s->known; k; k = k->hh.next)
                count += k->health.health == health;
        return count;
}

size_t services_count_unhealthy(const Services *s) {
        return count_with(s, HEALTH_UNHEALTHY);
}

bool services_are_decided(const Services *s) {
        return count_with(s, HEALTH_STARTING) == 0;
}

void services_each(const Services *s, SourceEachFunc *each, void *userdata) {
        for (const Known *k = s->known; k; k = k->hh.next) {
                const Container unread = { .name = k->name, .created = -1 };
                const char *why = !k->good.container                    ? k->complaint
                                  : k->health.health == HEALTH_STARTING ? "its first check is under way"
                                                                        : NULL;
                each(userdata, &(SourceItem){
                                       .container = why ? &unread : k->good.container,
                                       .unread = why,
                                       .revision = why ? 0 : k->revision,
                               });
        }
}

/* ---- life ---- */

void services_take_over(Services *s, Services *before) {
        Known *k, *next;

        HASH_ITER (hh, before->known, k, next) {
                HASH_DEL(before->known, k);
                HASH_ADD_KEYPTR(hh, s->known, k->file, strlen(k->file), k);
                k->services = s;
                REPLACE_PTR(k->bytes, NULL); /* the settings may be others */
                k->check = check_free(k->check);
                begin_checks(k);
        }
        s->revision = before->revision;
}

int services_new(Services **ret, sd_event *event, const AnnouncementPolicy *policy, ServicesChangedFunc *changed,
                 void *userdata) {
        _cleanup_(services_freep) Services *s = new0(Services);

        *s = (Services){
                .event = sd_event_ref(event),
                .policy = *policy,
                .changed = changed,
                .userdata = userdata,
        };
        int r = checker_new(&s->checker, event);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

Services *services_free(Services *s) {
        Known *k, *next;

        if (!s)
                return NULL;
        HASH_ITER (hh, s->known, k, next)
                forget(s, k);
        (void)checker_free(s->checker);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}
