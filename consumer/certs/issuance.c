/* Keeps certificates there. What is due is found by looking at all of them, which needs no I/O. */
#include "consumer/certs/issuance.h"

#include "common/log.h"
#include "common/timer.h"
#include "consumer/certs/adoption.h"
#include "consumer/certs/after.h"
#include "consumer/certs/budget.h"
#include "consumer/certs/client.h"
#include "consumer/certs/enrolment.h"
#include "consumer/certs/history-file.h"
#include "consumer/certs/store.h"
#include "consumer/certs/timing.h"

#include <string.h>
#include <time.h>

enum {
        LOOK_AT_LEAST_SEC = 3600, /* clocks step */
        ASK_AGAIN_SEC = 3600,     /* where a client has nothing newer */
};

struct Issuance {
        sd_event *event; /* borrowed */
        const CertsSettings *settings;
        Roster *roster;
        Sharing *sharing;
        const Sites *sites; /* NULL before the first wish */
        Client *client;
        Budget *budget;
        Enrolment *enrolment;
        After *after;
        sd_event_source *look;
        IssuanceHandlers handlers;
};

static int64_t wall_clock(void) {
        return (int64_t)time(NULL);
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata);

void issuance_look(Issuance *is) {
        if (is->sites)
                timer_arm(&is->look, is->event, 0, on_look, is);
}

static void tell(const Issuance *is) {
        is->handlers.settled(is->handlers.userdata);
}

/* ---- what came of an order ---- */

static void log_failure(const Issuance *is, const Managed *m, const OrderResult *r, int64_t now) {
        _cleanup_free_ char *names = string_list_join(&m->wanted->names, ", ");

        (void)is;
        log_error_about(ABOUT(.domain = m->base, .reason = r->reason),
                        "No certificate for %s: %s; %s, tried again in %lld s", names, r->reason,
                        m->is_installed ? "the one that is there stays" : "there is none yet",
                        (long long)(m->history->retry_at - now));
        if (r->output && *r->output)
                log_info_about(ABOUT(.domain = m->base), "The client said about %s: %s", m->base, r->output);
}

static void run_after(const Issuance *is, const Managed *m) {
        const char *directory = is->roster->places.cert_dir;
        _cleanup_free_ char *certificate = xasprintf("%s/%s/fullchain.pem", directory, m->folder);
        _cleanup_free_ char *key = xasprintf("%s/%s/key.pem", directory, m->folder);

        after_run(is->after, &m->wanted->names, certificate, key);
}

/* Puts what was issued in the store. Where that cannot be written it is kept, and tried again without another order.
 */
static void put_in_store(Issuance *is, Managed *m, int64_t now) {
        _cleanup_free_ char *message = NULL, *names = string_list_join(&m->wanted->names, ", ");

        if (managed_install(m, &is->roster->places, m->chain, m->key, now, &message) < 0) {
                managed_wait(m, now, "what was issued cannot be written");
                log_error_about(ABOUT(.domain = m->base), "The new certificate of %s cannot be written: %s", m->base,
                                message);
                return;
        }
        m->quiet_times = 0;
        m->quiet_until = 0;
        log_info_about(ABOUT(.domain = m->base), "Certificate for %s is there, for %lld days", names,
                       (long long)((m->installed.not_after - now) / (24 * 3600)));
        sharing_put_certificate(is->sharing, m->base,
                                &(SharedCertificate){ .chain = m->chain, .key = m->key, .history = m->history });
        run_after(is, m);
        managed_drop_pair(m);
}

static void take_issued(Issuance *is, Managed *m, const OrderResult *r, int64_t now) {
        const CertificateTerms *terms = &m->wanted->terms;

        history_issued(m->history, now, terms->ca, terms->preferred_chain, terms->profile);
        budget_count_issued(is->budget, &m->wanted->names, now);
        managed_save(m, &is->roster->places);
        managed_keep_pair(m, r->chain, r->key);
        put_in_store(is, m, now);
}

/* A failure that is that of some names leaves the others free to go on at once. */
static bool isolate(Issuance *is, Managed *m, const OrderResult *r, int64_t now, bool counts) {
        if (!r->names || r->names->count == 0 || r->names->count >= m->wanted->names.count)
                return false;
        _cleanup_free_ char *names = string_list_join(r->names, ", ");
        log_error_about(ABOUT(.domain = m->base, .reason = r->reason),
                        "The certificate of %s goes on without %s, tried by itself from now on: %s", m->base, names,
                        r->reason);
        roster_isolate(is->roster, m, r->names, now);
        for (size_t i = 0; i < r->names->count; i++) {
                Managed *alone = roster_find(is->roster, r->names->items[i]);
                if (counts)
                        managed_failed(alone, now, (int64_t)is->settings->retry_sec, r->retry_after, r->reason);
                else
                        managed_wait(alone, now, r->reason);
                managed_save(alone, &is->roster->places);
        }
        return true;
}

static void take_failure(Issuance *is, Managed *m, const OrderResult *r, int64_t now) {
        bool isolated = isolate(is, m, r, now, true);

        m->account->is_enrolled = false; /* the CA may have forgotten it; asking again is cheap */
        if (!isolated) {
                managed_failed(m, now, (int64_t)is->settings->retry_sec, r->retry_after, r->reason);
                log_failure(is, m, r, now);
        }
        managed_save(m, &is->roster->places);
        sharing_put_certificate(is->sharing, m->base, &(SharedCertificate){ .history = m->history });
}

static void take_unreachable(Issuance *is, Managed *m, const OrderResult *r, int64_t now) {
        if (isolate(is, m, r, now, false))
                return;
        if (m->quiet_times == 0)
                log_warning_about(ABOUT(.domain = m->base, .reason = r->reason),
                                  "%s does not answer the challenge through this edge (--acme-self-check), so no CA "
                                  "is asked: %s",
                                  m->base, r->reason);
        managed_wait(m, now, r->reason);
}

static void on_order_done(void *userdata, const OrderResult *r) {
        Managed *m = userdata;
        Issuance *is = m->issuance;
        int64_t now = wall_clock();

        m->order = NULL;
        switch (r->outcome) {
        case ORDER_ISSUED:
                take_issued(is, m, r, now);
                break;
        case ORDER_UNREACHABLE:
                take_unreachable(is, m, r, now);
                break;
        case ORDER_UNCHANGED:
                m->quiet_until = now + ASK_AGAIN_SEC;
                managed_save(m, &is->roster->places);
                break;
        case ORDER_REFUSED:
                m->is_refused = true;
                REPLACE_PTR(m->waits_for, xstrdup(r->reason));
                log_error_about(ABOUT(.domain = m->base, .reason = r->reason),
                                "No certificate for %s, and it is not tried again: %s", m->base, r->reason);
                managed_save(m, &is->roster->places);
                break;
        case ORDER_FAILED:
                take_failure(is, m, r, now);
                break;
        }
        issuance_settle(is);
        tell(is);
}

/* ---- what is due ---- */

/* Said before anybody hears of it: should this process end, the next one does not begin anew at once. */
static void on_asking(void *userdata) {
        Managed *m = userdata;
        Issuance *is = m->issuance;
        int64_t now = wall_clock();

        history_ordered(m->history, now);
        budget_count_order(is->budget, now);
        managed_save_as_failed(m, &is->roster->places, now, (int64_t)is->settings->retry_sec,
                               "the program ended while it was ordered");
}

static const char *self_check_url(const Issuance *is) {
        return strcmp(is->settings->self_check, "none") == 0 ? NULL : is->settings->self_check;
}

static Timing timing(const Issuance *is, const Managed *m, int64_t now) {
        return certificate_timing(m, is->budget, is->enrolment, sharing_may_issue(is->sharing), now);
}

/* Tries that failed before may take half of the places, so that what is new never waits for what hangs. */
static bool has_room(const Issuance *is, const Managed *candidate) {
        size_t under_way = 0, retries = 0, room = is->settings->at_once;

        for (const Managed *m = is->roster->all; m; m = m->hh.next) {
                under_way += m->order != NULL;
                retries += m->order && m->history->failures > 0;
        }
        return under_way < room && (candidate->history->failures == 0 || retries < (room + 1) / 2);
}

/* Returns false where the roster has changed under it. */
static bool begin(Issuance *is, Managed *m, const CertificateStep *step, int64_t now) {
        OrderHandlers handlers = { .asking = on_asking, .done = on_order_done, .userdata = m };

        if (m->chain) {
                put_in_store(is, m, now);
        } else if (!m->account->is_enrolled) {
                if (enrolment_at(is->enrolment, m->account, now) <= now)
                        enrolment_begin(is->enrolment, m->account, &m->wanted->terms, now);
        } else if (step->act == CERTIFICATE_RENEW && roster_rejoin(is->roster, m, is->sites)) {
                issuance_settle(is);
                return false;
        } else {
                log_info_about(ABOUT(.domain = m->base), "Certificate of %s: %s, since %s", m->base,
                               certificate_act_name(step->act), step->why);
                order_start(&m->order, is->event, is->client, m->account, m->wanted, self_check_url(is), handlers);
        }
        return true;
}

/* ---- looking ---- */

typedef struct Due {
        Managed *managed;
        CertificateStep step;
} Due;

/* First what has no certificate, then what has not failed, then what has been due longest. */
static int compare_due(const void *a, const void *b) {
        const Due *x = a, *y = b;

        if (x->managed->is_installed != y->managed->is_installed)
                return x->managed->is_installed ? 1 : -1;
        if (x->managed->history->failures != y->managed->history->failures)
                return x->managed->history->failures > y->managed->history->failures ? 1 : -1;
        return x->step.due == y->step.due ? strcmp(x->managed->base, y->managed->base)
                                          : (x->step.due > y->step.due ? 1 : -1);
}

/* What may be begun now; `*next` becomes earlier where something may be begun before it. */
static Due *find_due(const Issuance *is, int64_t now, int64_t *next, size_t *ret_count) {
        Due *due = NULL;

        *ret_count = 0;
        for (Managed *m = is->roster->all; m; m = m->hh.next) {
                if (!m->wanted)
                        continue;
                Timing t = timing(is, m, now);
                if (t.at > now) {
                        *next = t.at < *next ? t.at : *next;
                        continue;
                }
                array_grow(due, *ret_count);
                due[(*ret_count)++] = (Due){ m, t.step };
        }
        if (*ret_count > 0)
                qsort(due, *ret_count, sizeof *due, compare_due);
        return due;
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata) {
        Issuance *is = userdata;
        int64_t now = wall_clock(), next = now + LOOK_AT_LEAST_SEC;
        size_t count;
        _cleanup_free_ Due *due = find_due(is, now, &next, &count);

        (void)source, (void)usec;
        for (size_t i = 0; i < count; i++) {
                if (!has_room(is, due[i].managed))
                        continue;
                if (!begin(is, due[i].managed, &due[i].step, now))
                        return 0;
                int64_t at = timing(is, due[i].managed, now).at;
                next = at > now && at < next ? at : next;
        }
        for (Managed *m = is->roster->all; m; m = m->hh.next)
                managed_warn_of_end(m, now);
        timer_arm(&is->look, is->event, (uint64_t)(next - now) * 1000000, on_look, is);
        if (count > 0)
                tell(is);
        return 0;
}

/* ---- what is wanted ---- */

/* Accounts get their keys from another edge that has them, else here. */
static void make_account_keys(Issuance *is) {
        for (const Managed *m = is->roster->all; m; m = m->hh.next) {
                _cleanup_free_ char *message = NULL;
                if (!m->wanted || m->account->thumbprint || !m->account->is_synced || !sharing_may_issue(is->sharing))
                        continue;
                if (account_make_key(m->account, &message) < 0)
                        log_error("%s", message);
                else
                        sharing_put_account(is->sharing, m->account);
        }
}

void issuance_settle(Issuance *is) {
        if (!is->sites)
                return;
        roster_settle(is->roster, is->sites, wall_clock());
        adoption_fetch(is->roster, is->sharing);
        make_account_keys(is);
        roster_write_thumbprints(is->roster);
        issuance_look(is);
}

void issuance_want(Issuance *is, const Sites *sites) {
        is->sites = sites;
        issuance_settle(is);
}

/* ---- what it says ---- */

IssuanceCounts issuance_count(const Issuance *is) {
        IssuanceCounts c = { 0 };

        for (const Managed *m = is->roster->all; m; m = m->hh.next) {
                if (!m->wanted)
                        continue;
                c.wanted++;
                c.there += m->is_installed;
                c.under_way += m->order != NULL;
                c.failing += m->history->failures > 0 || m->is_refused;
                c.waiting += !m->order && (m->quiet_times > 0 || m->chain);
        }
        return c;
}

bool issuance_is_busy(const Issuance *is) {
        int64_t now = wall_clock();
        bool may_issue = sharing_may_issue(is->sharing);

        for (const Managed *m = is->roster->all; m; m = m->hh.next)
                if (m->wanted && (m->order || (may_issue && !m->is_synced) || timing(is, m, now).at <= now))
                        return true;
        return enrolment_is_busy(is->enrolment);
}

/* ---- life ---- */

static void on_enrolment_ended(void *userdata, Account *account) {
        Issuance *is = userdata;

        (void)account;
        issuance_look(is);
        tell(is);
}

/* What was issued under a base is counted for the names that lie there now. */
static void count_one(Issuance *is, const char *base, int64_t now) {
        _cleanup_(history_freep) History *h = history_file_load(is->roster->places.history_dir, base, now);
        _cleanup_free_ char *flaw = NULL;
        InstalledCertificate installed = { 0 };

        for (size_t i = 0; i < h->n_orders; i++)
                budget_count_order(is->budget, h->orders[i]);
        if (h->n_issued == 0 || store_read(is->roster->places.cert_dir, base, now, &installed, &flaw) < 0)
                return;
        for (size_t i = 0; i < h->n_issued; i++)
                budget_count_issued(is->budget, &installed.names, h->issued[i]);
        installed_done(&installed);
}

static void count_in_budget(Issuance *is) {
        _cleanup_string_list_ StringList bases = { 0 };
        _cleanup_free_ char *message = NULL;

        if (history_file_list(is->roster->places.history_dir, &bases, &message) < 0)
                log_error("%s", message);
        for (size_t i = 0; i < bases.count; i++)
                count_one(is, bases.items[i], wall_clock());
}

int issuance_new(Issuance **ret, sd_event *event, const CertsSettings *settings, Roster *roster, Sharing *sharing,
                 const char *directory, IssuanceHandlers handlers, char **ret_message) {
        _cleanup_(issuance_freep) Issuance *is = new0(Issuance);
        int r = client_new(&is->client, event, settings, directory, ret_message);

        if (r < 0)
                return r;
        is->event = event;
        is->settings = settings;
        is->roster = roster;
        roster_belong(roster, is);
        is->sharing = sharing;
        is->handlers = handlers;
        is->budget = budget_new();
        count_in_budget(is);
        is->enrolment = enrolment_new(is->client, is->budget, (int64_t)settings->retry_sec, on_enrolment_ended, is);
        is->after = after_new(event, settings->after);
        *ret = TAKE_PTR(is);
        return 0;
}

/* Orders that end with us have failed at nothing. */
static void end_orders(Issuance *is) {
        for (Managed *m = is->roster->all; m; m = m->hh.next) {
                if (!m->order)
                        continue;
                m->order = order_free(m->order);
                managed_save(m, &is->roster->places);
        }
}

Issuance *issuance_free(Issuance *is) {
        if (!is)
                return NULL;
        if (is->roster)
                end_orders(is);
        is->enrolment = enrolment_free(is->enrolment);
        is->after = after_free(is->after);
        is->budget = budget_free(is->budget);
        is->client = client_free(is->client);
        sd_event_source_disable_unref(is->look);
        free(is);
        return NULL;
}
