/* One site with what holds for it here. */
#include "consumer/nginx/kept-vhost.h"

#include "consumer/nginx/render-unknown.h"
#include "consumer/nginx/site-file.h"
#include "consumer/nginx/vhost.h"

#include <string.h>

/* What it is made from. */
typedef struct Making {
        const Surroundings *surroundings;
        const NginxPolicy *policy;
        Certificates *certificates;
        int64_t now;
} Making;

/* ---- what an operator does not allow ---- */

static void refuse_port(KeptVhost *k, const NginxPolicy *policy, EdgeSetting setting, uint16_t port) {
        if (!edge_settings_has(k->settings, setting) ||
            nginx_policy_allows_port(policy, port, setting == EDGE_HTTPS_PORT))
                return;
        string_list_addf(&k->remark.notes,
                         "is set aside: it asks for port %u, and --external-ports does not allow that", port);
        k->remark.left_out = true;
}

static void refuse_name(KeptVhost *k, const RenderPolicy *render) {
        if (strcmp(k->site->domain, RENDER_UNKNOWN_NAME) != 0 && !streq_or_null(k->site->domain, render->confirm_host))
                return;
        string_list_add(&k->remark.notes, "is set aside: the edge answers under that name itself");
        k->remark.left_out = true;
}

static void refuse(KeptVhost *k, const NginxPolicy *policy) {
        refuse_name(k, &policy->render);
        if (k->site->kind == SERVER_NAME_REGEX && !policy->regex_hosts) {
                string_list_add(&k->remark.notes,
                                "is set aside: it is a regular expression; --regex-hosts allows those");
                k->remark.left_out = true;
        }
        refuse_port(k, policy, EDGE_HTTP_PORT, k->settings->http_port);
        refuse_port(k, policy, EDGE_HTTPS_PORT, k->settings->https_port);
}

/* ---- what holds for it ---- */

static void settle_http3(KeptVhost *k, const RenderPolicy *render) {
        if (!k->settings->http3 || render->nginx_has_http3)
                return;
        k->settings->http3 = false;
        if (!edge_settings_has(&k->site->shape.settings, EDGE_HTTP3))
                return;
        _cleanup_free_ char *lack = surroundings_lack_http3(render);
        string_list_addf(&k->remark.notes, "is %s", lack);
}

static void add_settings(KeptVhost *k, const EdgeSettings *defaults) {
        const Site *s = k->site;

        k->settings = new0(EdgeSettings);
        edge_settings_inherit(k->settings, &s->shape.settings, 0, _EDGE_OF_SITE_COUNT);
        edge_settings_inherit(k->settings, defaults, 0, _EDGE_OF_SITE_COUNT);
        if (s->n_locations == 1 && s->locations[0].settings.given == 0)
                return; /* as most sites */
        k->location_settings = xcalloc(s->n_locations, sizeof *k->location_settings);
        for (size_t i = 0; i < s->n_locations; i++) {
                EdgeSettings *e = &k->location_settings[i];
                edge_settings_inherit(e, &s->locations[i].settings, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT);
                edge_settings_inherit(e, defaults, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT);
        }
}

/* ---- what stands on disk for it ---- */

static void note_certificate(KeptVhost *k, const char *reason, const NginxPolicy *policy) {
        bool in_clear = vhost_plain_answer(&k->vhost, &policy->render) == ANSWER_SITE;

        if (k->certificate && reason)
                string_list_addf(&k->remark.notes, "its certificate is used nevertheless: %s", reason);
        else if (reason)
                string_list_addf(&k->remark.notes, "its certificate cannot be used, %s: %s",
                                 in_clear ? "served without HTTPS" : "not served until it can", reason);
        else if (!k->certificate && !in_clear)
                string_list_addf(&k->remark.notes, "asks for HTTPS alone, not served until a certificate is in %s",
                                 policy->cert_dir ? policy->cert_dir : "a directory that --cert-dir names");
}

static void add_certificate(KeptVhost *k, const Making *m) {
        const CertificateQuery query = {
                .domain = k->site->domain,
                .cert_name = k->settings->cert_name,
                .trust_default = k->settings->trust_default_cert,
        };
        const char *reason;
        const Certificate *c = certificates_find(m->certificates, &query, m->now, &reason);

        k->vhost.certificate = k->certificate = c ? certificate_copy(c) : NULL;
        k->remark.certificate_not_after = c ? c->not_after : 0;
        note_certificate(k, reason, m->policy);
}

static void note_client_ca(KeptVhost *k, const char *reason, const char *cert_dir) {
        const char *what = k->settings->verify_client == VERIFY_ON ? "answered 403" : "no client is asked";
        _cleanup_free_ char *name = site_file_name(k->site->domain);

        if (k->client_ca && reason)
                string_list_add(&k->remark.notes, reason);
        else if (reason)
                string_list_addf(&k->remark.notes, "its clients cannot be verified, %s: %s", what, reason);
        else if (!k->client_ca)
                string_list_addf(&k->remark.notes,
                                 "asks for client certificates, %s until %s.ca.crt or ca.crt is in %s", what, name,
                                 cert_dir ? cert_dir : "a directory that --cert-dir names");
}

/* A container's wish is followed to the letter; the operator's default is for sites that have a CA, be it one that
 * cannot be used. */
static void add_client_ca(KeptVhost *k, const Making *m, bool tls) {
        bool asked = edge_settings_has(&k->site->shape.settings, EDGE_VERIFY_CLIENT);
        ClientVerification *verify = &k->settings->verify_client;
        const char *reason = NULL;
        const ClientCa *ca = NULL;

        if (*verify != VERIFY_OFF && (asked || tls))
                ca = certificates_find_client_ca(m->certificates, k->site->domain, m->now, &reason);
        if (!ca && !asked && !reason)
                *verify = VERIFY_OFF;
        k->vhost.client_ca_is_broken = !ca && reason; /* who puts one there means it */
        k->vhost.client_ca = k->client_ca = ca ? client_ca_copy(ca) : NULL;
        if (*verify != VERIFY_OFF && *verify != VERIFY_OPTIONAL_NO_CA)
                note_client_ca(k, reason, m->policy->cert_dir);
}

static void look_at_disk(KeptVhost *k, const Making *m) {
        k->overrides = overrides_read(k->site, &m->surroundings->dirs);
        k->vhost.overrides = k->overrides;
        bool tls = vhost_wants_tls(&k->vhost, &m->policy->render);
        add_client_ca(k, m, tls); /* first: who must be known is not served in clear */
        if (tls)
                add_certificate(k, m);
}

KeptVhost *kept_vhost_new(Site *site, Surroundings *s, Certificates *certificates, int64_t now) {
        const Making making = { s, s->policy, certificates, now };
        KeptVhost *k = new0(KeptVhost);

        k->references = 1;
        k->site = site_ref(site);
        add_settings(k, &s->policy->defaults);
        k->vhost = (Vhost){
                .site = site,
                .settings = k->settings,
                .location_settings = k->location_settings ? k->location_settings : &s->policy->defaults,
                .text = &k->text,
        };
        k->remark.domain = site->domain;
        refuse(k, s->policy);
        if (k->remark.left_out)
                return k;
        settle_http3(k, &s->policy->render);
        look_at_disk(k, &making);
        if (site->shape.settings.given == 0)
                k->vhost.settings = surroundings_share(s, TAKE_PTR(k->settings));
        return k;
}

KeptVhost *kept_vhost_ref(KeptVhost *k) {
        k->references++;
        return k;
}

KeptVhost *kept_vhost_unref(KeptVhost *k) {
        if (!k || --k->references > 0)
                return NULL;
        if (k->settings)
                edge_settings_done(k->settings);
        free(k->settings);
        for (size_t i = 0; k->location_settings && i < k->site->n_locations; i++)
                edge_settings_done(&k->location_settings[i]);
        free(k->location_settings);
        (void)certificate_free(k->certificate);
        (void)client_ca_free(k->client_ca);
        (void)overrides_free(k->overrides);
        (void)site_text_free(k->text);
        string_list_clear(&k->remark.notes);
        (void)site_unref(k->site);
        free(k);
        return NULL;
}

uint16_t kept_vhost_own_port(const KeptVhost *k, bool tls) {
        const EdgeSettings *e = k->vhost.settings;

        if (tls)
                return edge_settings_has(e, EDGE_HTTPS_PORT) && k->certificate ? e->https_port : 0;
        return edge_settings_has(e, EDGE_HTTP_PORT) ? e->http_port : 0;
}
