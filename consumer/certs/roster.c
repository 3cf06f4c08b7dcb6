/* All certificates that are kept. */
#include "consumer/certs/roster.h"

#include "common/log.h"
#include "consumer/certificate-folder.h"
#include "consumer/certs/history-file.h"
#include "consumer/certs/private-key.h"
#include "consumer/certs/store.h"
#include "consumer/certs/thumbprints.h"

#include <string.h>

Managed *roster_find(const Roster *r, const char *base) {
        Managed *m;

        HASH_FIND_STR(r->all, base, m);
        return m;
}

Managed *roster_find_or_make(Roster *r, const char *base, int64_t now) {
        Managed *m = roster_find(r, base);

        if (m)
                return m;
        m = managed_new(&r->places, base, now);
        m->issuance = r->issuance;
        HASH_ADD_KEYPTR(hh, r->all, m->base, strlen(m->base), m);
        return m;
}

/* Those that are isolated count before anybody asks for them. */
static void load_isolated(Roster *r, int64_t now) {
        _cleanup_string_list_ StringList bases = { 0 };
        _cleanup_free_ char *message = NULL;

        if (history_file_list(r->places.history_dir, &bases, &message) < 0)
                log_error("%s", message);
        for (size_t i = 0; i < bases.count; i++) {
                _cleanup_(history_freep) History *h = history_file_load(r->places.history_dir, bases.items[i], now);
                if (h->isolated)
                        (void)roster_find_or_make(r, bases.items[i], now);
        }
}

Roster *roster_new(const CertsPolicy *policy, ManagedPlaces places, const char *directory, const char *client) {
        Roster *r = new0(Roster);

        r->policy = *policy;
        r->places = places;
        r->accounts = accounts_new(directory, client);
        return r;
}

static void forget(Roster *r, Managed *m) {
        HASH_DEL(r->all, m);
        (void)managed_free(m);
}

Roster *roster_free(Roster *r) {
        Managed *m, *next;

        if (!r)
                return NULL;
        HASH_ITER (hh, r->all, m, next)
                forget(r, m);
        r->wanted = wanted_free(r->wanted);
        r->accounts = accounts_free(r->accounts);
        free(r->trouble);
        free(r);
        return NULL;
}

/* ---- what is wanted ---- */

static bool is_among(void *userdata, const char *name) {
        return string_list_contains(userdata, name);
}

static bool is_isolated(void *userdata, const char *name) {
        const Managed *m = roster_find(userdata, name);

        return m && m->history->isolated;
}

/* An operator who serves a name with files of his own has decided. */
static void drop_foreign(const Roster *r, WantedCertificates *wanted) {
        _cleanup_string_list_ StringList names = { 0 }, foreign = { 0 };

        for (size_t i = 0; i < wanted->count; i++)
                for (size_t k = 0; k < wanted->items[i].names.count; k++)
                        string_list_add(&names, wanted->items[i].names.items[k]);
        store_foreign_names(r->places.cert_dir, &names, &foreign);
        if (foreign.count > 0)
                wanted_drop(wanted, is_among, &foreign,
                            "files of the operator's own for it lie in the directory of certificates");
}

/* Says so when a wish becomes one of them, not each time. */
static void log_set_aside(const WantedCertificates *before, const WantedCertificates *now) {
        for (size_t i = 0; i < now->n_set_aside; i++) {
                const SetAside *a = &now->set_aside[i];
                if (!before || !wanted_has_set_aside(before, a))
                        log_warning_about(ABOUT(.domain = a->domain, .key = a->key, .reason = a->reason),
                                          "The certificate of %s that %s asks for is set aside: %s", a->domain, a->key,
                                          a->reason);
        }
}

void roster_settle(Roster *r, const Sites *sites, int64_t now) {
        WantedCertificates *wanted = wanted_from_sites(sites, &r->policy), *before = r->wanted;
        Managed *m, *next;

        if (!before)
                load_isolated(r, now);
        drop_foreign(r, wanted);
        log_set_aside(before, wanted);
        wanted_isolate(wanted, is_isolated, r);
        r->wanted = wanted;
        for (size_t i = 0; i < wanted->count; i++) {
                const WantedCertificate *w = &wanted->items[i];
                m = roster_find_or_make(r, w->names.items[0], now);
                managed_want(m, w, accounts_find(r->accounts, w->terms.ca, w->terms.email, now));
        }
        HASH_ITER (hh, r->all, m, next) {
                if (wanted_find(wanted, m->base))
                        continue;
                if (m->history->isolated)
                        managed_unwant(m);
                else
                        forget(r, m);
        }
        (void)wanted_free(before);
}

/* ---- names that fail ---- */

/* The old certificate goes with them, since the next one that comes in its place will be without their names. */
static void give_pair(const Roster *r, const Managed *from, Managed *to, const StringList *names, int64_t now) {
        _cleanup_free_ char *chain = NULL, *message = NULL;
        _cleanup_secret_ char *key = NULL;

        if (!from->is_installed || to->is_installed || !string_list_contains(&from->installed.names, to->base) ||
            store_load(r->places.cert_dir, from->base, &chain, &key) < 0)
                return;
        if (store_install(r->places.cert_dir, to->base, names, chain, key, &message) < 0)
                log_error_about(ABOUT(.domain = to->base), "The old certificate of %s may be lost for it: %s",
                                to->base, message);
        managed_read(to, &r->places, now);
}

void roster_serve_alone(Roster *r, const Managed *m, const char *name, int64_t now) {
        Managed *alone = roster_find_or_make(r, name, now);
        _cleanup_string_list_ StringList itself = { 0 };

        string_list_add(&itself, name);
        if (alone != m)
                give_pair(r, m, alone, &itself, now);
}

static void isolate_one(Roster *r, const Managed *m, const char *name, int64_t now) {
        Managed *alone = roster_find_or_make(r, name, now);

        alone->history->isolated = true;
        managed_save(alone, &r->places);
        roster_serve_alone(r, m, name, now);
}

void roster_isolate(Roster *r, Managed *m, const StringList *names, int64_t now) {
        _cleanup_string_list_ StringList rest = { 0 };

        for (size_t i = 0; i < m->wanted->names.count; i++)
                if (!string_list_contains(names, m->wanted->names.items[i]))
                        string_list_add(&rest, m->wanted->names.items[i]);
        /* Where the base is among them, the others go by another one. */
        if (rest.count > 0 && strcmp(rest.items[0], m->base) != 0)
                give_pair(r, m, roster_find_or_make(r, rest.items[0], now), &rest, now);
        for (size_t i = 0; i < names->count; i++)
                isolate_one(r, m, names->items[i], now);
}

static bool has_recovered(const Managed *m) {
        return m && m->history->isolated && m->history->n_issued > 0 && !managed_is_retry(m) && !m->is_refused;
}

static void rejoin_one(Roster *r, const char *name, StringList *ret) {
        Managed *alone = roster_find(r, name);

        if (!has_recovered(alone))
                return;
        alone->history->isolated = false;
        managed_save(alone, &r->places);
        string_list_add(ret, name);
}

void roster_rejoin(Roster *r, const Managed *m, const Sites *sites, StringList *ret) {
        _cleanup_(wanted_freep) WantedCertificates *asked = wanted_from_sites(sites, &r->policy);

        for (size_t i = 0; i < asked->count; i++) {
                const StringList *names = &asked->items[i].names;
                if (names->count < 2 || !string_list_contains(names, m->base))
                        continue;
                for (size_t k = 0; k < names->count; k++)
                        rejoin_one(r, names->items[k], ret);
        }
}

/* ---- what nobody wants ---- */

static void prune_one(Roster *r, const char *base, int64_t now) {
        _cleanup_(history_freep) History *h = history_file_load(r->places.history_dir, base, now);
        _cleanup_free_ char *message = NULL;
        Managed *m = roster_find(r, base);

        if ((m && m->wanted) || !history_is_spent(h, now))
                return;
        if (history_file_remove(r->places.history_dir, base, &message) < 0)
                log_error("%s", message);
        else if (m)
                forget(r, m);
}

void roster_prune(Roster *r, int64_t now) {
        _cleanup_string_list_ StringList bases = { 0 };
        _cleanup_free_ char *message = NULL;

        if (history_file_list(r->places.history_dir, &bases, &message) < 0)
                log_error("%s", message);
        for (size_t i = 0; i < bases.count; i++)
                prune_one(r, bases.items[i], now);
}

/* ---- what HTTP-01 is answered with ---- */

typedef struct NameThumbprints {
        NameThumbprint *items;
        size_t count;
} NameThumbprints;

static int compare_names(const void *a, const void *b) {
        const NameThumbprint *x = a, *y = b;
        int order = strcmp(x->name, y->name);

        return order != 0 ? order : strcmp(x->thumbprint, y->thumbprint);
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that two certificates have is answered for one account alone: always the same. */
static void drop_repeated(NameThumbprints *t) {
        size_t kept = 0;

        if (t->count > 1)
                qsort(t->items, t->count, sizeof *t->items, compare_names);
        for (size_t i = 0; i < t->count; i++)
                if (kept == 0 || strcmp(t->items[kept - 1].name, t->items[i].name) != 0)
                        t->items[kept++] = t->items[i];
        t->count = kept;
}

/* The account that most names have: the others need a file each. */
static const char *most_frequent(const NameThumbprints *t) {
        _cleanup_free_ const char **texts = t->count > 0 ? xcalloc(t->count, sizeof *texts) : NULL;
        const char *best = NULL;
        size_t most = 0, run = 0;

        for (size_t i = 0; i < t->count; i++)
                texts[i] = t->items[i].thumbprint;
        if (t->count > 1)
                qsort(texts, t->count, sizeof *texts, compare_texts);
        for (size_t i = 0; i < t->count; i++) {
                run = i > 0 && strcmp(texts[i - 1], texts[i]) == 0 ? run + 1 : 1;
                if (run > most) {
                        best = texts[i];
                        most = run;
                }
        }
        return best;
}

static void list_thumbprints(const Roster *r, NameThumbprints *ret) {
        for (const Managed *m = r->all; m; m = m->hh.next) {
                if (!m->wanted || !m->account->thumbprint || m->wanted->terms.challenge != CHALLENGE_HTTP_01)
                        continue;
                for (size_t i = 0; i < m->wanted->names.count; i++) {
                        array_grow(ret->items, ret->count);
                        ret->items[ret->count++] =
                                (NameThumbprint){ m->wanted->names.items[i], m->account->thumbprint };
                }
        }
        drop_repeated(ret);
}

void roster_write_thumbprints(Roster *r) {
        NameThumbprints t = { 0 };
        char *trouble = NULL;

        list_thumbprints(r, &t);
        (void)thumbprints_write(r->places.cert_dir, most_frequent(&t), t.items, t.count, &trouble);
        if (trouble && !streq_or_null(trouble, r->trouble))
                log_error("What HTTP-01 is answered with cannot be written: %s", trouble);
        REPLACE_PTR(r->trouble, trouble);
        free(t.items);
}
