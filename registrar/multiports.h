/* VIRTUAL_HOST_MULTIPORTS: YAML, or JSON, from hosts to their paths. Pure. Source: nginx-proxy's README.
 *
 *     www.example.org:             a host without paths: "/" at the default port
 *     service.example.org:
 *       "/": { port: 8000 }        a path; what it does not say has its default
 *       "/admin": { port: 8001, dest: "/", proto: https }
 *       external_https_port: 8443  of the whole host
 */
#pragma once

#include "registrar/host-specs.h"

/* Parses all of `text`; `name` is how messages call it. A host or a path that is wrong, or is there twice, is left out
 * with a message in `problems`; a key that is not known is ignored with one in `warnings`. Returns 0, or -EINVAL with
 * a message in *ret_message (owned by the caller) where it is no such mapping at all; *ret is then untouched. */
int multiports_parse(const char *name, const char *text, size_t size, HostSpecs *ret, StringList *problems,
                     StringList *warnings, char **ret_message);
