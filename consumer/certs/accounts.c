/* The accounts at CAs, on disk. */
#include "consumer/certs/accounts.h"

#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "consumer/certs/history-file.h"
#include "consumer/certs/private-key.h"
#include "consumer/digest.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { ID_SIZE = 32, KEY_BYTES_MAX = 16 * 1024 };

struct Accounts {
        char *directory, *client;
        Account *all;
};

Accounts *accounts_new(const char *directory, const char *client) {
        Accounts *a = new0(Accounts);
        const char *slash = strrchr(client, '/');

        a->directory = xasprintf("%s/accounts", directory);
        a->client = xstrdup(slash ? slash + 1 : client);
        return a;
}

static void account_free(Account *a) {
        free(a->id);
        free(a->ca);
        free(a->email);
        free(a->key_path);
        free(a->client_dir);
        free(a->thumbprint);
        (void)history_free(a->history);
        free(a);
}

Accounts *accounts_free(Accounts *a) {
        Account *one, *next;

        if (!a)
                return NULL;
        HASH_ITER (hh, a->all, one, next) {
                HASH_DEL(a->all, one);
                account_free(one);
        }
        free(a->directory);
        free(a->client);
        free(a);
        return NULL;
}

static char *account_id(const char *ca, const char *email) {
        struct iovec pieces[] = {
                { (void *)ca, strlen(ca) + 1 },
                { (void *)(email ? email : ""), email ? strlen(email) : 0 },
        };
        char digest[DIGEST_SIZE];

        digest_hex(pieces, 2, digest);
        return xstrndup(digest, ID_SIZE);
}

char *account_load_key(const Account *a) {
        char *pem = NULL;
        size_t size;

        return file_read(a->key_path, KEY_BYTES_MAX, &pem, &size) == 0 ? pem : NULL;
}

static void load(const Accounts *all, Account *a, int64_t now) {
        _cleanup_secret_ char *pem = NULL;
        size_t size;
        int r = file_read(a->key_path, KEY_BYTES_MAX, &pem, &size);

        if (r == 0)
                r = key_thumbprint(pem, &a->thumbprint);
        a->is_broken = r < 0 && r != -ENOENT;
        if (a->is_broken)
                log_error("The account key %s cannot be read: %s; nothing is asked for with it until it is mended, or "
                          "removed, which makes a new one",
                          a->key_path, strerror(-r));
        a->history = history_file_load(all->directory, a->id, now);
}

Account *accounts_find_id(const Accounts *a, const char *id) {
        Account *found;

        HASH_FIND_STR(a->all, id, found);
        return found;
}

Account *accounts_find(Accounts *a, const char *ca, const char *email, int64_t now) {
        _cleanup_free_ char *id = account_id(ca, email);
        Account *found = accounts_find_id(a, id);

        if (found)
                return found;
        found = new0(Account);
        found->id = TAKE_PTR(id);
        found->ca = xstrdup(ca);
        found->email = email ? xstrdup(email) : NULL;
        found->key_path = xasprintf("%s/%s/key.pem", a->directory, found->id);
        found->client_dir = xasprintf("%s/%s/%s", a->directory, found->id, a->client);
        load(a, found, now);
        HASH_ADD_KEYPTR(hh, a->all, found->id, strlen(found->id), found);
        return found;
}

static int make_directories(const Account *a) {
        _cleanup_free_ char *own = file_directory(a->key_path), *all = file_directory(own);
        const char *const directories[] = { all, own, a->client_dir };

        for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
                if (mkdir(directories[i], 0700) < 0 && errno != EEXIST)
                        return -errno;
        return 0;
}

int account_take_key(Account *a, const char *key_pem, char **ret_message) {
        _cleanup_free_ char *thumbprint = NULL;
        int r = key_thumbprint(key_pem, &thumbprint);

        if (r < 0) {
                *ret_message = xasprintf("the key of account %s is none", a->id);
                return r;
        }
        if ((r = make_directories(a)) < 0 || (r = file_replace(a->key_path, key_pem, strlen(key_pem), 0600)) < 0) {
                *ret_message = xasprintf("%s cannot be written: %s", a->key_path, strerror(-r));
                return r;
        }
        REPLACE_PTR(a->thumbprint, TAKE_PTR(thumbprint));
        a->is_broken = false;
        return 0;
}

int account_make_key(Account *a, char **ret_message) {
        _cleanup_secret_ char *pem = NULL;
        int r;

        if (a->thumbprint || a->is_broken)
                return 0;
        r = private_key_make(KEY_TYPE_EC_256, &pem);
        if (r < 0) {
                *ret_message = xasprintf("no key can be made: %s", strerror(-r));
                return r;
        }
        return account_take_key(a, pem, ret_message);
}

void account_save(const Account *a) {
        _cleanup_free_ char *own = file_directory(a->key_path), *all = file_directory(own), *message = NULL;

        if (history_file_save(all, a->id, a->history, &message) < 0)
                log_error("%s", message);
}

char *account_describe(const Account *a) {
        return xasprintf("the account at %s (%s)", a->ca, a->email ? a->email : "without an email");
}
