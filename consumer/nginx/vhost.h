/* What a site comes to at this edge: its own wishes, the operator's, and what there is to serve them with. Pure. */
#pragma once

#include "consumer/nginx/render.h"

#include <stdbool.h>
#include <stdint.h>

/* What a port answers for a site. */
typedef enum Answer {
        ANSWER_SITE,
        ANSWER_REDIRECT, /* to HTTPS */
        ANSWER_REFUSE,   /* not this way: 503 */
        ANSWER_FORBID,   /* nobody is let in: 403 */
} Answer;

/* Whether it is to be served over HTTPS; whether it is. Over HTTP/2 there, over HTTP/3 as well. */
bool vhost_wants_tls(const Vhost *v, const RenderPolicy *policy);
bool vhost_has_tls(const Vhost *v, const RenderPolicy *policy);
bool vhost_has_http2(const Vhost *v);
bool vhost_has_http3(const Vhost *v, const RenderPolicy *policy);

/* Where it listens, for HTTP or for HTTPS. */
uint16_t vhost_port(const Vhost *v, const RenderPolicy *policy, bool tls);

Answer vhost_plain_answer(const Vhost *v, const RenderPolicy *policy);
/* Over HTTPS, where it is served so. */
Answer vhost_tls_answer(const Vhost *v);

/* How clients identify themselves by certificates: as a container chose; else as the operator has it for sites with a
 * CA for that. */
ClientVerification vhost_verification(const Vhost *v);
/* Whether browsers are told to come by HTTPS alone. */
bool vhost_has_hsts(const Vhost *v, const RenderPolicy *policy);
/* Whether the HTTP port answers the challenges of ACME. */
bool vhost_has_challenges(const Vhost *v, const RenderPolicy *policy);
/* Whether unknown hosts are answered by it. */
bool vhost_is_default(const Vhost *v, const RenderPolicy *policy);

/* Of its operator's files; NULL without any. */
const OverrideFile *vhost_include(const Vhost *v);
const LocationOverrides *vhost_location_overrides(const Vhost *v, size_t index);
