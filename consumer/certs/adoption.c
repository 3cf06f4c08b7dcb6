/* What other edges have, taken over where it is newer. */
#include "consumer/certs/adoption.h"

#include "common/log.h"
#include "consumer/certificate-names.h"
#include "consumer/certs/pair-check.h"
#include "consumer/certs/private-key.h"
#include "consumer/certs/store.h"

#include <string.h>

/* Their names too: one of them may be isolated where it was tried. */
static void list_unsynced(const Roster *r, StringList *ids, StringList *bases) {
        for (Managed *m = r->all; m; m = m->hh.next) {
                if (!m->wanted)
                        continue;
                if (!m->account->is_synced && !string_list_contains(ids, m->account->id))
                        string_list_add(ids, m->account->id);
                if (m->is_synced)
                        continue;
                for (size_t i = 0; i < m->wanted->names.count; i++)
                        string_list_add(bases, m->wanted->names.items[i]);
        }
}

void adoption_fetch(Roster *r, Sharing *s) {
        _cleanup_string_list_ StringList ids = { 0 }, bases = { 0 };

        if (sharing_is_alone(s)) {
                for (Managed *m = r->all; m; m = m->hh.next) {
                        m->is_synced = true;
                        if (m->wanted)
                                m->account->is_synced = true;
                }
                return;
        }
        list_unsynced(r, &ids, &bases);
        sharing_fetch_accounts(s, (const char *const *)ids.items, ids.count);
        sharing_fetch_certificates(s, (const char *const *)bases.items, bases.count);
}

void adoption_forget(Roster *r) {
        for (Managed *m = r->all; m; m = m->hh.next) {
                m->is_synced = false;
                if (m->wanted)
                        m->account->is_synced = false;
        }
}

/* ---- accounts ---- */

bool adoption_account(Roster *r, Sharing *s, const char *id, const char *key_pem) {
        Account *a = accounts_find_id(r->accounts, id);
        _cleanup_free_ char *thumbprint = NULL, *message = NULL;

        if (!a)
                return false;
        a->is_synced = true;
        if (!key_pem) {
                if (a->thumbprint && sharing_may_issue(s))
                        sharing_put_account(s, a);
                return true;
        }
        if (key_thumbprint(key_pem, &thumbprint) >= 0 && streq_or_null(thumbprint, a->thumbprint))
                return true;
        if (account_take_key(a, key_pem, &message) < 0)
                log_error("The key of an account that another edge has cannot be taken over: %s", message);
        a->is_enrolled = false;
        return true;
}

/* ---- certificates ---- */

void adoption_put(const Roster *r, Sharing *s, const Managed *m) {
        _cleanup_free_ char *chain = NULL;
        _cleanup_secret_ char *key = NULL;

        if (!sharing_may_issue(s) || !m->wanted)
                return;
        if (m->is_installed && store_load(r->places.cert_dir, m->base, &chain, &key) < 0)
                return;
        sharing_put_certificate(s, m->base, &(SharedCertificate){ .chain = chain, .key = key, .history = m->history });
}

static bool is_newer(const Managed *m, const InstalledCertificate *theirs) {
        return !m->is_installed || theirs->not_before > m->installed.not_before;
}

/* What theirs is not for, because they got it on without that name or do not know of it yet, is served as before.
 * Returns whether there is such a name. */
static bool keep_others(Roster *r, const Managed *m, const StringList *theirs, StringList *names, int64_t now) {
        for (size_t i = 0; i < m->wanted->names.count; i++) {
                const char *name = m->wanted->names.items[i];
                if (certificate_names_cover(theirs, name))
                        string_list_add(names, name);
                else
                        roster_serve_alone(r, m, name, now);
        }
        return names->count < m->wanted->names.count;
}

static bool take_pair(Roster *r, Managed *m, const SharedCertificate *shared, const StringList *theirs, int64_t now) {
        _cleanup_string_list_ StringList names = { 0 };
        _cleanup_free_ char *message = NULL;
        bool others = keep_others(r, m, theirs, &names, now);

        if (managed_install(m, &r->places, &names, shared->chain, shared->key, now, &message) < 0)
                log_error_about(ABOUT(.domain = m->base),
                                "The certificate of %s that another edge has cannot be written: %s", m->base, message);
        else
                log_info_about(ABOUT(.domain = m->base), "Certificate of %s is taken over from another edge", m->base);
        return others;
}

static int64_t last_act(const History *h) {
        int64_t ordered = h->n_orders > 0 ? h->orders[h->n_orders - 1] : 0;

        return h->failing_since > ordered ? h->failing_since : ordered;
}

/* Returns whether what is isolated has changed. */
static bool take_history(const Roster *r, Managed *m, const History *theirs) {
        bool isolated = m->history->isolated;

        if (!theirs || last_act(theirs) < last_act(m->history))
                return false;
        (void)history_free(m->history);
        m->history = history_copy(theirs);
        managed_save(m, &r->places);
        return isolated != m->history->isolated;
}

bool adoption_certificate(Roster *r, Sharing *s, const char *base, const SharedCertificate *shared, int64_t now) {
        Managed *m = roster_find(r, base);
        InstalledCertificate theirs = { 0 };
        _cleanup_free_ char *flaw = NULL;

        if (!m && shared && shared->history && shared->history->isolated)
                m = roster_find_or_make(r, base, now);
        if (!m)
                return false;
        m->is_synced = true;
        bool described = shared && shared->chain && shared->key &&
                         pair_describe(shared->chain, strlen(shared->chain), shared->key, strlen(shared->key), now,
                                       &theirs, &flaw) >= 0;
        bool newer = described && is_newer(m, &theirs);
        bool changed = shared && take_history(r, m, shared->history);
        if (newer && m->wanted)
                changed |= take_pair(r, m, shared, &theirs.names, now);
        else if (!newer)
                adoption_put(r, s, m);
        if (described)
                installed_done(&theirs);
        return changed;
}
