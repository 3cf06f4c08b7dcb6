/* What edges tell each other of accounts and certificates, over the exchange: with a key file all of it, sealed;
 * without one nothing, and then there may be only one. */
#pragma once

#include "beachhead/keyspace.h"
#include "common/memory.h"
#include "common/redis-url.h"
#include "consumer/certs/accounts.h"
#include "consumer/certs/shared-certificate.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

typedef struct Sharing Sharing;

typedef struct SharingHandlers {
        /* Whether this edge may ask CAs has changed. */
        void (*role)(void *userdata);
        /* There is something new: what is wanted should be fetched again. */
        void (*changed)(void *userdata);
        /* What was fetched; NULL: nobody has it. */
        void (*account)(void *userdata, const char *id, const char *key_pem);
        void (*certificate)(void *userdata, const char *base, const SharedCertificate *shared);
        void *userdata;
} SharingHandlers;

/* `directory` is the output's own. Borrows the URL and the keyspace. Returns 0, or negative with a message (owned by
 * the caller) that says what to mend. */
int sharing_new(Sharing **ret, sd_event *event, const RedisUrl *redis, const Keyspace *keyspace, const char *directory,
                const char *key_file, SharingHandlers handlers, char **ret_message);
Sharing *sharing_free(Sharing *s);
DEFINE_CLEANUP(Sharing *, sharing_free);

/* Whether this edge may ask CAs now. */
bool sharing_may_issue(const Sharing *s);
/* Redis has said who may. */
bool sharing_is_settled(const Sharing *s);
/* There is nobody to share with: nothing is to be fetched. */
bool sharing_is_alone(const Sharing *s);
/* Another one issues, and there is no key file: this one can do nothing. A sentence, owned by the caller; NULL where
 * that is not so. */
char *sharing_obstacle(const Sharing *s);

/* A phrase on why other edges cannot be asked or understood; NULL while all is well. Borrowed. */
const char *sharing_trouble(const Sharing *s);

void sharing_fetch_accounts(Sharing *s, const char *const *ids, size_t count);
void sharing_fetch_certificates(Sharing *s, const char *const *bases, size_t count);
void sharing_put_account(Sharing *s, const Account *a);
void sharing_put_certificate(Sharing *s, const char *base, const SharedCertificate *c);
