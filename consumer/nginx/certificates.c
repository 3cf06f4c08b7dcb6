/* The directory of certificates: a thousand sites cost a list of its files and a look at those that are there. */
#include "consumer/nginx/certificates.h"

#include "common/server-name.h"
#include "common/text.h"
#include "consumer/nginx/certificate-pair.h"
#include "consumer/nginx/file-set.h"
#include "consumer/nginx/file-stamp.h"
#include "consumer/nginx/site-file.h"

#include <string.h>
#include <uthash.h>

enum {
        TROUBLED_RECHECK = 60, /* seconds; what is wrong with a file may be its time */
        CA_RECHECK = 3600,     /* seconds; a list of revoked certificates comes to its end */
};

/* Whether a certificate is for a domain. */
typedef struct Cover {
        char *domain;
        bool covers;
        UT_hash_handle hh;
} Cover;

/* How the looks at one thing went. */
typedef struct Looks {
        bool seen, missed; /* in this look: it is there; it is not there any more */
        int64_t lost;      /* since when it cannot be used, though it could; 0: it can, or never could */
} Looks;

typedef struct Pair {
        char *name;
        FileStamp stamps[_CERTIFICATE_PART_COUNT];
        CertificatePair *files;
        int64_t checked;
        Cover *covers; /* as far as it was asked */
        Looks looks;
        UT_hash_handle hh;
} Pair;

typedef struct Ca {
        char *name; /* "": for all */
        FileStamp stamps[_CLIENT_CA_PART_COUNT];
        ClientCa *ca;
        char *reason;
        int64_t checked;
        Looks looks;
        UT_hash_handle hh;
} Ca;

struct Certificates {
        const char *directory;
        FileSet *files; /* NULL: not listed in this look yet */
        CertificateMemory *memory;
        Pair *pairs;
        Ca *cas;
        char *reason; /* what was returned last */
        int64_t looked;
};

Certificates *certificates_new(const char *directory) {
        Certificates *c = new0(Certificates);

        c->directory = directory;
        c->memory = certificate_memory_new();
        return c;
}

/* ---- what was there until now ---- */

static bool is_in_transit(const Looks *l, int64_t now) {
        return l->lost > 0 && now >= l->lost && now - l->lost < CERTIFICATES_PATIENCE;
}

static void note_seen(Looks *l, bool could_be_used, bool can_be_used, int64_t now) {
        l->seen = true;
        if (can_be_used)
                l->lost = 0;
        else if (could_be_used)
                l->lost = now;
}

static void note_missed(Looks *l, int64_t now) {
        l->missed = true;
        if (l->lost == 0)
                l->lost = now;
}

/* Whether it is remembered after the look, be it to know that it is missing. */
static bool end_look(Looks *l, bool at_all, int64_t now) {
        bool stays = !at_all || l->seen || (l->missed && is_in_transit(l, now));

        l->seen = l->missed = false;
        return stays;
}

bool certificates_are_in_transit(const Certificates *c, int64_t now) {
        for (const Pair *p = c->pairs; p; p = p->hh.next)
                if (is_in_transit(&p->looks, now))
                        return true;
        for (const Ca *ca = c->cas; ca; ca = ca->hh.next)
                if (is_in_transit(&ca->looks, now))
                        return true;
        return false;
}

/* ---- one look ---- */

static void forget_covers(Pair *p) {
        Cover *cover, *next;

        HASH_ITER (hh, p->covers, cover, next) {
                HASH_DEL(p->covers, cover);
                free(cover->domain);
                free(cover);
        }
}

static void pair_forget(Certificates *c, Pair *p) {
        HASH_DEL(c->pairs, p);
        forget_covers(p);
        (void)certificate_pair_free(p->files);
        free(p->name);
        free(p);
}

static void ca_forget(Certificates *c, Ca *ca) {
        HASH_DEL(c->cas, ca);
        (void)client_ca_free(ca->ca);
        free(ca->reason);
        free(ca->name);
        free(ca);
}

static void end_looks(Certificates *c, bool at_all) {
        Pair *p, *next_pair;
        Ca *ca, *next_ca;

        HASH_ITER (hh, c->pairs, p, next_pair) {
                if (!end_look(&p->looks, at_all, c->looked)) {
                        pair_forget(c, p);
                        continue;
                }
                X509_free(p->files->leaf); /* the largest part of it, for the few domains that come later */
                p->files->leaf = NULL;
        }
        HASH_ITER (hh, c->cas, ca, next_ca) {
                if (!end_look(&ca->looks, at_all, c->looked))
                        ca_forget(c, ca);
        }
        c->files = file_set_free(c->files);
}

void certificates_end_look(Certificates *c) {
        end_looks(c, true);
}

void certificates_end_look_at_some(Certificates *c) {
        end_looks(c, false);
}

Certificates *certificates_free(Certificates *c) {
        if (!c)
                return NULL;
        certificates_end_look(c);
        certificates_end_look(c); /* nothing was seen since */
        (void)certificate_memory_free(c->memory);
        free(c->reason);
        free(c);
        return NULL;
}

static const FileSet *files_of(Certificates *c) {
        if (!c->files)
                c->files = file_set_read(c->directory);
        return c->files;
}

/* Stamps of what is there; returns whether they differ from those of before. */
static bool take_stamps(char *const paths[], FileStamp stamps[], size_t count) {
        bool changed = false;

        for (size_t i = 0; i < count; i++) {
                FileStamp stamp = paths[i] ? file_stamp(paths[i]) : (FileStamp){ 0 };
                changed |= !file_stamp_equal(&stamp, &stamps[i]);
                stamps[i] = stamp;
        }
        return changed;
}

static void free_paths(char *paths[], size_t count) {
        for (size_t i = 0; i < count; i++)
                free(paths[i]);
}

/* Frees the paths. */
static bool have_changed(char *paths[], const FileStamp stamps[], size_t count) {
        _cleanup_free_ FileStamp *now = xcalloc(count, sizeof *now);

        memcpy(now, stamps, count * sizeof *now);
        bool changed = take_stamps(paths, now, count);
        free_paths(paths, count);
        return changed;
}

bool certificates_have_changed(const Certificates *c) {
        _cleanup_(file_set_freep) FileSet *files = file_set_read(c->directory);
        bool changed = false;

        for (const Pair *p = c->pairs; p && !changed; p = p->hh.next) {
                char *paths[_CERTIFICATE_PART_COUNT];
                certificate_pair_paths(files, p->name, paths);
                changed = have_changed(paths, p->stamps, _CERTIFICATE_PART_COUNT);
        }
        for (const Ca *ca = c->cas; ca && !changed; ca = ca->hh.next) {
                char *paths[_CLIENT_CA_PART_COUNT];
                client_ca_paths(files, ca->name, paths);
                changed = have_changed(paths, ca->stamps, _CLIENT_CA_PART_COUNT);
        }
        return changed;
}

/* ---- pairs ---- */

static bool pair_is_due(const Pair *p, int64_t now) {
        if (!p->files || now < p->checked)
                return true;
        if (p->files->reasons.count > 0)
                return now - p->checked >= TROUBLED_RECHECK;
        return now >= p->files->certificate->not_after;
}

static void pair_read(Certificates *c, Pair *p, int64_t now) {
        forget_covers(p);
        (void)certificate_pair_free(p->files);
        p->files = certificate_pair_read(c->files, p->name, now, c->memory);
        p->checked = now;
}

static bool pair_can_be_used(const Pair *p) {
        return p->files && p->files->certificate;
}

static void pair_look(Certificates *c, Pair *p, char *const paths[], int64_t now) {
        bool changed = take_stamps(paths, p->stamps, _CERTIFICATE_PART_COUNT);
        bool could_be_used = pair_can_be_used(p);

        if (changed || pair_is_due(p, now))
                pair_read(c, p, now);
        note_seen(&p->looks, could_be_used, pair_can_be_used(p), now);
}

/* NULL where there is none under that name. */
static Pair *pair_find(Certificates *c, const char *name, int64_t now) {
        char *paths[_CERTIFICATE_PART_COUNT];
        Pair *p;

        c->looked = now;
        HASH_FIND_STR(c->pairs, name, p);
        if (p && p->looks.seen)
                return p;
        certificate_pair_paths(files_of(c), name, paths);
        if (!p && paths[CERTIFICATE_LEAF]) {
                p = new0(Pair);
                p->name = xstrdup(name);
                HASH_ADD_KEYPTR(hh, c->pairs, p->name, strlen(p->name), p);
        }
        if (paths[CERTIFICATE_LEAF])
                pair_look(c, p, paths, now);
        else if (p && pair_can_be_used(p))
                note_missed(&p->looks, now);
        free_paths(paths, _CERTIFICATE_PART_COUNT);
        return p && p->looks.seen ? p : NULL;
}

/* Whether it can be used, but for other domains. */
static bool pair_is_for_others(Certificates *c, Pair *p, const char *domain, int64_t now) {
        Cover *cover;

        if (!p->files->certificate)
                return false;
        HASH_FIND_STR(p->covers, domain, cover);
        if (cover)
                return !cover->covers;
        if (!p->files->leaf)
                pair_read(c, p, now);
        if (!p->files->leaf)
                return false;
        cover = new0(Cover);
        cover->domain = xstrdup(domain);
        cover->covers = certificate_covers(p->files->leaf, domain);
        HASH_ADD_KEYPTR(hh, p->covers, cover->domain, strlen(cover->domain), cover);
        return !cover->covers;
}

/* ---- which of them ---- */

/* One label up; NULL where that has less than two labels, as no certificate is for all of ".org". */
static const char *parent_of(const char *domain) {
        ServerNameKind kind = server_name_kind(domain);
        const char *dot = kind == SERVER_NAME_REGEX || kind == SERVER_NAME_ADDRESS ? NULL : strchr(domain, '.');

        return dot && strchr(dot + 1, '.') ? dot + 1 : NULL;
}

/* A search for one query: what was found so far, and what there is to say about it. */
typedef struct Search {
        Certificates *certificates;
        const CertificateQuery *query;
        int64_t now;
        const Certificate *expired; /* the first one */
        StringList reasons;
        size_t n_reasons_of_expired; /* up to and with those about it */
} Search;

static void say_all(Search *s, const StringList *reasons) {
        for (size_t i = 0; i < reasons->count; i++)
                string_list_add(&s->reasons, reasons->items[i]);
}

/* What lies under the name, where it can be used and has not expired. */
static const Certificate *try_name(Search *s, const char *name, bool for_any_host) {
        Pair *p = pair_find(s->certificates, name, s->now);
        const char *domain = s->query->domain;

        if (!p)
                return NULL;
        bool for_others = domain && pair_is_for_others(s->certificates, p, domain, s->now);
        const CertificatePair *files = p->files;
        if (for_others && !for_any_host) {
                string_list_addf(&s->reasons, "%s cannot be used: it is not for %s", files->path, domain);
                return NULL;
        }
        say_all(s, &files->reasons);
        if (for_others)
                string_list_addf(&s->reasons, "%s is not for %s, clients will be warned", files->path, domain);
        if (files->certificate && files->expired && !s->expired) {
                s->expired = files->certificate;
                s->n_reasons_of_expired = s->reasons.count;
        }
        return files->expired ? NULL : files->certificate;
}

static const Certificate *try_chosen_name(Search *s) {
        const char *name = s->query->cert_name;

        if (!name)
                return NULL;
        if (!pair_find(s->certificates, name, s->now) && s->certificates->directory)
                string_list_addf(&s->reasons, "%s/%s.crt, which its container asks for, is not there",
                                 s->certificates->directory, name);
        return try_name(s, name, true);
}

static const Certificate *try_own_name(Search *s) {
        _cleanup_free_ char *name = s->query->domain ? site_file_name(s->query->domain) : NULL;

        return name ? try_name(s, name, false) : NULL;
}

static const Certificate *try_parent(Search *s) {
        const char *parent = s->query->domain ? parent_of(s->query->domain) : NULL;

        return parent ? try_name(s, parent, false) : NULL;
}

/* One for "*.a.org" alone: what lies under "a.org" may be for that very name. */
static const Certificate *try_wildcard(Search *s) {
        const char *parent = s->query->domain ? parent_of(s->query->domain) : NULL;
        _cleanup_free_ char *name = parent ? xasprintf("*.%s", parent) : NULL;

        return name && strcmp(name, s->query->domain) != 0 ? try_name(s, name, false) : NULL;
}

static const Certificate *try_default(Search *s) {
        return s->query->trust_default || !s->query->domain ? try_name(s, "default", true) : NULL;
}

const Certificate *certificates_find(Certificates *c, const CertificateQuery *query, int64_t now,
                                     const char **ret_reason) {
        static const Certificate *(*const steps[])(Search * s) = { try_chosen_name, try_own_name, try_wildcard,
                                                                   try_parent, try_default };
        Search s = { .certificates = c, .query = query, .now = now };
        const Certificate *found = NULL;

        for (size_t i = 0; i < sizeof steps / sizeof *steps && !found; i++)
                found = steps[i](&s);
        if (!found && s.expired) {
                found = s.expired;
                while (s.reasons.count > s.n_reasons_of_expired)
                        free(s.reasons.items[--s.reasons.count]);
        }
        REPLACE_PTR(c->reason, s.reasons.count > 0 ? string_list_join(&s.reasons, "; ") : NULL);
        string_list_clear(&s.reasons);
        *ret_reason = c->reason;
        return found;
}

/* ---- CAs of clients ---- */

static bool ca_is_due(const Ca *ca, int64_t now) {
        return ca->checked == 0 || now < ca->checked ||
               now - ca->checked >= (ca->reason ? TROUBLED_RECHECK : CA_RECHECK);
}

static void ca_look(Ca *ca, char *const paths[], int64_t now) {
        bool changed = take_stamps(paths, ca->stamps, _CLIENT_CA_PART_COUNT), could_be_used = ca->ca;

        if (changed || ca_is_due(ca, now)) {
                ca->ca = client_ca_free(ca->ca);
                REPLACE_PTR(ca->reason, NULL);
                (void)client_ca_read(paths, now, &ca->ca, &ca->reason);
                ca->checked = now;
        }
        note_seen(&ca->looks, could_be_used, ca->ca, now);
}

/* NULL where there is none under that name. */
static Ca *ca_find(Certificates *c, const char *name, int64_t now) {
        char *paths[_CLIENT_CA_PART_COUNT];
        Ca *ca;

        c->looked = now;
        HASH_FIND_STR(c->cas, name, ca);
        if (ca && ca->looks.seen)
                return ca;
        client_ca_paths(files_of(c), name, paths);
        if (!ca && paths[CLIENT_CA_ITSELF]) {
                ca = new0(Ca);
                ca->name = xstrdup(name);
                HASH_ADD_KEYPTR(hh, c->cas, ca->name, strlen(ca->name), ca);
        }
        if (paths[CLIENT_CA_ITSELF])
                ca_look(ca, paths, now);
        else if (ca && ca->ca)
                note_missed(&ca->looks, now);
        free_paths(paths, _CLIENT_CA_PART_COUNT);
        return ca && ca->looks.seen ? ca : NULL;
}

const ClientCa *certificates_find_client_ca(Certificates *c, const char *domain, int64_t now,
                                            const char **ret_reason) {
        _cleanup_free_ char *name = site_file_name(domain);
        const Ca *own = ca_find(c, name, now), *ca = own ? own : ca_find(c, "", now);

        *ret_reason = ca ? ca->reason : NULL;
        return ca ? ca->ca : NULL;
}

/* ---- accounts ---- */

void certificates_read_thumbprints(Certificates *c, ThumbprintFiles *ret, StringList *reasons) {
        thumbprint_files_read(files_of(c), ret, reasons);
}
