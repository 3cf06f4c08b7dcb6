/* Registrations into nginx configuration: whatever containers publish, only what is listed in rendered.h comes of it,
 * the same bytes whatever order they came in. The first line of an input is letters, each of which changes what the
 * operator has or what became of the last registration (see `variants`); then come registrations, a line each. */
#include "tests/fuzz/consumer/rendered.h"

#include "common/log.h"
#include "consumer/nginx/certificates.h"
#include "consumer/nginx/settings.h"
#include "tests/unit/consumer/sites-of-table.h"

#include <stdint.h>
#include <strings.h>

#define THUMBPRINT_FOR_ALL "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0"
#define THUMBPRINT_OF_ITS_OWN "-_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz9"

enum { LINES_MAX = 8, ARGUMENTS_MAX = 32, NOW = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Given {
        NginxSettings nginx;
} Given;

static const Option rows[] = { NGINX_OPTIONS(Given), NGINX_MORE_OPTIONS(Given) };
static const OptionTable table_of_options = { "fuzz-render", "", "", rows, sizeof rows / sizeof *rows };

/* What no disk is needed for. */
static const char *const always[] = { "fuzz-render",     "--nginx-main=/nowhere",      "--vhost-dir=",
                                      "--htpasswd-dir=", "--error-page=/files/errors", "--acme-root=/files/acme" };

static const struct {
        char letter;
        const char *argument;
} variants[] = {
        { 'r', "--regex-hosts" },
        { 'v', "--ipv6" },
        { 'p', "--proxy-protocol" },
        { 'f', "--trusted-proxy=10.0.0.0/8" },
        { 't', "--trust-downstream-proxy" },
        { '3', "--http3=true" },
        { 'd', "--default-host=shop.example.org" },
        { 'x', "--external-ports=1-65535" },
        { 'e', "--debug-endpoint=true" },
        { 'k', "--keepalive=auto" },
        { 'g', "--non-get-redirect=308" },
        { 'j', "--log-json" },
        { 'n', "--resolver=127.0.0.53" },
        { 'o', "--default-root=301 https://$host$request_uri" },
        { 'u', "--acme-unknown-hosts" },
};
enum {
        HAS_CERTIFICATES = 'c',
        HAS_CLIENT_CAS = 'a',
        HAS_THUMBPRINT = 's',
        HAS_HOST_THUMBPRINTS = 'h',
        HAS_ERROR_PAGE = '5',
        IS_NEW_NGINX = 'q',
        LAST_IS_MISSING = 'm',
        LAST_IS_GONE = 'l',
};

typedef struct Input {
        char *letters;
        struct {
                const char *bytes;
                size_t size;
        } lines[LINES_MAX];
        size_t count;
} Input;

/* ---- the directory of certificates is the target's own ---- */

struct Certificates {
        bool has_certificates, has_client_cas, has_thumbprint, has_host_thumbprints;
};

Certificates *certificates_new(const char *letters) {
        Certificates *c = new0(Certificates);

        c->has_certificates = strchr(letters, HAS_CERTIFICATES);
        c->has_client_cas = strchr(letters, HAS_CLIENT_CAS);
        c->has_thumbprint = strchr(letters, HAS_THUMBPRINT);
        c->has_host_thumbprints = strchr(letters, HAS_HOST_THUMBPRINTS);
        return c;
}

Certificates *certificates_free(Certificates *c) {
        free(c);
        return NULL;
}

/* One for all, with everything beside it. */
const Certificate *certificates_find(Certificates *c, const CertificateQuery *query, int64_t now,
                                     const char **ret_reason) {
        static const Certificate certificate = {
                .certificate_path = (char *)"/files/a.crt",
                .key_path = (char *)"/files/a.key",
                .chain_path = (char *)"/files/a.chain.pem",
                .dhparam_path = (char *)"/files/a.dhparam.pem",
                .digest = (char *)"c0ffee",
        };

        (void)query, (void)now;
        *ret_reason = NULL;
        return c->has_certificates ? &certificate : NULL;
}

const ClientCa *certificates_find_client_ca(Certificates *c, const char *domain, int64_t now,
                                            const char **ret_reason) {
        static const ClientCa ca = { .ca_path = (char *)"/files/ca.crt",
                                     .crl_path = (char *)"/files/ca.crl.pem",
                                     .digest = (char *)"decaf" };

        (void)domain, (void)now;
        *ret_reason = NULL;
        return c->has_client_cas ? &ca : NULL;
}

static void add_host_thumbprint(ThumbprintFiles *t, const char *host) {
        array_grow(t->items, t->count);
        t->items[t->count++] = (HostThumbprint){ xstrdup(host), xstrdup(THUMBPRINT_OF_ITS_OWN) };
}

void certificates_read_thumbprints(Certificates *c, ThumbprintFiles *ret, StringList *reasons) {
        (void)reasons;
        ret->standard = c->has_thumbprint ? xstrdup(THUMBPRINT_FOR_ALL) : NULL;
        if (!c->has_host_thumbprints)
                return;
        add_host_thumbprint(ret, "[2001:db8::1]");
        add_host_thumbprint(ret, "shop.example.org");
}

void certificates_end_look(Certificates *c) {
        (void)c;
}

void certificates_end_look_at_some(Certificates *c) {
        (void)c;
}

/* ---- from bytes to vhosts ---- */

static void split(const char *bytes, size_t size, Input *ret) {
        size_t first = strcspn(bytes, "\n");
        const char *end = bytes + size;

        *ret = (Input){ .letters = xstrndup(bytes, first) };
        bytes += first;
        while (bytes < end && *bytes == '\n' && ret->count < LINES_MAX) {
                bytes++;
                const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
                stop = stop ? stop : end;
                ret->lines[ret->count].bytes = bytes;
                ret->lines[ret->count++].size = (size_t)(stop - bytes);
                bytes = stop;
        }
}

static void give(const char *letters, Given *ret) {
        char *argv[ARGUMENTS_MAX];
        _cleanup_free_ char *message = NULL;
        int argc = 0;

        for (size_t i = 0; i < sizeof always / sizeof *always; i++)
                argv[argc++] = (char *)always[i];
        for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
                if (strchr(letters, variants[i].letter))
                        argv[argc++] = (char *)variants[i].argument;
        if (options_read(&table_of_options, argc, argv, ret, NULL, &message) < 0 ||
            nginx_settings_check(&ret->nginx, NULL, &message) < 0)
                abort();
}

static void given_done(Given *g) {
        options_free(&table_of_options, g);
}

static NginxPolicy *policy_of(const char *letters, const Given *given) {
        static const NginxVersion with_http3 = { NGINX_VERSION(1, 27, 0), true };
        NginxPolicy *p = nginx_policy_new(&given->nginx, NULL,
                                          strchr(letters, IS_NEW_NGINX) ? with_http3 : NGINX_VERSION_ASSUMED);

        p->render.error_page_root = strchr(letters, HAS_ERROR_PAGE) ? p->error_page_root : NULL;
        return p;
}

static char *key_of(size_t i) {
        return xasprintf("/beachhead/web%zu", i);
}

static Table *table_of(const Input *input, bool backwards) {
        Table *t = table_new((TablePolicy){ .hold_max_usec = 600, .linger_usec = 30 });
        size_t last = input->count - 1;

        for (size_t k = 0; k < input->count; k++) {
                size_t i = backwards ? last - k : k;
                _cleanup_free_ char *key = key_of(i);
                (void)table_present(t, key, input->lines[i].bytes, input->lines[i].size, NOW, NOW);
        }
        _cleanup_free_ char *key = key_of(last);
        if (strchr(input->letters, LAST_IS_MISSING))
                (void)table_absent(t, key, false, NOW);
        else if (strchr(input->letters, LAST_IS_GONE))
                (void)table_absent(t, key, true, NOW);
        return t;
}

/* ---- what must hold ---- */

/* As nginx writes it; "unix:80" would be a socket's path. */
static void add_endpoint(StringList *endpoints, const Endpoint *e) {
        if (!e->host)
                return;
        bool ipv6 = strchr(e->host, ':'), names_socket = strcasecmp(e->host, "unix") == 0;
        string_list_addf(endpoints, ipv6 ? "[%s]:%u" : names_socket ? "%s.:%u" : "%s:%u", e->host, e->port);
}

static void find_endpoints(const Table *t, StringList *ret) {
        size_t count;
        const Entry *const *entries = table_entries(t, &count);

        for (size_t i = 0; i < count; i++) {
                const Registration *r = entries[i]->registration;
                for (size_t k = 0; r && k < r->n_routes; k++) {
                        add_endpoint(ret, &r->routes[k].http);
                        add_endpoint(ret, &r->routes[k].https);
                        add_endpoint(ret, &r->routes[k].endpoint);
                }
        }
}

static void check(const Rendering *r, const Vhosts *vhosts, const Table *table) {
        _cleanup_string_list_ StringList endpoints = { 0 };
        _cleanup_free_ char *generation = rendering_generation(r->text);

        find_endpoints(table, &endpoints);
        require_strict(r, vhosts, &endpoints);
        if (!streq_or_null(generation, r->generation))
                abort();
}

/* Once is enough to check what comes out the same both times. */
static Rendering *rendering_of(const Input *input, const NginxPolicy *policy, bool backwards) {
        _cleanup_(table_freep) Table *table = table_of(input, backwards);
        _cleanup_(sites_freep) Sites *sites = sites_from_table(table, NULL);
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(input->letters);
        _cleanup_(site_notes_freep) SiteNotes *notes = site_notes_new();
        _cleanup_(vhosts_freep) Vhosts *vhosts = vhosts_new(sites, certificates, notes, policy);
        Rendering *r = render(vhosts->items, vhosts->count, vhosts->render);

        if (!backwards)
                check(r, vhosts, table);
        return r;
}

static void try_input(const Input *input) {
        _cleanup_(given_done) Given given = { 0 };

        give(input->letters, &given);
        _cleanup_(nginx_policy_freep) NginxPolicy *policy = policy_of(input->letters, &given);
        _cleanup_(rendering_freep) Rendering *forward = rendering_of(input, policy, false);
        _cleanup_(rendering_freep) Rendering *backward = rendering_of(input, policy, true);
        if (strcmp(forward->text, backward->text) != 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *bytes = xcalloc(size + 1, 1);
        Input input;

        log_setup(LOG_ERR, LOG_FORMAT_PLAIN);
        if (size > 0)
                memcpy(bytes, data, size);
        split(bytes, size, &input);
        if (input.count > 0)
                try_input(&input);
        free(input.letters);
        return 0;
}
