/* One container, looked at as a whole: whether anything is to be published about it, and what. */
#include "registrar/announcements.h"

#include "beachhead/keyspace.h"
#include "registrar/certificate-wish.h"
#include "registrar/domain-routes.h"
#include "registrar/edge-variables.h"
#include "registrar/virtual-host.h"

#include <errno.h>
#include <string.h>

DEFINE_CLEANUP(Registration *, registration_free);

static void conclude(Announcement *a, AnnouncementOutcome outcome, char *reason) {
        a->outcome = outcome;
        a->reason = reason;
}

static char *nothing_asked_for(const AnnouncementPolicy *policy) {
        return xasprintf("no %s, VIRTUAL_HOST or LETSENCRYPT_HOST", policy->domains_variable);
}

static bool asks_for_something(const Container *c, const AnnouncementPolicy *policy) {
        const char *const asking[] = { policy->domains_variable, "VIRTUAL_HOST", "VIRTUAL_HOST_MULTIPORTS",
                                       "ACME_HOST", "LETSENCRYPT_HOST" };

        for (size_t i = 0; i < sizeof asking / sizeof *asking; i++) {
                _cleanup_free_ char *value = container_setting(c, asking[i], NULL);
                if (value || container_setting_is_overlong(c, asking[i]))
                        return true;
        }
        return false;
}

/* An "@" in the name itself would speak for another node. */
static bool name_instance(Announcement *a, const Container *c, const char *node) {
        _cleanup_free_ char *name = printable(c->name, strlen(c->name), KEYSPACE_INSTANCE_MAX + 1);

        a->instance = node ? xasprintf("%s@%s", name, node) : TAKE_PTR(name);
        return !strchr(c->name, '@') && keyspace_instance_is_valid(a->instance);
}

/* What is no container is checked because its file asks for that. */
static bool must_be_healthy(const Container *c, const AnnouncementPolicy *policy) {
        return policy->require_health || c->address;
}

/* The caller owns it; NULL: there is no reason. */
static char *why_not_now(const Container *c, const AnnouncementPolicy *policy) {
        if (!c->running)
                return xstrdup("it does not run");
        if (c->paused)
                return xstrdup("it is paused");
        if (!must_be_healthy(c, policy))
                return NULL;
        if (c->health == HEALTH_STARTING)
                return xstrdup("its health check has not passed yet");
        if (c->health == HEALTH_UNHEALTHY)
                return c->ailment ? xasprintf("its health check fails: %s", c->ailment)
                                  : xstrdup("its health check fails");
        return NULL;
}

/* The first of the list, which loses it; the caller owns the result. */
static char *take_first(StringList *l) {
        char *first = l->items[0];

        memmove(l->items, l->items + 1, --l->count * sizeof *l->items);
        return first;
}

/* Why no route came of all that was asked for. */
static void conclude_without_routes(Announcement *a, const AnnouncementPolicy *policy, StringList *problems) {
        if (problems->count > 0)
                conclude(a, ANNOUNCED_ERROR, take_first(problems));
        else if (a->warnings.count > 0)
                conclude(a, ANNOUNCED_NOTHING, take_first(&a->warnings));
        else
                conclude(a, ANNOUNCED_NOTHING, nothing_asked_for(policy));
}

static void conclude_with_routes(Announcement *a, const Registration *r) {
        if (registration_encode(r, &a->value) < 0)
                conclude(a, ANNOUNCED_ERROR,
                         xasprintf("it asks for more than the %d routes or %d bytes that one registration may have",
                                   REGISTRATION_ROUTES_MAX, REGISTRATION_VALUE_MAX));
}

/* Returns 0, also where the container's terms are so wrong that nothing of it may be served, or -EINVAL with a message
 * where its domains are. */
static int add_routes(const Container *c, const AnnouncementPolicy *policy, Registration *r, StringList *problems,
                      StringList *warnings, char **ret_message) {
        _cleanup_(edge_terms_done) EdgeTerms terms = { 0 };

        if (edge_terms_read(c, &terms, problems) < 0)
                return 0;
        if (domain_routes(c, &policy->address, &terms, policy->domains_variable, r, problems, warnings, ret_message) <
            0)
                return -EINVAL;
        virtual_host_routes(c, &policy->address, &terms, r, problems, warnings);
        return 0;
}

static void announce_routes(const Container *c, const AnnouncementPolicy *policy, Announcement *a,
                            StringList *problems) {
        _cleanup_(registration_freep) Registration *r = registration_new();
        char *message = NULL;

        r->created = c->created;
        r->container = xstrdup(c->name);
        r->machine = policy->machine ? xstrdup(policy->machine) : NULL;
        if (add_routes(c, policy, r, problems, &a->warnings, &message) < 0) {
                conclude(a, ANNOUNCED_ERROR, message);
                return;
        }
        certificate_wishes(c, r, problems);
        if (r->n_routes == 0)
                conclude_without_routes(a, policy, problems);
        else
                conclude_with_routes(a, r);
}

/* A container may not flood the log. */
static void add_problems(StringList *warnings, const StringList *problems) {
        size_t left_out = 0;

        for (size_t i = 0; i < problems->count; i++)
                string_list_add(warnings, problems->items[i]);
        for (; warnings->count > ANNOUNCEMENT_WARNINGS_MAX; left_out++)
                free(warnings->items[--warnings->count]);
        if (left_out > 0)
                string_list_addf(warnings, "and %zu more like these", left_out);
}

void announce(const Container *c, const AnnouncementPolicy *policy, Announcement *ret) {
        _cleanup_string_list_ StringList problems = { 0 };

        *ret = (Announcement){ .outcome = ANNOUNCED };
        bool named = name_instance(ret, c, policy->node);
        _cleanup_free_ char *not_now = why_not_now(c, policy);
        const char *overlong = container_overlong_setting(c);
        if (!asks_for_something(c, policy))
                conclude(ret, ANNOUNCED_NOTHING, nothing_asked_for(policy));
        else if (!named)
                conclude(ret, ANNOUNCED_ERROR, xstrdup("its name is none that a registration may have"));
        else if (not_now)
                conclude(ret, ANNOUNCED_LATER, TAKE_PTR(not_now));
        else if (overlong)
                conclude(ret, ANNOUNCED_ERROR,
                         xasprintf("%s is longer than %d bytes", container_setting_source(c, overlong),
                                   CONTAINER_SETTING_MAX));
        else
                announce_routes(c, policy, ret, &problems);
        add_problems(&ret->warnings, &problems);
}

void announcement_done(Announcement *a) {
        free(a->instance);
        free(a->value);
        free(a->reason);
        string_list_clear(&a->warnings);
        *a = (Announcement){ 0 };
}
