/* The directory of certificates: which of its folders is whose, and what happens to it in which order. */
#include "consumer/certs/store.h"

#include "common/directory.h"
#include "common/file.h"
#include "common/hostname.h"
#include "consumer/certificate-folder.h"
#include "consumer/certs/pair-check.h"
#include "consumer/certs/private-key.h"
#include "consumer/certs/store-folder.h"
#include "consumer/certs/store-links.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* One call; `fd` is of the directory. */
typedef struct Store {
        const char *directory;
        char *folder;
        int fd;
        char **ret_message;
} Store;

static void store_close(Store *s) {
        free(s->folder);
        closep(&s->fd);
}
#define _cleanup_store_ _cleanup_(store_close)

/* ---- failures ---- */

/* `path` is below the directory; NULL: the directory itself. Returns `error`. */
static int failed(const Store *s, int error, const char *act, const char *path) {
        if (s->ret_message)
                REPLACE_PTR(*s->ret_message, xasprintf("Cannot %s %s%s%s: %s; %s", act, s->directory, path ? "/" : "",
                                                       path ? path : "", strerror(-error), file_advice(error)));
        return error;
}

static int refuse_base(const Store *s, const char *base) {
        if (s->ret_message)
                REPLACE_PTR(*s->ret_message, xasprintf("Cannot keep the certificate of %s in %s: %s; ask for it under "
                                                       "another first name",
                                                       base, s->directory, certificate_folder_obstacle(base)));
        return -EINVAL;
}

/* The directory; and where `base` is given, what its folder is called. */
static int store_open(Store *s, const char *base) {
        s->folder = base ? certificate_folder(base) : NULL;
        if (base && !s->folder)
                return refuse_base(s, base);
        s->fd = open(s->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return s->fd < 0 ? failed(s, -errno, "open", NULL) : 0;
}

/* ---- reading ---- */

typedef struct PairTexts {
        char *chain, *key;
        size_t chain_size, key_size;
} PairTexts;

static void pair_texts_done(PairTexts *t) {
        free(t->chain);
        secret_free(t->key);
}

static int read_pair(const Store *s, PairTexts *ret, FolderPart *ret_failed) {
        int r = folder_read(s->fd, s->folder, *ret_failed = FOLDER_FULLCHAIN, &ret->chain, &ret->chain_size);

        return r < 0 ? r : folder_read(s->fd, s->folder, *ret_failed = FOLDER_KEY, &ret->key, &ret->key_size);
}

int store_read(const char *directory, const char *base, int64_t now, InstalledCertificate *ret, char **ret_reason) {
        _cleanup_store_ Store s = { .directory = directory, .fd = -1 };
        _cleanup_(pair_texts_done) PairTexts t = { 0 };
        FolderPart part;
        int r = store_open(&s, base);

        if (r >= 0)
                r = folder_find(s.fd, s.folder);
        if (r == -ENOENT)
                return r;
        if (r < 0) {
                REPLACE_PTR(*ret_reason, xasprintf("its folder cannot be read: %s", strerror(-r)));
                return r;
        }
        r = read_pair(&s, &t, &part);
        if (r < 0) {
                REPLACE_PTR(*ret_reason, xasprintf("its %s cannot be read: %s", folder_part_name(part), strerror(-r)));
                return r == -ENOENT ? -EBADMSG : r;
        }
        return pair_describe(t.chain, t.chain_size, t.key, t.key_size, now, ret, ret_reason);
}

int store_load(const char *directory, const char *base, char **ret_chain, char **ret_key) {
        _cleanup_store_ Store s = { .directory = directory, .fd = -1 };
        _cleanup_(pair_texts_done) PairTexts t = { 0 };
        FolderPart part;
        int r = store_open(&s, base);

        if (r < 0 || (r = read_pair(&s, &t, &part)) < 0)
                return r;
        *ret_chain = TAKE_PTR(t.chain);
        *ret_key = TAKE_PTR(t.key);
        return 0;
}

/* ---- installing ---- */

static void read_names(const Store *s, StringList *ret) {
        _cleanup_free_ char *chain = NULL;
        size_t size;

        if (folder_read(s->fd, s->folder, FOLDER_FULLCHAIN, &chain, &size) >= 0)
                (void)chain_names(chain, size, ret);
}

static int replace_folder(const Store *s, const FolderTexts *t) {
        _cleanup_free_ char *path = NULL;
        int r = folder_stage(s->fd, s->folder, t, &path);

        if (r < 0)
                return failed(s, r, "write", path);
        r = folder_swap(s->fd, s->folder);
        (void)folder_discard_staged(s->fd); /* store_tidy() tries again */
        return r < 0 ? failed(s, r, "replace", s->folder) : 0;
}

int store_install(const char *directory, const char *base, const StringList *names, const char *chain, const char *key,
                  char **ret_message) {
        _cleanup_store_ Store s = { .directory = directory, .fd = -1, .ret_message = ret_message };
        _cleanup_(folder_texts_done) FolderTexts texts = { 0 };
        _cleanup_string_list_ StringList before = { 0 };
        _cleanup_free_ char *link = NULL;
        int r = store_open(&s, base);

        if (r < 0)
                return r;
        folder_texts_init(&texts, chain, key);
        read_names(&s, &before);
        if (!folder_holds(s.fd, s.folder, &texts) && (r = replace_folder(&s, &texts)) < 0)
                return r;
        if ((r = links_set(s.fd, s.folder, names, &link)) < 0 ||
            (r = links_drop(s.fd, s.folder, &before, names, &link)) < 0)
                return failed(&s, r, "link", link);
        return 0;
}

void store_foreign_names(const char *directory, const StringList *names, StringList *ret) {
        _cleanup_store_ Store s = { .directory = directory, .fd = -1 };

        if (store_open(&s, NULL) < 0)
                return;
        for (size_t i = 0; i < names->count; i++)
                if (links_are_foreign(s.fd, names->items[i]))
                        string_list_add(ret, names->items[i]);
}

/* ---- removing ---- */

int store_unused(const char *directory, const StringList *wanted, StringList *ret_bases, char **ret_message) {
        _cleanup_store_ Store s = { .directory = directory, .fd = -1, .ret_message = ret_message };
        _cleanup_string_list_ StringList entries = { 0 };
        int r = store_open(&s, NULL);

        if (r < 0)
                return r;
        if ((r = directory_list(s.fd, &entries)) < 0)
                return failed(&s, r, "read", NULL);
        for (size_t i = 0; i < entries.count; i++) {
                _cleanup_free_ char *base = certificate_folder_base(entries.items[i]);
                if (base && !string_list_contains_sorted(wanted, base) &&
                    folder_is_of_a_certificate(s.fd, entries.items[i]))
                        string_list_add(ret_bases, base);
        }
        string_list_sort(ret_bases);
        return 0;
}

int store_remove(const char *directory, const char *base, char **ret_message) {
        _cleanup_store_ Store s = { .directory = directory, .fd = -1, .ret_message = ret_message };
        _cleanup_free_ char *link = NULL;
        int r = store_open(&s, base);

        if (r < 0)
                return r;
        /* Before the links go: what cannot go is to be served on. */
        if ((r = folder_is_removable(s.fd, s.folder)) < 0)
                return failed(&s, r, "remove", s.folder);
        if ((r = links_remove(s.fd, s.folder, &link)) < 0)
                return failed(&s, r, "remove", link);
        r = folder_remove(s.fd, s.folder);
        return r < 0 ? failed(&s, r, "remove", s.folder) : 0;
}

void store_tidy(const char *directory) {
        _cleanup_store_ Store s = { .directory = directory, .fd = -1 };

        if (store_open(&s, NULL) < 0)
                return;
        (void)folder_discard_staged(s.fd);
        links_settle(s.fd);
}
