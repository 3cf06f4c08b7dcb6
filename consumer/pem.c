/* PEM, as all that reads or writes it with libcrypto needs it. */
#include "consumer/pem.h"

#include <limits.h>
#include <openssl/err.h>

BIO *pem_open(const char *bytes, size_t size) {
        return size <= INT_MAX ? BIO_new_mem_buf(bytes, (int)size) : NULL;
}

int pem_refuse_passphrase(char *buffer, int size, int writing, void *userdata) {
        (void)buffer, (void)size, (void)writing, (void)userdata;
        return -1;
}

EVP_PKEY *pem_read_key(const char *bytes, size_t size) {
        _cleanup_(BIO_freep) BIO *bio = pem_open(bytes, size);
        EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, pem_refuse_passphrase, NULL) : NULL;

        ERR_clear_error();
        return key;
}

char *pem_text(BIO *bio) {
        char *bytes;
        long size = BIO_get_mem_data(bio, &bytes);

        return xstrndup(size > 0 ? bytes : "", size > 0 ? (size_t)size : 0);
}
