/* What servers say about TLS. Pure. */
#pragma once

#include "consumer/nginx/render-block.h"

/* For the server of unknown hosts, with the default certificate if there is one. As the first of each port it decides
 * which protocols nginx speaks, since it does so before it knows the name. Those are what any of the sites has, and
 * what is usual; what a site is to have less than that, it has no ciphers for. */
void tls_set_for_unknown(const Block *server, const Vhost *vhosts, size_t count);

/* For a site: by what it is known, whom it lets in. */
void tls_set(const Block *server, const Vhost *v);
/* The headers that tell browsers to come by HTTPS next time, and that HTTP/3 is there. nginx forgets them in a
 * location that has headers of its own. */
void tls_set_headers(const Block *b, const Vhost *v);
