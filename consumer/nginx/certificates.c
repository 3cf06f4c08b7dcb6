/* The certificates of all sites: a thousand of them cost stats only, until a file changes or the time has come to look
 * again. */
#include "consumer/nginx/certificates.h"

#include "common/text.h"
#include "consumer/nginx/file-stamp.h"

#include <string.h>
#include <uthash.h>

enum {
        CANDIDATE_FILES = 4,   /* the domain's own pair, its parent's pair */
        TROUBLED_RECHECK = 60, /* seconds; what is wrong with a certificate may be its time */
};

typedef struct Item {
        char *domain;
        FileStamp stamps[CANDIDATE_FILES];
        int64_t checked;
        Certificate *certificate;
        char *reason;
        bool used;
        UT_hash_handle hh;
} Item;

struct Certificates {
        const char *directory;
        Item *items;
};

Certificates *certificates_new(const char *directory) {
        Certificates *c = new0(Certificates);

        c->directory = directory;
        return c;
}

static void item_forget(Certificates *c, Item *item) {
        HASH_DEL(c->items, item);
        (void)certificate_free(item->certificate);
        free(item->domain);
        free(item->reason);
        free(item);
}

Certificates *certificates_free(Certificates *c) {
        Item *item, *next;

        if (!c)
                return NULL;
        HASH_ITER (hh, c->items, item, next)
                item_forget(c, item);
        free(c);
        return NULL;
}

static FileStamp stamp_of(const char *directory, const char *name, const char *suffix) {
        _cleanup_free_ char *path = xasprintf("%s/%s%s", directory, name, suffix);

        return file_stamp(path);
}

static void take_stamps(const char *directory, const char *domain, FileStamp ret[CANDIDATE_FILES]) {
        const char *dot = strchr(domain, '.');

        memset(ret, 0, CANDIDATE_FILES * sizeof *ret);
        ret[0] = stamp_of(directory, domain, ".crt");
        ret[1] = stamp_of(directory, domain, ".key");
        if (dot) {
                ret[2] = stamp_of(directory, dot + 1, ".crt");
                ret[3] = stamp_of(directory, dot + 1, ".key");
        }
}

static bool still_holds(const Item *item, const FileStamp now_stamps[CANDIDATE_FILES], int64_t now) {
        if (item->checked == 0 || now < item->checked)
                return false;
        for (size_t i = 0; i < CANDIDATE_FILES; i++)
                if (!file_stamp_equal(&item->stamps[i], &now_stamps[i]))
                        return false;
        if (item->reason)
                return now - item->checked < TROUBLED_RECHECK;
        return !item->certificate || now < item->certificate->not_after;
}

static Item *item_of(Certificates *c, const char *domain) {
        Item *item;

        HASH_FIND_STR(c->items, domain, item);
        if (!item) {
                item = new0(Item);
                item->domain = xstrdup(domain);
                HASH_ADD_KEYPTR(hh, c->items, item->domain, strlen(item->domain), item);
        }
        return item;
}

const Certificate *certificates_find(Certificates *c, const char *domain, int64_t now, const char **ret_reason,
                                     bool *ret_news) {
        Item *item = item_of(c, domain);
        FileStamp stamps[CANDIDATE_FILES] = { 0 };
        bool first = item->checked == 0;

        item->used = true;
        *ret_news = false;
        if (c->directory)
                take_stamps(c->directory, domain, stamps);
        if (!still_holds(item, stamps, now)) {
                Certificate *certificate = NULL;
                _cleanup_free_ char *reason = NULL;

                if (c->directory)
                        (void)certificate_find(c->directory, domain, now, &certificate, &reason);
                *ret_news = first || !certificate != !item->certificate || !streq_or_null(reason, item->reason);
                (void)certificate_free(item->certificate);
                item->certificate = certificate;
                REPLACE_PTR(item->reason, TAKE_PTR(reason));
                memcpy(item->stamps, stamps, sizeof stamps);
                item->checked = now;
        }
        *ret_reason = item->reason;
        return item->certificate;
}

void certificates_forget_unused(Certificates *c) {
        Item *item, *next;

        HASH_ITER (hh, c->items, item, next) {
                if (!item->used)
                        item_forget(c, item);
                else
                        item->used = false;
        }
}
