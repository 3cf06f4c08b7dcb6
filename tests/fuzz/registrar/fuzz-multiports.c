/* VIRTUAL_HOST_MULTIPORTS from any bytes: what is taken is in its one form, and a reader takes all that is announced.
 */
#include "common/location-path.h"
#include "registrar/announcements.h"
#include "registrar/multiports.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

DEFINE_CLEANUP(Registration *, registration_free);

static void check_path(const PathSpec *p) {
        _cleanup_free_ char *reason = NULL;

        if ((p->path && location_path_check(p->path, &reason) < 0) ||
            (p->dest && location_dest_check(p->dest, &reason) < 0) ||
            (p->dest && (!p->path || *p->path == '~' || p->proto > PROTOCOL_HTTPS)))
                abort();
}

static void check_host(const HostSpec *h) {
        _cleanup_free_ char *domain = NULL;
        ServerNameKind kind;

        if (server_name_normalize(h->domain, &domain, &kind, NULL) < 0 || strcmp(domain, h->domain) != 0 ||
            kind != h->kind || h->n_paths == 0)
                abort();
        for (size_t i = 0; i < h->n_paths; i++)
                check_path(&h->paths[i]);
}

static void parse(const char *text, size_t size) {
        _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };
        _cleanup_(host_specs_done) HostSpecs h = { 0 };
        _cleanup_free_ char *message = NULL;
        int r = multiports_parse("M", text, size, &h, &problems, &warnings, &message);

        if ((r == 0) != (message == NULL) || (r < 0 && h.count > 0))
                abort();
        for (size_t i = 0; i < h.count; i++)
                check_host(&h.items[i]);
}

static void complain(void *userdata, const char *domain, const char *reason) {
        (void)userdata, (void)domain, (void)reason;
        abort();
}

static void announce_text(char *text) {
        Setting setting = { .name = (char[]){ "VIRTUAL_HOST_MULTIPORTS" }, .value = text };
        Network network = { .name = (char[]){ "n" }, .ipv4 = (char[]){ "10.0.0.2" } };
        const Container c = { .name = (char[]){ "web" },
                              .running = true,
                              .settings = &setting,
                              .n_settings = 1,
                              .networks = &network,
                              .n_networks = 1 };
        const AnnouncementPolicy policy = { .domains_variable = "BEACHHEAD_DOMAINS" };
        _cleanup_(announcement_done) Announcement a = { 0 };
        _cleanup_(registration_freep) Registration *r = NULL;

        announce(&c, &policy, &a);
        if (a.value && registration_decode(&r, a.value, strlen(a.value), complain, NULL) < 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = xstrndup(size > 0 ? (const char *)data : "", size);

        parse(size > 0 ? (const char *)data : "", size);
        announce_text(text);
        return 0;
}
