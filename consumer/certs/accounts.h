/* The accounts at CAs: one for each CA and email, with a key of ours. They lie in <directory>/accounts/<id>:
 * key.pem (0600), and a folder for each client; beside it the history, <id>.json. */
#pragma once

#include "common/memory.h"
#include "consumer/certs/history.h"

#include <stdbool.h>
#include <uthash.h>

typedef struct Account {
        char *id;         /* 32 hex digits, of CA and email */
        char *ca, *email; /* email: NULL without */
        char *key_path;   /* absolute */
        char *client_dir; /* the same */
        char *thumbprint; /* of the key; NULL: there is no key yet */
        bool is_broken;   /* there is a key that cannot be read: it is not replaced, the CA knows it perhaps */
        bool is_synced;   /* what other edges have of it was looked at */
        bool is_enrolled; /* the CA has said so to this process */
        History *history; /* of enrolling it */
        UT_hash_handle hh;
} Account;

typedef struct Accounts Accounts;

/* `client` is the name of the ACME client, each of which has a folder of its own. */
Accounts *accounts_new(const char *directory, const char *client);
Accounts *accounts_free(Accounts *a);
DEFINE_CLEANUP(Accounts *, accounts_free);

/* The account, from disk where it is there; without a key where it is not. Never NULL; stays until the end. */
Account *accounts_find(Accounts *a, const char *ca, const char *email, int64_t now);

/* The one of this id among those that were found; NULL without. */
Account *accounts_find_id(const Accounts *a, const char *id);

/* Makes a key where there is none, and none is broken. Returns 0, or -errno with a message (owned by the caller). */
int account_make_key(Account *a, char **ret_message);
/* Takes a key over from another edge, in place of the own one: -EINVAL where it is no key. */
int account_take_key(Account *a, const char *key_pem, char **ret_message);
/* The key's PEM (secret_free()), NULL where it cannot be read. */
char *account_load_key(const Account *a);
void account_save(const Account *a);
/* "the account at CA (email)", owned by the caller. */
char *account_describe(const Account *a);
