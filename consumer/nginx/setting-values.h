/* The kinds of text that the settings of nginx are made of, parsed. Pure. */
#pragma once

#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOG_FORMAT_MAX = 4096 }; /* bytes of a log format */

/* PORT, IPv4:PORT, NAME:PORT or [IPv6]:PORT. */
bool listen_is_valid(const char *text);
/* The port of such a text, and its address with brackets; "" where it has none. The caller owns it. */
uint16_t listen_port(const char *listen);
char *listen_address(const char *listen);

/* An address, or a network as ADDRESS/BITS, in one canonical form that the caller owns. Returns 0 or -EINVAL. */
int network_parse(const char *text, char **ret);

/* A name server: an address or a name, perhaps with ":PORT", as nginx' `resolver` takes it (IPv6 in brackets). Returns
 * 0 and a string that the caller owns, or -EINVAL. */
int resolver_parse(const char *text, char **ret);

typedef struct PortRange {
        uint16_t first, last;
} PortRange;

/* PORT or FROM-TO. Returns 0 or -EINVAL. */
int port_range_parse(const char *text, PortRange *ret);
