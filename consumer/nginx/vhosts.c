/* Sites with what holds for them here. A change may take longer than the sites that it began with live, so that they
 * are copied. */
#include "consumer/nginx/vhosts.h"

#include "consumer/nginx/port-claims.h"
#include "consumer/nginx/render-unknown.h"
#include "consumer/nginx/site-file.h"
#include "consumer/nginx/vhost.h"
#include "consumer/sites-copy.h"
#include "consumer/sites-merge.h"

#include <string.h>
#include <time.h>

typedef struct VhostOwned {
        Site site;
        EdgeSettings settings;
        EdgeSettings *location_settings; /* one a location of the site */
        Certificate *certificate;
        ClientCa *client_ca;
        Overrides *overrides;
        StringList notes;
        bool left_out;
} VhostOwned;

/* What all are made from. */
typedef struct Making {
        Vhosts *vhosts;
        Certificates *certificates;
        const NginxPolicy *policy;
        int64_t now;
} Making;

static void owned_done(VhostOwned *o) {
        edge_settings_done(&o->settings);
        for (size_t i = 0; o->location_settings && i < o->site.n_locations; i++)
                edge_settings_done(&o->location_settings[i]);
        free(o->location_settings);
        (void)certificate_free(o->certificate);
        (void)client_ca_free(o->client_ca);
        (void)overrides_free(o->overrides);
        string_list_clear(&o->notes);
        site_done(&o->site);
}

/* ---- what an operator does not allow ---- */

static void refuse_port(VhostOwned *o, const NginxPolicy *policy, EdgeSetting setting, uint16_t port) {
        if (!edge_settings_has(&o->settings, setting) ||
            nginx_policy_allows_port(policy, port, setting == EDGE_HTTPS_PORT))
                return;
        string_list_addf(&o->notes, "is set aside: it asks for port %u, and --external-ports does not allow that",
                         port);
        o->left_out = true;
}

static void refuse_name(VhostOwned *o, const RenderPolicy *render) {
        if (strcmp(o->site.domain, RENDER_UNKNOWN_NAME) != 0 && !streq_or_null(o->site.domain, render->confirm_host))
                return;
        string_list_add(&o->notes, "is set aside: the edge answers under that name itself");
        o->left_out = true;
}

static void refuse(VhostOwned *o, const NginxPolicy *policy) {
        refuse_name(o, &policy->render);
        if (o->site.kind == SERVER_NAME_REGEX && !policy->regex_hosts) {
                string_list_add(&o->notes, "is set aside: it is a regular expression; --regex-hosts allows those");
                o->left_out = true;
        }
        refuse_port(o, policy, EDGE_HTTP_PORT, o->settings.http_port);
        refuse_port(o, policy, EDGE_HTTPS_PORT, o->settings.https_port);
}

/* ---- what holds for it ---- */

/* "that needs …, and this is …"; the caller owns it. */
static char *http3_needs(const RenderPolicy *render) {
        unsigned v = render->nginx_version;

        return xasprintf(
                "served without HTTP/3: that needs nginx 1.25.0 or later, built with it, and this is %u.%u.%u",
                v / 1000000, v / 1000 % 1000, v % 1000);
}

static void settle_http3(VhostOwned *o, const RenderPolicy *render) {
        if (!o->settings.http3 || render->nginx_has_http3)
                return;
        o->settings.http3 = false;
        if (!edge_settings_has(&o->site.shape.settings, EDGE_HTTP3))
                return;
        _cleanup_free_ char *needs = http3_needs(render);
        string_list_addf(&o->notes, "is %s", needs);
}

static void add_settings(VhostOwned *o, const EdgeSettings *defaults) {
        const Site *s = &o->site;

        edge_settings_inherit(&o->settings, &s->shape.settings, 0, _EDGE_OF_SITE_COUNT);
        edge_settings_inherit(&o->settings, defaults, 0, _EDGE_OF_SITE_COUNT);
        o->location_settings = xcalloc(s->n_locations, sizeof *o->location_settings);
        for (size_t i = 0; i < s->n_locations; i++) {
                EdgeSettings *e = &o->location_settings[i];
                edge_settings_inherit(e, &s->locations[i].settings, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT);
                edge_settings_inherit(e, defaults, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT);
        }
}

/* ---- what stands on disk for it ---- */

static Vhost vhost_of(const VhostOwned *o) {
        return (Vhost){
                .site = &o->site,
                .settings = &o->settings,
                .location_settings = o->location_settings,
                .certificate = o->certificate,
                .client_ca = o->client_ca,
                .overrides = o->overrides,
        };
}

static void note_certificate(VhostOwned *o, const char *reason, const NginxPolicy *policy) {
        const Vhost v = vhost_of(o);
        bool in_clear = vhost_plain_answer(&v, &policy->render) == ANSWER_SITE;

        if (o->certificate && reason)
                string_list_addf(&o->notes, "its certificate is used nevertheless: %s", reason);
        else if (reason)
                string_list_addf(&o->notes, "its certificate cannot be used, %s: %s",
                                 in_clear ? "served without HTTPS" : "not served until it can", reason);
        else if (!o->certificate && !in_clear)
                string_list_addf(&o->notes, "asks for HTTPS alone, not served until a certificate is in %s",
                                 policy->cert_dir ? policy->cert_dir : "a directory that --cert-dir names");
}

static void add_certificate(VhostOwned *o, const Making *m) {
        const CertificateQuery query = {
                .domain = o->site.domain,
                .cert_name = o->settings.cert_name,
                .trust_default = o->settings.trust_default_cert,
        };
        const char *reason;
        const Certificate *c = certificates_find(m->certificates, &query, m->now, &reason);

        o->certificate = c ? certificate_copy(c) : NULL;
        note_certificate(o, reason, m->policy);
}

static void note_client_ca(VhostOwned *o, const char *reason, const char *cert_dir) {
        const char *what = o->settings.verify_client == VERIFY_ON ? "answered 403" : "no client is asked";
        _cleanup_free_ char *name = site_file_name(o->site.domain);

        if (o->client_ca && reason)
                string_list_add(&o->notes, reason);
        else if (reason)
                string_list_addf(&o->notes, "its clients cannot be verified, %s: %s", what, reason);
        else if (!o->client_ca)
                string_list_addf(&o->notes, "asks for client certificates, %s until %s.ca.crt or ca.crt is in %s",
                                 what, name, cert_dir ? cert_dir : "a directory that --cert-dir names");
}

/* A container's wish is followed to the letter; the operator's default is for sites that have a CA, be it one that
 * cannot be used. */
static void add_client_ca(VhostOwned *o, const Making *m, bool tls) {
        bool asked = edge_settings_has(&o->site.shape.settings, EDGE_VERIFY_CLIENT);
        ClientVerification *verify = &o->settings.verify_client;
        const char *reason = NULL;
        const ClientCa *ca = NULL;

        if (*verify != VERIFY_OFF && (asked || tls))
                ca = certificates_find_client_ca(m->certificates, o->site.domain, m->now, &reason);
        if (!ca && !asked && !reason)
                *verify = VERIFY_OFF;
        if (!ca && !asked && reason) /* who puts one there means it */
                edge_settings_inherit(&o->site.shape.settings, &o->settings, EDGE_VERIFY_CLIENT,
                                      EDGE_VERIFY_CLIENT + 1);
        o->client_ca = ca ? client_ca_copy(ca) : NULL;
        if (*verify != VERIFY_OFF && *verify != VERIFY_OPTIONAL_NO_CA)
                note_client_ca(o, reason, m->policy->cert_dir);
}

/* ---- ports of its own ---- */

/* The port of its own that it has for HTTP, or for HTTPS; 0 without one. */
static uint16_t own_port(const VhostOwned *o, bool tls) {
        if (tls)
                return edge_settings_has(&o->settings, EDGE_HTTPS_PORT) && o->certificate ? o->settings.https_port : 0;
        return edge_settings_has(&o->settings, EDGE_HTTP_PORT) ? o->settings.http_port : 0;
}

static void refuse_claimed(VhostOwned *o, uint16_t port, bool tls, const char *other) {
        string_list_addf(&o->notes, "is set aside: it asks for port %u %s, and %s has it %s", port,
                         tls ? "by TLS" : "in clear", other, tls ? "in clear" : "by TLS");
        o->left_out = true;
}

/* Both of its ports, or none. */
static void claim_ports(VhostOwned *o, PortClaims *claims) {
        const uint16_t ports[] = { own_port(o, false), own_port(o, true) };

        if (ports[false] > 0 && ports[false] == ports[true])
                refuse_claimed(o, ports[true], true, "itself");
        for (int tls = false; tls <= true && !o->left_out; tls++) {
                const char *other = ports[tls] > 0 ? port_claims_other(claims, ports[tls], tls) : NULL;
                if (other)
                        refuse_claimed(o, ports[tls], tls, other);
        }
        for (int tls = false; tls <= true && !o->left_out; tls++)
                if (ports[tls] > 0)
                        port_claims_add(claims, ports[tls], tls, o->site.domain);
}

/* Unknown is -1, and so the highest without a sign: it comes last. */
static int compare_age(const void *a, const void *b) {
        const Site *x = &(*(VhostOwned *const *)a)->site, *y = &(*(VhostOwned *const *)b)->site;
        uint64_t created[] = { (uint64_t)x->created, (uint64_t)y->created };

        return created[0] != created[1] ? (created[0] < created[1] ? -1 : 1) : strcmp(x->domain, y->domain);
}

/* Of sites that want a port differently, the one whose container was created first has it: a late one takes nobody's
 * away. */
static void settle_ports(const Vhosts *v) {
        _cleanup_(port_claims_freep) PortClaims *claims = port_claims_new();
        _cleanup_free_ VhostOwned **claimants = xcalloc(v->n_owned, sizeof *claimants);
        size_t count = 0;

        for (size_t i = 0; i < v->n_owned; i++)
                if (!v->owned[i].left_out && (own_port(&v->owned[i], false) || own_port(&v->owned[i], true)))
                        claimants[count++] = &v->owned[i];
        if (count > 1)
                qsort(claimants, count, sizeof *claimants, compare_age);
        for (size_t i = 0; i < count; i++)
                claim_ports(claimants[i], claims);
}

/* ---- all of them ---- */

static void make_owned(VhostOwned *o, const Site *site, const Making *m) {
        site_copy(&o->site, site);
        add_settings(o, &m->policy->defaults);
        refuse(o, m->policy);
        if (o->left_out)
                return;
        settle_http3(o, &m->policy->render);
        o->overrides = overrides_read(&o->site, &m->vhosts->dirs);
        const Vhost v = vhost_of(o);
        bool tls = vhost_wants_tls(&v, &m->policy->render);
        add_client_ca(o, m, tls); /* first: who must be known is not served in clear */
        if (tls)
                add_certificate(o, m);
}

static void add_default_certificate(const Making *m, StringList *notes) {
        const char *reason;
        const Certificate *c = certificates_find(m->certificates, &(CertificateQuery){ 0 }, m->now, &reason);

        m->vhosts->default_certificate = c ? certificate_copy(c) : NULL;
        m->vhosts->render.default_certificate = m->vhosts->default_certificate;
        if (reason)
                string_list_addf(notes, "the certificate for unknown hosts %s: %s",
                                 c ? "is used nevertheless" : "cannot be used", reason);
}

/* What is wrong with no site in particular. */
static void say_general(const Making *m, SiteNotes *notes) {
        _cleanup_string_list_ StringList said = { 0 };
        const RenderPolicy *render = &m->policy->render;

        add_default_certificate(m, &said);
        certificates_read_thumbprints(m->certificates, &m->vhosts->thumbprints, &said);
        m->vhosts->render.thumbprints = &m->vhosts->thumbprints;
        if (m->policy->defaults.http3 && !render->nginx_has_http3) {
                _cleanup_free_ char *needs = http3_needs(render);
                string_list_addf(&said, "all sites are %s", needs);
        }
        if (m->policy->proxy_conf && !m->vhosts->render.proxy_conf)
                string_list_addf(&said, "%s, which --proxy-conf names, is not there", m->policy->proxy_conf);
        site_notes_say(notes, "", &(StringList){ 0 }, &said);
}

Vhosts *vhosts_new(const Sites *sites, Certificates *certificates, SiteNotes *notes, const NginxPolicy *policy) {
        Vhosts *v = new0(Vhosts);
        const Making making = { v, certificates, policy, time(NULL) };

        v->render = policy->render;
        v->items = xcalloc(sites->count, sizeof *v->items);
        v->owned = xcalloc(sites->count, sizeof *v->owned);
        v->n_owned = sites->count;
        override_dirs_read(&v->dirs, policy->vhost_dir, policy->htpasswd_dir, policy->proxy_conf);
        v->render.proxy_conf = v->dirs.everywhere.path ? &v->dirs.everywhere : NULL;
        say_general(&making, notes);
        for (size_t i = 0; i < sites->count; i++)
                make_owned(&v->owned[i], &sites->items[i], &making);
        settle_ports(v);
        for (size_t i = 0; i < v->n_owned; i++) {
                const VhostOwned *o = &v->owned[i];
                site_notes_say(notes, o->site.domain, &o->site.publishers, &o->notes);
                if (!o->left_out)
                        v->items[v->count++] = vhost_of(o);
        }
        certificates_end_look(certificates);
        site_notes_forget_unused(notes);
        return v;
}

void vhosts_remove(Vhosts *v, size_t index) {
        memmove(&v->items[index], &v->items[index + 1], (v->count - index - 1) * sizeof *v->items);
        v->count--;
}

Vhosts *vhosts_free(Vhosts *v) {
        if (!v)
                return NULL;
        for (size_t i = 0; i < v->n_owned; i++)
                owned_done(&v->owned[i]);
        free(v->owned);
        free(v->items);
        override_dirs_done(&v->dirs);
        (void)certificate_free(v->default_certificate);
        thumbprint_files_done(&v->thumbprints);
        free(v);
        return NULL;
}

static int compare_domain(const void *domain, const void *vhost) {
        return strcmp(domain, ((const Vhost *)vhost)->site->domain);
}

const Vhost *vhosts_find(const Vhosts *v, const char *domain) {
        return v->count > 0 ? bsearch(domain, v->items, v->count, sizeof *v->items, compare_domain) : NULL;
}

void vhosts_each(const Vhosts *v, VhostsEachFunc *each, void *userdata) {
        for (size_t i = 0; i < v->n_owned; i++) {
                const Vhost vhost = vhost_of(&v->owned[i]);
                each(userdata, &vhost, &v->owned[i].notes, v->owned[i].left_out);
        }
}

void vhosts_left_out(const Vhosts *v, StringList *ret) {
        for (size_t i = 0; i < v->n_owned; i++)
                if (v->owned[i].left_out)
                        string_list_add(ret, v->owned[i].site.domain);
}

const StringList *vhosts_notes(const Vhosts *v, const char *domain) {
        for (size_t i = 0; i < v->n_owned; i++)
                if (strcmp(v->owned[i].site.domain, domain) == 0)
                        return &v->owned[i].notes;
        return NULL;
}
