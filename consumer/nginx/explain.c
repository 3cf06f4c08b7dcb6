/* One site in words, for --explain. */
#include "consumer/nginx/explain.h"

#include "common/hostname.h"

#include <time.h>

static const char *state_name(SiteState state) {
        switch (state) {
        case SITE_LIVE:
                return "live";
        case SITE_HELD:
                return "held (its registrations are missing; served on)";
        case SITE_LINGERING:
                return "lingering (its last endpoint has left; answered 503)";
        }
        return "?";
}

static void explain_endpoints(const char *what, const Endpoints *endpoints, StringList *lines) {
        for (size_t i = 0; i < endpoints->count; i++) {
                const Endpoint *e = &endpoints->items[i];
                bool ipv6 = address_is_ipv6(e->host);
                string_list_addf(lines, "%s: %s%s%s:%u", what, ipv6 ? "[" : "", e->host, ipv6 ? "]" : "", e->port);
        }
}

static const char *plain_answer(PlainAnswer plain, bool certificate) {
        switch (plain) {
        case PLAIN_SERVE:
                return "the site";
        case PLAIN_REDIRECT_OR_SERVE:
                return certificate ? "a redirect to HTTPS" : "the site, until it has a certificate";
        case PLAIN_REDIRECT_OR_REFUSE:
                return certificate ? "a redirect to HTTPS"
                                   : "503, until it has a certificate: HTTPS alone is asked for";
        case PLAIN_REFUSE_OR_SERVE:
                return certificate ? "503: HTTPS alone is asked for" : "the site, until it has a certificate";
        }
        return "?";
}

static void explain_https(const Vhost *v, const char *reason, const NginxPolicy *policy, StringList *lines) {
        char end[32] = "?";

        if (!v->site->shape.https) {
                string_list_add(lines, "https: not asked for");
        } else if (v->certificate) {
                struct tm parts;
                time_t not_after = (time_t)v->certificate->not_after;
                if (gmtime_r(&not_after, &parts))
                        (void)strftime(end, sizeof end, "%FT%TZ", &parts);
                string_list_addf(lines, "https: certificate %s, valid until %s%s%s", v->certificate->certificate_path,
                                 end, reason ? "; " : "", reason ? reason : "");
        } else if (reason) {
                string_list_addf(lines, "https: none, its certificate cannot be used: %s", reason);
        } else if (policy->cert_dir) {
                string_list_addf(lines, "https: none, there is no certificate for it in %s", policy->cert_dir);
        } else {
                string_list_add(lines, "https: none, --cert-dir is not set");
        }
}

void explain_vhost(const Vhost *v, const char *reason, const NginxPolicy *policy, StringList *lines) {
        _cleanup_free_ char *publishers = string_list_join(&v->site->publishers, ", ");

        size_t n = v->site->endpoints.count + v->site->tls_endpoints.count;
        string_list_addf(lines, "site: %s, %zu endpoint%s, from %s", state_name(v->site->state), n, n == 1 ? "" : "s",
                         publishers);
        explain_endpoints("endpoint", &v->site->endpoints, lines);
        explain_endpoints("endpoint by TLS", &v->site->tls_endpoints, lines);
        string_list_addf(lines, "http: answers %s", plain_answer(v->site->shape.plain, v->certificate != NULL));
        explain_https(v, reason, policy, lines);
        if (v->include_path)
                string_list_addf(lines, "include: %s", v->include_path);
}
