/* How challenges of HTTP-01 are answered (RFC 8555, 8.3), without anything to be kept: a token, with the thumbprint of
 * the host's account behind it. A file of another ACME client goes before it. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render.h"

#define CHALLENGE_PATH "/.well-known/acme-challenge/"

/* Appends what the location needs before all servers, where there is any thumbprint:
 *
 *   $beachhead_thumbprint        of the account of the host that is asked; "" without one
 *   $beachhead_challenge         the answer; "" where the path ends with no token, or there is no thumbprint
 *   $beachhead_challenge_file    what must not exist, so that it is given */
void challenge_write_maps(Text *t, const ThumbprintFiles *thumbprints);
/* Appends the location, for a server. */
void challenge_write_location(Text *t, const RenderPolicy *policy);
