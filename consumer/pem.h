/* PEM, as all that reads or writes it with libcrypto needs it. Pure. */
#pragma once

#include "common/memory.h"

#include <openssl/pem.h>
#include <stddef.h>

DEFINE_CLEANUP(BIO *, BIO_free);
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free);

/* The bytes, borrowed, for reading; NULL where they are too many. */
BIO *pem_open(const char *bytes, size_t size);
/* For the PEM_read_…() of libcrypto: no passphrase, as a daemon has nobody to ask. */
int pem_refuse_passphrase(char *buffer, int size, int writing, void *userdata);
/* The first private key in there that has no passphrase, or NULL. Leaves no error behind. */
EVP_PKEY *pem_read_key(const char *bytes, size_t size);
/* What was written to a BIO_s_mem(), which wipes its own copy; the caller owns it. */
char *pem_text(BIO *bio);
