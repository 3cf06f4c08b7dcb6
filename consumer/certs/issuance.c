/* Keeps certificates there. What is due is found by looking at all of them, which needs no I/O. */
#include "consumer/certs/issuance.h"

#include "common/chance.h"
#include "common/log.h"
#include "common/timer.h"
#include "consumer/certs/adoption.h"
#include "consumer/certs/after.h"
#include "consumer/certs/budget.h"
#include "consumer/certs/client.h"
#include "consumer/certs/due.h"
#include "consumer/certs/enrolment.h"
#include "consumer/certs/histories.h"
#include "consumer/certs/store.h"
#include "consumer/certs/timing.h"
#include "consumer/certs/unused.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum {
        LOOK_AT_LEAST_SEC = 3600, /* clocks step */
        ASK_AGAIN_SEC = 3600,     /* where a client has nothing newer */
        TIDY_EVERY_SEC = 24 * 3600,
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
        bool is_due;     /* the next look is at once */
        bool is_settled; /* the roster is as the sites want it */
        int64_t tidied_at;
        bool cannot_store; /* as it was said last */
        IssuanceHandlers handlers;
};

static int64_t wall_clock(void) {
        return (int64_t)time(NULL);
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata);

void issuance_look(Issuance *is) {
        if (!is->sites)
                return;
        is->is_due = true;
        timer_arm(&is->look, is->event, 0, on_look, is);
}

void issuance_settle(Issuance *is) {
        is->is_settled = false;
        issuance_look(is);
}

static void tell(void *userdata) {
        const Issuance *is = userdata;

        is->handlers.settled(is->handlers.userdata);
}

/* ---- what came of an order ---- */

static void log_failure(const Managed *m, const OrderResult *r, int64_t now) {
        _cleanup_free_ char *names = string_list_join(&m->wanted->names, ", ");

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

        if (managed_install(m, &is->roster->places, &m->wanted->names, m->chain, m->key, now, &message) < 0) {
                managed_wait(m, now, "what was issued cannot be written");
                log_error_about(ABOUT(.domain = m->base), "The new certificate of %s cannot be written: %s", m->base,
                                message);
                return;
        }
        m->quiet_times = 0;
        m->quiet_until = 0;
        log_info_about(ABOUT(.domain = m->base), "Certificate for %s is there, for %lld days", names,
                       (long long)((m->installed.not_after - now) / (24 * 3600)));
        managed_drop_pair(m);
        adoption_put(is->roster, is->sharing, m);
}

static void take_issued(Issuance *is, Managed *m, const OrderResult *r, int64_t now) {
        const CertificateTerms *terms = &m->wanted->terms;

        history_issued(m->history, now, terms->ca, terms->preferred_chain, terms->profile);
        budget_count_issued(is->budget, &m->wanted->names, now);
        managed_save(m, &is->roster->places);
        managed_keep_pair(m, r->chain, r->key);
        put_in_store(is, m, now);
}

/* Of what was asked for: these names on these terms. */
static void failed(const Issuance *is, Managed *m, const StringList *names, const CertificateTerms *terms,
                   const OrderResult *r, int64_t now) {
        char asked[DIGEST_SIZE];

        wanted_digest(names, terms, asked);
        history_failed(m->history, asked, now, (int64_t)is->settings->retry_sec, r->retry_after, chance(), r->reason);
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
                const StringList itself = { &r->names->items[i], 1 };
                Managed *alone = roster_find(is->roster, r->names->items[i]);
                if (counts)
                        failed(is, alone, &itself, &m->wanted->terms, r, now);
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
                failed(is, m, &m->wanted->names, &m->wanted->terms, r, now);
                log_failure(m, r, now);
        }
        managed_save(m, &is->roster->places);
        adoption_put(is->roster, is->sharing, m);
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

        managed_order_ended(m);
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
                log_error_about(
                        ABOUT(.domain = m->base, .reason = r->reason),
                        "No certificate for %s, and it is not tried again until what is asked for or the options "
                        "change: %s",
                        m->base, r->reason);
                managed_save(m, &is->roster->places);
                break;
        case ORDER_FAILED:
                take_failure(is, m, r, now);
                break;
        }
        issuance_settle(is);
}

/* ---- what is due ---- */

/* Said before anybody hears of it: should this process end, the next one does not begin anew at once. */
static void on_asking(void *userdata) {
        Managed *m = userdata;
        Issuance *is = m->issuance;
        int64_t now = wall_clock();

        budget_count_order(is->budget, now);
        managed_asked(m, &is->roster->places, now, (int64_t)is->settings->retry_sec);
}

static const char *self_check_url(const Issuance *is) {
        return strcmp(is->settings->self_check, "none") == 0 ? NULL : is->settings->self_check;
}

static Timing timing(const Issuance *is, const Managed *m, int64_t now) {
        return certificate_timing(m, is->budget, is->enrolment, sharing_may_issue(is->sharing), now);
}

/* What cannot be put in its place is not to be ordered: CAs count it. */
static bool can_store(Issuance *is) {
        const char *directory = is->roster->places.cert_dir;
        bool can = access(directory, W_OK | X_OK) == 0;

        if (!can && !is->cannot_store)
                log_error("No certificates are ordered, for they could not be kept: %s: %s; make it, and writable",
                          directory, strerror(errno));
        is->cannot_store = !can;
        return can;
}

static void order(Issuance *is, Managed *m, const CertificateStep *step, int64_t now) {
        OrderHandlers handlers = { .asking = on_asking, .done = on_order_done, .userdata = m };

        if (!can_store(is)) {
                managed_wait(m, now, "the directory of certificates cannot be written to");
                return;
        }
        log_info_about(ABOUT(.domain = m->base), "Certificate of %s: %s, since %s", m->base,
                       certificate_act_name(step->act), step->why);
        order_start(&m->order, is->event, is->client, m->account, m->wanted, self_check_url(is), handlers);
}

/* Names that were isolated come back, here and on the other edges. */
static bool rejoin(Issuance *is, const Managed *m) {
        _cleanup_string_list_ StringList names = { 0 };

        roster_rejoin(is->roster, m, is->sites, &names);
        for (size_t i = 0; i < names.count; i++)
                adoption_put(is->roster, is->sharing, roster_find(is->roster, names.items[i]));
        if (names.count > 0)
                issuance_settle(is);
        return names.count > 0;
}

static void enrol(Issuance *is, const Managed *m, int64_t now) {
        if (enrolment_at(is->enrolment, m->account, now) <= now)
                enrolment_begin(is->enrolment, m->account, &m->wanted->terms, now);
}

static void begin(Issuance *is, Managed *m, const CertificateStep *step, int64_t now) {
        if (m->chain)
                put_in_store(is, m, now);
        else if (!m->account->is_enrolled)
                enrol(is, m, now);
        else if (step->act != CERTIFICATE_RENEW || !rejoin(is, m))
                order(is, m, step, now);
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

/* An order that no CA has heard of is given up with the right to ask. */
static void drop_orders(const Issuance *is) {
        if (sharing_may_issue(is->sharing))
                return;
        for (Managed *m = is->roster->all; m; m = m->hh.next)
                if (m->order && !m->broken_off)
                        managed_break_off(m);
}

static void settle(Issuance *is, int64_t now) {
        is->is_settled = true;
        roster_settle(is->roster, is->sites, now);
        drop_orders(is);
        adoption_fetch(is->roster, is->sharing);
        make_account_keys(is);
        roster_write_thumbprints(is->roster);
}

void issuance_want(Issuance *is, const Sites *sites) {
        if (!is->sites)
                client_tidy(is->client);
        is->sites = sites;
        issuance_settle(is);
}

/* ---- looking ---- */

/* Ends where the roster is no longer what the sites want. */
static void begin_due(Issuance *is, int64_t now, int64_t *next) {
        DuePlaces places = due_places(is->roster, is->settings->at_once);
        size_t count;
        _cleanup_free_ Due *due =
                due_find(is->roster, is->budget, is->enrolment, sharing_may_issue(is->sharing), now, next, &count);

        for (size_t i = 0; i < count && is->is_settled; i++) {
                Managed *m = due[i].managed;
                if (!due_has_place(&places, m))
                        continue;
                begin(is, m, &due[i].step, now);
                due_take_place(&places, m);
                int64_t at = timing(is, m, now).at;
                *next = at > now && at < *next ? at : *next;
        }
}

/* Once a day, and at first. */
static void tidy(Issuance *is, int64_t now) {
        if (is->tidied_at <= now && now - is->tidied_at < TIDY_EVERY_SEC)
                return;
        is->tidied_at = now;
        unused_report(is->roster);
        roster_prune(is->roster, now);
}

static void announce(const Issuance *is, Managed *m, int64_t now) {
        managed_warn_of_end(m, now);
        if (m->is_new && m->wanted)
                run_after(is, m);
        m->is_new = false;
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata) {
        Issuance *is = userdata;
        int64_t now = wall_clock(), next = now + LOOK_AT_LEAST_SEC;

        (void)source, (void)usec;
        is->is_due = false;
        if (!is->is_settled)
                settle(is, now);
        begin_due(is, now, &next);
        for (Managed *m = is->roster->all; m; m = m->hh.next)
                announce(is, m, now);
        tidy(is, now);
        if (!is->is_due)
                timer_arm(&is->look, is->event, (uint64_t)(next - now) * 1000000, on_look, is);
        tell(is);
        return 0;
}

/* ---- what it says ---- */

IssuanceCounts issuance_count(const Issuance *is) {
        IssuanceCounts c = { 0 };
        int64_t now = wall_clock();

        for (const Managed *m = is->roster->all; m; m = m->hh.next) {
                if (!m->wanted)
                        continue;
                c.wanted++;
                c.there += m->is_installed;
                c.under_way += m->order != NULL;
                bool waits = !m->order && (m->quiet_times > 0 || m->chain);
                c.waiting += waits;
                c.failing += !waits && managed_trouble(m, now);
        }
        return c;
}

/* Whether something of it comes to its end without anybody's doing. */
static bool is_under_way(const Issuance *is, const Managed *m, int64_t now) {
        return m->order || !m->is_synced || !m->account->is_synced || timing(is, m, now).at <= now;
}

bool issuance_is_busy(const Issuance *is) {
        int64_t now = wall_clock();

        if (is->is_due || after_is_busy(is->after))
                return true;
        for (const Managed *m = is->roster->all; m; m = m->hh.next)
                if (m->wanted && is_under_way(is, m, now))
                        return true;
        return enrolment_is_busy(is->enrolment);
}

/* ---- life ---- */

static void on_enrolment_ended(void *userdata, Account *account) {
        Issuance *is = userdata;

        (void)account;
        issuance_look(is);
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
        roster->issuance = is;
        is->sharing = sharing;
        is->handlers = handlers;
        is->budget = budget_new();
        histories_count(roster->places.history_dir, roster->places.cert_dir, is->budget, wall_clock());
        is->enrolment = enrolment_new(is->client, is->budget, (int64_t)settings->retry_sec, on_enrolment_ended, is);
        is->after = after_new(event, settings->after, tell, is);
        *ret = TAKE_PTR(is);
        return 0;
}

/* Orders that end with us have failed at nothing. */
static void end_orders(Issuance *is) {
        for (Managed *m = is->roster->all; m; m = m->hh.next) {
                if (!m->order)
                        continue;
                (void)order_free(m->order);
                managed_order_ended(m);
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
