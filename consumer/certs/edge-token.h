/* Who an edge is to the others. */
#pragma once

enum { EDGE_TOKEN_MAX = 100 }; /* bytes */

/* "edge1 (4f2a9c0d1b2e3f40)": the host's name for people and, derived from it, the machine id and the state directory,
 * what tells it from any other. The same after every restart; where there is no machine id, until the host restarts.
 * Printable; the caller owns it. */
char *edge_token(const char *state_directory);
