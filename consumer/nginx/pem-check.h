/* Whether the PEM files beside a certificate are what nginx can use: read with the same calls as nginx reads them
 * (ngx_event_openssl.c), because it names neither file nor site when it refuses one. Pure.
 *
 * All return 0, or -EINVAL with a phrase for people in *ret_reason, owned by the caller. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Certificates that are trusted: one at least, and nothing that cannot be read. */
int pem_check_trusted(const char *bytes, size_t size, char **ret_reason);
/* Parameters of Diffie and Hellman, as long as OpenSSL's security level 2 wants them (2048 bits). */
int pem_check_dhparam(const char *bytes, size_t size, char **ret_reason);
/* Lists of revoked certificates. `ca` is a text that pem_check_trusted() took. *ret_warning (owned by the caller; NULL
 * where there is none) says why, though nginx takes the lists, no client will be let in. */
int pem_check_crl(const char *bytes, size_t size, const char *ca, size_t ca_size, int64_t now, char **ret_reason,
                  char **ret_warning);
