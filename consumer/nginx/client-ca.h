/* With which CA's certificates clients identify themselves: NAME.ca.crt and NAME.crl.pem of the directory of
 * certificates, for all sites ca.crt and ca.crl.pem. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/file-set.h"

#include <stdint.h>

typedef struct ClientCa {
        char *ca_path;  /* absolute */
        char *crl_path; /* or NULL */
        char *digest;   /* hex SHA-256 of both files' bytes */
} ClientCa;

typedef enum ClientCaPart { CLIENT_CA_ITSELF, CLIENT_CA_REVOKED, _CLIENT_CA_PART_COUNT } ClientCaPart;

/* The path of each part that is there, else NULL; the caller owns them. `name` is a site's (site-file.h), "": for all.
 * NAME.ca.crt is none where it is the certificate of a site "NAME.ca" (see certs/store.h). */
void client_ca_paths(const FileSet *files, const char *name, char *ret[static _CLIENT_CA_PART_COUNT]);

/* Both files are verified with libcrypto, since nginx names neither where it refuses one. A list that cannot be used
 * is no reason to do without it: then there is no CA either. Returns 0, with a warning in *ret_reason where there is
 * one; or -EINVAL with why. The caller owns the reason. */
int client_ca_read(char *const paths[static _CLIENT_CA_PART_COUNT], int64_t now, ClientCa **ret, char **ret_reason);
ClientCa *client_ca_copy(const ClientCa *c);
ClientCa *client_ca_free(ClientCa *c);
DEFINE_CLEANUP(ClientCa *, client_ca_free);
