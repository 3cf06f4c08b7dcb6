/* One certificate that is kept. */
#include "consumer/certs/managed.h"

#include "common/chance.h"
#include "common/log.h"
#include "consumer/certificate-folder.h"
#include "consumer/certs/history-file.h"
#include "consumer/certs/private-key.h"
#include "consumer/certs/store.h"

#include <errno.h>
#include <string.h>

enum { QUIET_FIRST_SEC = 5, QUIET_MAX_SEC = 600, WARN_EVERY_SEC = 24 * 3600 };

void managed_read(Managed *m, const ManagedPlaces *places, int64_t now) {
        _cleanup_free_ char *reason = NULL;
        InstalledCertificate installed = { 0 };
        int r = store_read(places->cert_dir, m->base, now, &installed, &reason);

        if (m->is_installed)
                installed_done(&m->installed);
        m->is_installed = r >= 0;
        m->installed = installed;
        if (r < 0 && r != -ENOENT)
                log_warning_about(ABOUT(.domain = m->base, .reason = reason),
                                  "The certificate of %s that is there cannot be used: %s", m->base, reason);
}

Managed *managed_new(const ManagedPlaces *places, const char *base, int64_t now) {
        Managed *m = new0(Managed);

        m->base = xstrdup(base);
        m->folder = certificate_folder(base);
        m->history = history_file_load(places->history_dir, base, now);
        managed_read(m, places, now);
        return m;
}

Managed *managed_free(Managed *m) {
        if (!m)
                return NULL;
        m->order = order_free(m->order);
        if (m->is_installed)
                installed_done(&m->installed);
        m->history = history_free(m->history);
        managed_drop_pair(m);
        free(m->waits_for);
        free(m->folder);
        free(m->base);
        free(m);
        return NULL;
}

static void save(const Managed *m, const ManagedPlaces *places, const History *history) {
        _cleanup_free_ char *message = NULL;

        if (history_file_save(places->history_dir, m->base, history, &message) < 0)
                log_error_about(ABOUT(.domain = m->base), "%s; after a restart a CA may be asked too soon", message);
}

void managed_save(const Managed *m, const ManagedPlaces *places) {
        save(m, places, m->history);
}

void managed_save_as_failed(const Managed *m, const ManagedPlaces *places, int64_t now, int64_t first_wait,
                            const char *reason) {
        _cleanup_free_ char *json = history_encode(m->history);
        char asked[DIGEST_SIZE];
        _cleanup_(history_freep) History *copy = NULL;

        if (history_decode(&copy, json, strlen(json)) < 0)
                return;
        wanted_digest(&m->wanted->names, &m->wanted->terms, asked);
        history_failed(copy, asked, now, first_wait, 0, 0, reason);
        save(m, places, copy);
}

int managed_install(Managed *m, const ManagedPlaces *places, const char *chain, const char *key, int64_t now,
                    char **ret_message) {
        int r = store_install(places->cert_dir, m->base, &m->wanted->names, chain, key, ret_message);

        if (r >= 0)
                managed_read(m, places, now);
        return r;
}

void managed_keep_pair(Managed *m, const char *chain, const char *key) {
        managed_drop_pair(m);
        m->chain = xstrdup(chain);
        m->key = xstrdup(key);
}

void managed_drop_pair(Managed *m) {
        secret_free(TAKE_PTR(m->key));
        REPLACE_PTR(m->chain, NULL);
}

void managed_warn_of_end(Managed *m, int64_t now) {
        const History *h = m->history;

        if (!m->wanted || !m->is_installed || h->failures == 0 || now - m->warned_at < WARN_EVERY_SEC)
                return;
        m->warned_at = now;
        log_warning_about(ABOUT(.domain = m->base, .reason = h->reason),
                          "The certificate of %s ends in %lld days, and renewing it has failed for %lld days: %s",
                          m->base, (long long)((m->installed.not_after - now) / (24 * 3600)),
                          (long long)((now - h->failing_since) / (24 * 3600)), h->reason);
}

void managed_failed(Managed *m, int64_t now, int64_t first_wait, int64_t retry_after, const char *reason) {
        char asked[DIGEST_SIZE];

        if (m->wanted)
                wanted_digest(&m->wanted->names, &m->wanted->terms, asked);
        history_failed(m->history, m->wanted ? asked : NULL, now, first_wait, retry_after, chance(), reason);
}

void managed_wait(Managed *m, int64_t now, const char *reason) {
        int64_t wait = QUIET_FIRST_SEC;

        for (unsigned i = 0; i < m->quiet_times && wait < QUIET_MAX_SEC; i++)
                wait *= 2;
        m->quiet_times++;
        m->quiet_until = now + (wait < QUIET_MAX_SEC ? wait : QUIET_MAX_SEC);
        REPLACE_PTR(m->waits_for, xstrdup(reason));
}

static bool same_names(const StringList *a, const StringList *b) {
        if (a->count != b->count)
                return false;
        for (size_t i = 0; i < a->count; i++)
                if (strcmp(a->items[i], b->items[i]) != 0)
                        return false;
        return true;
}

static bool same_terms(const CertificateTerms *a, const CertificateTerms *b) {
        return a->key_type == b->key_type && a->challenge == b->challenge && streq_or_null(a->ca, b->ca) &&
               streq_or_null(a->email, b->email) && streq_or_null(a->preferred_chain, b->preferred_chain) &&
               streq_or_null(a->profile, b->profile);
}

void managed_unwant(Managed *m) {
        m->order = order_free(m->order);
        m->wanted = NULL;
}

void managed_want(Managed *m, const WantedCertificate *wanted, Account *account) {
        bool same = m->wanted && same_names(&m->wanted->names, &wanted->names) &&
                    same_terms(&m->wanted->terms, &wanted->terms);

        m->wanted = wanted;
        m->account = account;
        if (same)
                return;
        m->order = order_free(m->order);
        m->is_refused = false;
        m->quiet_until = 0;
        m->quiet_times = 0;
        REPLACE_PTR(m->waits_for, NULL);
}
