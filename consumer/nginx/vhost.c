/* What a site comes to at this edge. */
#include "consumer/nginx/vhost.h"

#include "consumer/nginx/setting-values.h"
#include "consumer/nginx/tls-policy.h"

#include <string.h>

typedef struct Method {
        PlainAnswer plain;
        bool https;
} Method;

/* The operator's default holds where nobody chose. */
static Method method_of(const Vhost *v, const RenderPolicy *policy) {
        static const Method defaults[_HTTPS_METHOD_COUNT] = {
                [HTTPS_METHOD_REDIRECT] = { PLAIN_REDIRECT_OR_SERVE, true },
                [HTTPS_METHOD_NOREDIRECT] = { PLAIN_SERVE, true },
                [HTTPS_METHOD_NOHTTP] = { PLAIN_REFUSE_OR_SERVE, true },
                [HTTPS_METHOD_NOHTTPS] = { PLAIN_SERVE, false },
        };
        const SiteShape *shape = &v->site->shape;

        if (shape->method_implied && policy->https_method != HTTPS_METHOD_UNSET)
                return defaults[policy->https_method];
        return (Method){ shape->plain, shape->https };
}

bool vhost_wants_tls(const Vhost *v, const RenderPolicy *policy) {
        return method_of(v, policy).https;
}

bool vhost_has_tls(const Vhost *v, const RenderPolicy *policy) {
        return v->certificate && vhost_wants_tls(v, policy);
}

bool vhost_has_http2(const Vhost *v) {
        return edge_settings_has(v->settings, EDGE_HTTP2) && v->settings->http2;
}

bool vhost_has_http3(const Vhost *v, const RenderPolicy *policy) {
        const EdgeSettings *e = v->settings;

        return policy->nginx_has_http3 && edge_settings_has(e, EDGE_HTTP3) && e->http3 && vhost_has_tls(v, policy) &&
               (tls_profile(e->tls_policy)->protocols & TLS_1_3);
}

uint16_t vhost_port(const Vhost *v, const RenderPolicy *policy, bool tls) {
        const EdgeSettings *e = v->settings;

        if (tls)
                return edge_settings_has(e, EDGE_HTTPS_PORT) ? e->https_port : listen_port(policy->https_listen);
        return edge_settings_has(e, EDGE_HTTP_PORT) ? e->http_port : listen_port(policy->http_listen);
}

ClientVerification vhost_verification(const Vhost *v) {
        bool chosen = v->client_ca_is_broken || edge_settings_has(&v->site->shape.settings, EDGE_VERIFY_CLIENT);

        if (!v->client_ca && !chosen)
                return VERIFY_OFF;
        return edge_settings_has(v->settings, EDGE_VERIFY_CLIENT) ? v->settings->verify_client : VERIFY_ON;
}

/* In clear until there is a certificate: not where clients must identify themselves, nor where nobody may. */
static bool may_be_in_clear(const Vhost *v) {
        return vhost_verification(v) != VERIFY_ON &&
               (!edge_settings_has(v->settings, EDGE_HTTP_ON_MISSING_CERT) || v->settings->http_on_missing_cert);
}

Answer vhost_plain_answer(const Vhost *v, const RenderPolicy *policy) {
        bool tls = vhost_has_tls(v, policy);

        switch (method_of(v, policy).plain) {
        case PLAIN_REDIRECT_OR_SERVE:
                return tls || !may_be_in_clear(v) ? ANSWER_REDIRECT : ANSWER_SITE;
        case PLAIN_REDIRECT_OR_REFUSE:
                return tls ? ANSWER_REDIRECT : ANSWER_REFUSE;
        case PLAIN_REFUSE_OR_SERVE:
                return tls || !may_be_in_clear(v) ? ANSWER_REFUSE : ANSWER_SITE;
        case PLAIN_SERVE:
                break;
        }
        return ANSWER_SITE;
}

Answer vhost_tls_answer(const Vhost *v) {
        return vhost_verification(v) == VERIFY_ON && !v->client_ca ? ANSWER_FORBID : ANSWER_SITE;
}

bool vhost_has_hsts(const Vhost *v, const RenderPolicy *policy) {
        return edge_settings_has(v->settings, EDGE_HSTS) && !v->settings->hsts.off &&
               method_of(v, policy).plain != PLAIN_SERVE;
}

bool vhost_has_challenges(const Vhost *v, const RenderPolicy *policy) {
        Answer answer = vhost_plain_answer(v, policy);

        if (!policy->acme_root || !edge_settings_has(v->settings, EDGE_ACME_LOCATION))
                return false;
        if (v->settings->acme_location == ACME_LOCATION_LEGACY)
                return answer != ANSWER_SITE;
        return v->settings->acme_location == ACME_LOCATION_ON;
}

bool vhost_is_default(const Vhost *v, const RenderPolicy *policy) {
        return policy->default_host && strcmp(policy->default_host, v->site->domain) == 0;
}

const OverrideFile *vhost_include(const Vhost *v) {
        return v->overrides ? &v->overrides->server : NULL;
}

const LocationOverrides *vhost_location_overrides(const Vhost *v, size_t index) {
        return v->overrides ? &v->overrides->locations[index] : NULL;
}
