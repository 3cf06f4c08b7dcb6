/* What server blocks are made of, whatever they serve. All append whole lines. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render.h"

#include <stdbool.h>
#include <stdint.h>

/* The `listen` directives for HTTP or HTTPS, on `port` where that is not 0. `parameters` begin with a space ("" for
 * none); what the policy says for all (proxy_protocol, ssl) is added. */
void render_listen(Text *t, const RenderPolicy *policy, bool tls, uint16_t port, const char *parameters);
/* The same for HTTP/3. */
void render_listen_quic(Text *t, const RenderPolicy *policy, uint16_t port, const char *parameters);

void render_access_log(Text *t, const RenderPolicy *policy);
/* The operator's page for 500, 502, 503 and 504, where there is one. */
void render_error_page(Text *t, const RenderPolicy *policy);

/* A path of ours as nginx calls it, as one quoted word. */
void render_path(Text *t, const RenderPolicy *policy, const char *path);
/* The rest of a line that includes a file of ours. */
void render_include(Text *t, const RenderPolicy *policy, const char *path);
