/* One certificate on its way. */
#include "consumer/certs/order.h"

#include "common/log.h"
#include "common/timer.h"
#include "common/work.h"
#include "consumer/certs/pair-check.h"
#include "consumer/certs/private-key.h"
#include "consumer/certs/self-check.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* A site that is new may need some time until this edge serves it. */
enum { SELF_CHECKS = 20, SELF_CHECK_PAUSE_MSEC = 500 };

/* What the thread makes. */
typedef struct KeyWork {
        KeyType type;
        char *pem; /* NULL: it could not be made */
} KeyWork;

struct Order {
        sd_event *event;
        const Client *client;
        const Account *account;
        StringList names;
        CertificateTerms terms;
        const char *self_check_url;
        OrderHandlers handlers;
        unsigned self_checks;
        char *key;
        SelfCheck *self_check;
        Work *work;
        Driver *driver;
        sd_event_source *step; /* begins what is next, from the loop */
};

static void end(Order *o, const OrderResult *result) {
        o->handlers.done(o->handlers.userdata, result);
        (void)order_free(o);
}

static void end_failed(Order *o, const char *reason) {
        OrderResult result = { .outcome = ORDER_FAILED, .reason = reason };

        end(o, &result);
}

/* ---- what the client gave ---- */

static int64_t wall_clock(void) {
        return (int64_t)time(NULL);
}

static void end_with_chain(Order *o, const DriverResult *r) {
        _cleanup_free_ char *flaw = NULL, *reason = NULL;
        OrderResult result = { .outcome = ORDER_ISSUED, .chain = r->chain, .key = o->key, .output = r->output };
        int verdict = pair_check(r->chain, strlen(r->chain), o->key, &o->names, wall_clock(), &flaw);

        if (verdict > 0)
                log_warning_about(ABOUT(.domain = o->names.items[0]), "The new certificate of %s is used, but %s",
                                  o->names.items[0], flaw);
        if (verdict < 0) {
                reason = xasprintf("the certificate that the client gave is not used: %s", flaw);
                result = (OrderResult){ .outcome = ORDER_FAILED, .reason = reason, .output = r->output };
        }
        end(o, &result);
}

static void on_driver_done(void *userdata, const DriverResult *r) {
        Order *o = userdata;
        OrderResult result = {
                .outcome = r->outcome == DRIVER_REFUSED     ? ORDER_REFUSED
                           : r->outcome == DRIVER_UNCHANGED ? ORDER_UNCHANGED
                                                            : ORDER_FAILED,
                .names = &r->failed_names,
                .reason = r->reason,
                .output = r->output,
                .retry_after = r->retry_after,
        };

        o->driver = NULL;
        if (r->outcome == DRIVER_DONE)
                end_with_chain(o, r);
        else
                end(o, &result);
}

/* ---- key and request ---- */

static void make_key(void *data) {
        KeyWork *k = data;

        (void)private_key_make(k->type, &k->pem);
}

static void free_key_work(void *data) {
        KeyWork *k = data;

        secret_free(k->pem);
        free(k);
}

static void on_key_made(void *data, void *userdata) {
        _cleanup_free_ char *csr = NULL, *message = NULL;
        KeyWork *k = data;
        Order *o = userdata;

        o->work = NULL;
        if (!k->pem || certificate_request_make(k->pem, &o->names, &csr) < 0) {
                end_failed(o, "no key and request could be made for it");
                return;
        }
        o->key = TAKE_PTR(k->pem);
        o->handlers.asking(o->handlers.userdata);
        if (client_issue(o->client, &o->driver, o->account, &o->terms, &o->names, csr, on_driver_done, o, &message) <
            0)
                end_failed(o, message);
}

static void begin_key(Order *o) {
        KeyWork *k = new0(KeyWork);

        k->type = o->terms.key_type;
        if (work_start(&o->work, o->event, make_key, k, free_key_work, on_key_made, o) >= 0)
                return;
        free_key_work(k);
        end_failed(o, "no thread can be started to make its key");
}

/* ---- the self-check ---- */

static int on_step(sd_event_source *source, uint64_t usec, void *userdata);

static void on_self_check_done(void *userdata, const StringList *unreachable, const char *reason) {
        Order *o = userdata;
        OrderResult result = { .outcome = ORDER_UNREACHABLE, .names = unreachable, .reason = reason };

        o->self_check = NULL;
        if (unreachable->count == 0)
                begin_key(o);
        else if (++o->self_checks < SELF_CHECKS)
                timer_arm(&o->step, o->event, SELF_CHECK_PAUSE_MSEC * 1000, on_step, o);
        else
                end(o, &result);
}

static int on_step(sd_event_source *source, uint64_t usec, void *userdata) {
        Order *o = userdata;
        SelfCheckCall call = { .url = o->self_check_url, .names = &o->names, .thumbprint = o->account->thumbprint };

        (void)source, (void)usec;
        if (o->terms.challenge != CHALLENGE_HTTP_01 || !o->self_check_url)
                begin_key(o);
        else if (self_check_start(&o->self_check, o->event, &call, on_self_check_done, o) < 0)
                end_failed(o, "its names cannot be asked for through this edge");
        return 0;
}

/* ---- life ---- */

void order_start(Order **ret, sd_event *event, const Client *client, const Account *account,
                 const WantedCertificate *wanted, const char *self_check_url, OrderHandlers handlers) {
        Order *o = new0(Order);

        o->event = sd_event_ref(event);
        o->client = client;
        o->account = account;
        for (size_t i = 0; i < wanted->names.count; i++)
                string_list_add(&o->names, wanted->names.items[i]);
        certificate_terms_copy(&o->terms, &wanted->terms);
        o->self_check_url = self_check_url;
        o->handlers = handlers;
        timer_arm(&o->step, event, 0, on_step, o);
        *ret = o;
}

Order *order_free(Order *o) {
        if (!o)
                return NULL;
        o->self_check = self_check_free(o->self_check);
        o->work = work_free(o->work);
        o->driver = driver_free(o->driver);
        sd_event_source_disable_unref(o->step);
        secret_free(o->key);
        string_list_clear(&o->names);
        certificate_terms_done(&o->terms);
        sd_event_unref(o->event);
        free(o);
        return NULL;
}
