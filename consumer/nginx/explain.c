/* One site in words, for --explain. */
#include "consumer/nginx/explain.h"

#include "consumer/nginx/vhost.h"

#include <time.h>

static const char *plain_words(const Vhost *v, const RenderPolicy *policy) {
        bool tls = vhost_has_tls(v, policy);

        switch (vhost_plain_answer(v, policy)) {
        case ANSWER_SITE:
                return tls || !vhost_wants_tls(v, policy) ? "the site" : "the site, until it has a certificate";
        case ANSWER_REDIRECT:
                return tls ? "a redirect to HTTPS" : "a redirect to HTTPS, though it has no certificate yet";
        case ANSWER_REFUSE:
                return tls ? "503: HTTPS alone is asked for" : "503, until it has a certificate: never in clear";
        case ANSWER_FORBID:
                return "403: its clients cannot be verified";
        }
        return "?";
}

static void explain_certificate(const Certificate *c, StringList *lines) {
        time_t not_after = (time_t)c->not_after;
        char end[32] = "?";
        struct tm parts;

        if (gmtime_r(&not_after, &parts))
                (void)strftime(end, sizeof end, "%FT%TZ", &parts);
        string_list_addf(lines, "https: certificate %s, valid until %s", c->certificate_path, end);
        if (c->chain_path)
                string_list_addf(lines, "https: stapled, by the chain %s", c->chain_path);
        if (c->dhparam_path)
                string_list_addf(lines, "https: parameters %s", c->dhparam_path);
}

static void explain_clients(const Vhost *v, StringList *lines) {
        static const char *const words[] = {
                [VERIFY_ON] = "must be", [VERIFY_OPTIONAL] = "may be", [VERIFY_OPTIONAL_NO_CA] = "may be, by any CA,"
        };
        ClientVerification verification = vhost_verification(v);
        const ClientCa *ca = v->client_ca;

        if (verification == VERIFY_OFF)
                return;
        string_list_addf(lines, "clients: %s verified, by %s%s%s", words[verification],
                         ca ? ca->ca_path : "a CA that is not there", ca && ca->crl_path ? " without those of " : "",
                         ca && ca->crl_path ? ca->crl_path : "");
}

static void explain_https(const Vhost *v, const NginxPolicy *policy, StringList *lines) {
        if (!vhost_wants_tls(v, &policy->render)) {
                string_list_add(lines, "https: not asked for");
        } else if (v->certificate) {
                explain_certificate(v->certificate, lines);
                explain_clients(v, lines);
        } else if (policy->cert_dir) {
                string_list_addf(lines, "https: none, there is no certificate for it in %s that can be used",
                                 policy->cert_dir);
        } else {
                string_list_add(lines, "https: none, --cert-dir is not set");
        }
}

/* What holds and no container chose. */
static void explain_defaults(const char *of, const EdgeSettings *holding, const EdgeSettings *chosen,
                             EdgeSetting first, EdgeSetting end, StringList *lines) {
        _cleanup_text_ Text t = { 0 };

        for (EdgeSetting i = first; i < end; i++) {
                _cleanup_free_ char *value = edge_settings_has(chosen, i) ? NULL : edge_settings_text(holding, i);
                if (value)
                        text_appendf(&t, "%s%s=%s", t.size > 0 ? ", " : "", edge_setting_name(i), value);
        }
        if (t.size > 0)
                string_list_addf(lines, "defaults%s%s: %s", *of ? " of " : "", of, t.data);
}

static void explain_file(const char *of, const char *what, const OverrideFile *f, StringList *lines) {
        if (f && f->path)
                string_list_addf(lines, "%s%s%s %s%s", of, *of ? ": " : "", what, f->path,
                                 f->shared ? ", as for all sites" : "");
}

static void explain_location(const Vhost *v, size_t index, StringList *lines) {
        const LocationOverrides *files = vhost_location_overrides(v, index);
        const Location *l = &v->site->locations[index];

        explain_defaults(l->path, &v->location_settings[index], &l->settings, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT,
                         lines);
        if (!files)
                return;
        explain_file(l->path, "include", &files->include, lines);
        explain_file(l->path, "replaced by", &files->replacing, lines);
        explain_file(l->path, "passwords in", &files->htpasswd, lines);
}

void explain_vhost(const Vhost *v, const NginxPolicy *policy, StringList *lines) {
        string_list_addf(lines, "http: answers %s", plain_words(v, &policy->render));
        explain_https(v, policy, lines);
        explain_defaults("", v->settings, &v->site->shape.settings, 0, _EDGE_OF_SITE_COUNT, lines);
        explain_file("", "include", vhost_include(v), lines);
        for (size_t i = 0; i < v->site->n_locations; i++)
                explain_location(v, i, lines);
}
