/* Makes accounts known to their CAs. */
#include "consumer/certs/enrolment.h"

#include "common/chance.h"
#include "common/log.h"

#include <time.h>
#include <utlist.h>

/* One account that is being enrolled. */
typedef struct Try {
        Enrolment *enrolment;
        Account *account;
        char *thumbprint; /* of the key that it is enrolled with: another edge may bring another one meanwhile */
        Driver *driver;
        struct Try *next, *prev;
} Try;

struct Enrolment {
        const Client *client;
        Budget *budget;
        int64_t retry_sec;
        EnrolmentEndedFunc *ended;
        void *userdata;
        Try *tries;
};

Enrolment *enrolment_new(const Client *client, Budget *budget, int64_t retry_sec, EnrolmentEndedFunc *ended,
                         void *userdata) {
        Enrolment *e = new0(Enrolment);

        *e = (Enrolment){
                .client = client,
                .budget = budget,
                .retry_sec = retry_sec,
                .ended = ended,
                .userdata = userdata,
        };
        return e;
}

static void try_free(Try *t) {
        DL_DELETE(t->enrolment->tries, t);
        t->driver = driver_free(t->driver);
        free(t->thumbprint);
        free(t);
}

Enrolment *enrolment_free(Enrolment *e) {
        if (!e)
                return NULL;
        while (e->tries)
                try_free(e->tries);
        free(e);
        return NULL;
}

static bool is_under_way(const Enrolment *e, const Account *a) {
        const Try *t;

        DL_FOREACH (e->tries, t)
                if (t->account == a)
                        return true;
        return false;
}

bool enrolment_is_busy(const Enrolment *e) {
        return e->tries;
}

int64_t enrolment_at(const Enrolment *e, const Account *a, int64_t now) {
        if (is_under_way(e, a))
                return INT64_MAX;
        /* An account that the CA knows already is no new one to it. */
        int64_t at = a->history->n_issued > 0 ? now : budget_account_at(e->budget, now, NULL);
        int64_t retry_at = history_retry_at(a->history, "", now);
        return at > retry_at ? at : retry_at;
}

static void failed(Enrolment *e, Account *a, const char *reason, int64_t retry_after, const char *output) {
        _cleanup_free_ char *account = account_describe(a);

        history_failed(a->history, NULL, (int64_t)time(NULL), e->retry_sec, retry_after, chance(), reason);
        log_error_about(ABOUT(.reason = reason),
                        "%s cannot be used, and no certificate be had from there: %s; tried again in %lld s", account,
                        reason, (long long)(a->history->retry_at - (int64_t)time(NULL)));
        if (output && *output)
                log_info("The client said: %s", output);
}

static void on_done(void *userdata, const DriverResult *r) {
        Try *t = userdata;
        Enrolment *e = t->enrolment;
        Account *a = t->account;

        t->driver = NULL;
        if (r->outcome == DRIVER_DONE || r->outcome == DRIVER_UNCHANGED) {
                a->is_enrolled = streq_or_null(t->thumbprint, a->thumbprint);
                history_issued(a->history, (int64_t)time(NULL), a->ca, NULL, NULL);
        } else {
                failed(e, a, r->reason, r->retry_after, r->output);
        }
        account_save(a);
        try_free(t);
        e->ended(e->userdata, a);
}

void enrolment_begin(Enrolment *e, Account *a, const CertificateTerms *terms, int64_t now) {
        _cleanup_free_ char *message = NULL;
        Try *t = new0(Try);

        if (a->history->n_issued == 0)
                budget_count_account(e->budget, now);
        history_ordered(a->history, now);
        account_save(a);
        *t = (Try){ .enrolment = e, .account = a, .thumbprint = xstrdup(a->thumbprint) };
        DL_APPEND(e->tries, t);
        if (client_register(e->client, &t->driver, a, terms, on_done, t, &message) < 0) {
                failed(e, a, message, 0, NULL);
                try_free(t);
        }
}
