/* The operator's files that all sites share (vhost.d/default, default_location): what is wrong with them is no site's
 * fault. Pure. */
#pragma once

#include "consumer/nginx/vhosts.h"

/* Those that a site uses, with ", " between; NULL without one. The caller owns it. */
char *shared_files_in_use(const Vhosts *vhosts);
/* Two sites that nobody asked for, with nothing but these files, and a certificate where there is one: nginx refuses
 * them where it would refuse any sites for what all share. */
Rendering *shared_files_render(const Vhosts *vhosts);
/* Whether one of them that is in use listens on the port. */
bool shared_files_listen_on(const Vhosts *vhosts, uint16_t port);
