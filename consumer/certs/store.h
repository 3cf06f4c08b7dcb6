/* The directory of certificates, laid out as acme-companion's:
 *
 *     <folder>/fullchain.pem, cert.pem, key.pem        0600, in a folder of 0755 (certificate-folder.h)
 *     <folder>/chain.pem                               the same, unless the certificate stands alone
 *     <name>.crt, <name>.key, <name>.chain.pem         "./<folder>/fullchain.pem" …: links, for each name of the
 *                                                      certificate; see store-links.h for wildcards
 *     default.thumbprint, <name>.thumbprint            what HTTP-01 is answered with (see thumbprints.h)
 *
 * A folder that acme-companion has made is read and replaced in the same way; what else lies in it stays there. What
 * stands under a link's name and is neither a link into such a folder nor missing is the operator's own, and stays. No
 * link is followed out of the directory, which may be one itself.
 *
 * One process at a time. store_tidy() comes before anything else: a crash may have left something half-made. */
#pragma once

#include "common/text.h"
#include "consumer/certs/plan.h"

#include <stdbool.h>

/* Reads the pair of a base. Returns 0; -ENOENT where there is none; else negative with a phrase in *ret_reason, owned
 * by the caller (it cannot be read, or is broken). */
int store_read(const char *directory, const char *base, int64_t now, InstalledCertificate *ret, char **ret_reason);
/* The two texts of what is installed, owned by the caller (the key: secret_free()). Returns 0 or -errno. */
int store_load(const char *directory, const char *base, char **ret_chain, char **ret_key);

/* Puts a pair that pair_check() has accepted in place: both files change together (the folders are exchanged,
 * RENAME_EXCHANGE), synced before. Where the file system cannot do that, key and chain are renamed one right after the
 * other, and a crash just between them leaves a pair that does not fit; else a crash or an error at any point leaves
 * the old pair or the new one. Links come after the folder, for those of `names` that the operator has no
 * files for; a link into another folder of ours is taken over. Links of names that the certificate no longer has are
 * removed. Does nothing but mend links where the same stands there.
 * Returns 0, or -errno with a message that names the path and says what to do, owned by the caller. */
int store_install(const char *directory, const char *base, const StringList *names, const char *chain, const char *key,
                  char **ret_message);

/* Those of `names` that the operator serves with files of his own: <name>.crt or <name>.key. */
void store_foreign_names(const char *directory, const StringList *names, StringList *ret);

/* The bases, sorted, of folders with a certificate that nothing in `wanted` (bases, sorted) asks for. Returns 0, or
 * -errno with a message. */
int store_unused(const char *directory, const StringList *wanted, StringList *ret_bases, char **ret_message);
/* Removes all links into the folder, and then the folder, with all files in it. Returns 0, or -errno with a message:
 * -ENOENT where there is none, -ENOTEMPTY where somebody has put a directory into it. */
int store_remove(const char *directory, const char *base, char **ret_message);
/* Removes or completes what a crash has left half-made. */
void store_tidy(const char *directory);
