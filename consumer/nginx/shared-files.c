/* The operator's files that all sites share. */
#include "consumer/nginx/shared-files.h"

#include "consumer/nginx/refusal.h"

enum { PROBES = 2 }; /* what one site takes, a second may not: "listen … default_server" */

static const char *const probe_hosts[PROBES] = { "1.probe.beachhead.invalid", "2.probe.beachhead.invalid" };

static bool uses(const Vhost *v, const OverrideFile *shared) {
        for (size_t i = 0; i < overrides_count(v->overrides); i++) {
                const OverrideFile *f = overrides_at(v->overrides, i);
                if (f->shared && f->text == shared->text)
                        return true;
        }
        return false;
}

/* By how many sites. */
static size_t count_users(const Vhosts *vhosts, const OverrideFile *shared) {
        size_t n = 0;

        for (size_t i = 0; shared->path && i < vhosts->count; i++)
                n += uses(&vhosts->items[i], shared);
        return n;
}

char *shared_files_in_use(const Vhosts *vhosts) {
        const OverrideFile *const files[] = { &vhosts->dirs->server, &vhosts->dirs->location };
        _cleanup_string_list_ StringList used = { 0 };

        for (size_t i = 0; i < sizeof files / sizeof *files; i++)
                if (count_users(vhosts, files[i]) > 0)
                        string_list_add(&used, files[i]->path);
        return used.count > 0 ? string_list_join(&used, ", ") : NULL;
}

static const Certificate *any_certificate(const Vhosts *vhosts) {
        for (size_t i = 0; i < vhosts->count; i++)
                if (vhosts->items[i].certificate)
                        return vhosts->items[i].certificate;
        return NULL;
}

/* One of the two sites, and all that it is made of. */
typedef struct Probe {
        Location location;
        Site site;
        LocationOverrides location_overrides;
        Overrides overrides;
} Probe;

static Vhost make_probe(Probe *p, const char *host, const Certificate *certificate, const EdgeSettings *settings) {
        static Endpoint endpoint = { .host = (char *)"127.0.0.1", .port = 1 };

        p->location = (Location){ .path = (char *)"/", .endpoints = { &endpoint, 1 } };
        p->site = (Site){
                .domain = (char *)host,
                .shape = { .plain = PLAIN_SERVE, .https = certificate },
                .locations = &p->location,
                .n_locations = 1,
        };
        p->overrides.locations = &p->location_overrides;
        p->overrides.n_locations = 1;
        return (Vhost){
                .site = &p->site,
                .settings = settings,
                .location_settings = settings,
                .certificate = certificate,
                .overrides = &p->overrides,
        };
}

Rendering *shared_files_render(const Vhosts *vhosts) {
        const OverrideDirs *dirs = vhosts->dirs;
        size_t server_users = count_users(vhosts, &dirs->server),
               location_users = count_users(vhosts, &dirs->location);
        const Certificate *certificate = any_certificate(vhosts);
        EdgeSettings settings = *vhosts->render->defaults; /* borrows its texts */
        Probe probes[PROBES] = { 0 };
        Vhost probed[PROBES];

        settings.verify_client = VERIFY_OFF;
        settings.http3 = false;
        for (size_t i = 0; i < PROBES; i++) {
                probed[i] = make_probe(&probes[i], probe_hosts[i], certificate, &settings);
                if (server_users > i)
                        probes[i].overrides.server = dirs->server;
                if (location_users > i)
                        probes[i].location_overrides.include = dirs->location;
        }
        return render(probed, PROBES, vhosts->render);
}

bool shared_files_listen_on(const Vhosts *vhosts, uint16_t port) {
        return count_users(vhosts, &vhosts->dirs->server) > 0 && conf_listens_on(vhosts->dirs->server.text, port);
}
