/* One certificate that is kept. */
#include "consumer/certs/managed.h"

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
        m->broken_off = history_free(m->broken_off);
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

CertificateStep managed_step(const Managed *m, int64_t now) {
        return plan_certificate(m->wanted, m->is_installed ? &m->installed : NULL, m->history, now);
}

/* ---- its order ---- */

void managed_asked(Managed *m, const ManagedPlaces *places, int64_t now, int64_t first_wait) {
        char asked[DIGEST_SIZE];

        history_ordered(m->history, now);
        wanted_digest(&m->wanted->names, &m->wanted->terms, asked);
        m->broken_off = history_copy(m->history);
        history_failed(m->broken_off, asked, now, first_wait, 0, 0, "its order was broken off");
        save(m, places, m->broken_off);
}

void managed_order_ended(Managed *m) {
        m->order = NULL;
        m->broken_off = history_free(m->broken_off);
}

void managed_break_off(Managed *m) {
        m->order = order_free(m->order);
        if (!m->broken_off)
                return;
        (void)history_free(m->history);
        m->history = TAKE_PTR(m->broken_off);
}

/* ---- what came of it ---- */

int managed_install(Managed *m, const ManagedPlaces *places, const StringList *names, const char *chain,
                    const char *key, int64_t now, char **ret_message) {
        int r = store_install(places->cert_dir, m->base, names, chain, key, ret_message);

        if (r < 0)
                return r;
        managed_read(m, places, now);
        m->is_new = true;
        return 0;
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

const char *managed_trouble(const Managed *m, int64_t now) {
        const History *of_account = m->wanted ? m->account->history : NULL;

        if (!m->wanted || managed_step(m, now).act == CERTIFICATE_KEEP)
                return NULL;
        if (m->is_refused)
                return m->waits_for;
        if (m->history->failures > 0)
                return m->history->reason;
        if (!m->account->is_enrolled && of_account->failures > 0)
                return of_account->reason;
        return m->quiet_times > 0 ? m->waits_for : NULL;
}

void managed_warn_of_end(Managed *m, int64_t now) {
        const char *trouble = m->is_installed ? managed_trouble(m, now) : NULL;

        if (!trouble || (m->warned_at <= now && now - m->warned_at < WARN_EVERY_SEC))
                return;
        m->warned_at = now;
        log_warning_about(
                ABOUT(.domain = m->base, .reason = trouble),
                "The certificate of %s ends in %lld days, and another one, due for %lld days, cannot be had: %s",
                m->base, (long long)((m->installed.not_after - now) / (24 * 3600)),
                (long long)((now - managed_step(m, now).due) / (24 * 3600)), trouble);
}

void managed_wait(Managed *m, int64_t now, const char *reason) {
        int64_t wait = QUIET_FIRST_SEC;

        for (unsigned i = 0; i < m->quiet_times && wait < QUIET_MAX_SEC; i++)
                wait *= 2;
        m->quiet_times++;
        m->quiet_until = now + (wait < QUIET_MAX_SEC ? wait : QUIET_MAX_SEC);
        REPLACE_PTR(m->waits_for, xstrdup(reason));
}

int64_t managed_quiet_until(const Managed *m, int64_t now) {
        return m->quiet_until <= now + MANAGED_QUIET_MAX_SEC ? m->quiet_until : now;
}

bool managed_is_retry(const Managed *m) {
        return m->history->failures > 0 || m->quiet_times > 0;
}

/* ---- what is wanted ---- */

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

/* What held for what was wanted until now. */
static void forget_wish(Managed *m) {
        managed_break_off(m);
        managed_drop_pair(m);
        m->is_refused = false;
        m->quiet_until = 0;
        m->quiet_times = 0;
        REPLACE_PTR(m->waits_for, NULL);
}

void managed_unwant(Managed *m) {
        forget_wish(m);
        m->wanted = NULL;
}

void managed_want(Managed *m, const WantedCertificate *wanted, Account *account) {
        if (m->wanted &&
            !(same_names(&m->wanted->names, &wanted->names) && same_terms(&m->wanted->terms, &wanted->terms)))
                forget_wish(m);
        m->wanted = wanted;
        m->account = account;
}
