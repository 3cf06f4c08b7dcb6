/* Inspect replies from any bytes: whatever is announced, a reader takes as it is, without a complaint. */
#include "registrar/announcements.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

DEFINE_CLEANUP(Registration *, registration_free);

static void complain(void *userdata, const char *domain, const char *reason) {
        (void)userdata, (void)domain, (void)reason;
        abort();
}

static void check_value(const char *value) {
        _cleanup_(registration_freep) Registration *r = NULL;
        _cleanup_free_ char *again = NULL;

        if (registration_decode(&r, value, strlen(value), complain, NULL) < 0 || registration_encode(r, &again) < 0 ||
            strcmp(again, value) != 0)
                abort();
}

static void check_announcement(const Container *c, const AnnouncementPolicy *policy) {
        _cleanup_(announcement_done) Announcement a = { 0 };

        announce(c, policy, &a);
        if (!a.instance || (a.outcome == ANNOUNCED) != (a.value != NULL) ||
            (a.outcome == ANNOUNCED) != (a.reason == NULL) || a.warnings.count > ANNOUNCEMENT_WARNINGS_MAX + 1)
                abort();
        if (a.value)
                check_value(a.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const AnnouncementPolicy policies[] = {
                { .domains_variable = "BEACHHEAD_DOMAINS", .machine = "m", .require_health = true },
                { .domains_variable = "BEACHHEAD_DOMAINS", .node = "n", .address = { .by_name = true } },
                { .domains_variable = "BEACHHEAD_DOMAINS", .address = { .only_exposed = true } },
                { .domains_variable = "BEACHHEAD_DOMAINS", .address = { .advertise = ADVERTISE_PUBLISHED } },
        };
        _cleanup_(container_freep) Container *c = NULL;
        _cleanup_free_ char *message = NULL;

        int r = container_decode(&c, (const char *)data, size, "BEACHHEAD_DOMAINS", &message);
        if ((r == 0) != (c != NULL) || (r == 0) != (message == NULL))
                abort();
        for (size_t i = 0; c && i < sizeof policies / sizeof *policies; i++)
                check_announcement(c, &policies[i]);
        if (c)
                (void)container_ends_on(c, c->name);
        return 0;
}
