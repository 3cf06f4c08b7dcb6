/* Which variables and labels of a container, and which keys of a service, are read: nginx-proxy's, acme-companion's
 * and our own. Pure. */
#pragma once

#include <stddef.h>

/* The one name under which a setting is kept, of the first `length` bytes of `variable`, which stands in the
 * environment; NULL where it is none that is read. `domains_variable` is the one that takes the place of
 * BEACHHEAD_DOMAINS (--envvar). */
const char *setting_of_variable(const char *variable, size_t length, const char *domains_variable);

/* The same of a key in a service's file: "domains" stands for the domains variable; all others are the names of
 * variables, in any case, or those of nginx-proxy's labels. */
const char *setting_of_key(const char *key, const char *domains_variable);

/* The same of a label: "beachhead.domains" stands for the domains variable, "beachhead.virtual_host" for VIRTUAL_HOST,
 * and nginx-proxy's "com.github.nginx-proxy.nginx-proxy.keepalive", or "beachhead.keepalive", for "keepalive". */
const char *setting_of_label(const char *label, const char *domains_variable);

/* Where several labels, or a label and a variable, stand for one setting, the highest counts: 0 for a variable
 * (`label` is NULL), then nginx-proxy's labels, then our own. */
int setting_rank(const char *label);
