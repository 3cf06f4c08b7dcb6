/* What is to be done about one certificate, and when. */
#include "consumer/certs/plan.h"

#include "consumer/certificate-names.h"

#include <string.h>

enum {
        RENEW_DIVISOR = 3,   /* the last third of the lifetime */
        JITTER_DIVISOR = 10, /* of the lifetime */
};

void installed_done(InstalledCertificate *c) {
        string_list_clear(&c->names);
        *c = (InstalledCertificate){ 0 };
}

static int64_t later(int64_t a, int64_t b) {
        return a > b ? a : b;
}

/* FNV-1a: the same on every edge. */
static uint64_t hash_of(const char *text) {
        uint64_t hash = UINT64_C(14695981039346656037);

        for (; *text; text++)
                hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
        return hash;
}

/* What was issued a moment ago would be due at once where the CA has dated it back. A history that does not fit what
 * is installed (another clock, another certificate) says nothing of that. */
static int64_t earliest_renewal(const InstalledCertificate *installed, const History *history, int64_t now) {
        int64_t issued = history->n_issued > 0 ? history->issued[history->n_issued - 1] : 0;

        if (issued < installed->not_before || issued >= installed->not_after || issued > now)
                issued = installed->not_before;
        return issued + (installed->not_after - issued) / 2;
}

static int64_t renewal_due(const char *base, const InstalledCertificate *installed, const History *history,
                           int64_t now) {
        int64_t lifetime = later(installed->not_after - installed->not_before, 0);
        int64_t jitter = (int64_t)(hash_of(base) % (uint64_t)(lifetime / JITTER_DIVISOR + 1));
        int64_t due = installed->not_after - lifetime / RENEW_DIVISOR - jitter;

        return later(due, earliest_renewal(installed, history, now));
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_among(const StringList *sorted, const char *name) {
        return sorted->count > 0 && bsearch(&name, sorted->items, sorted->count, sizeof *sorted->items, compare_names);
}

typedef enum Coverage {
        COVERS_ALL_AND_NO_MORE,
        COVERS_MORE, /* or covers them in another way: by a wildcard */
        COVERS_LESS,
} Coverage;

static Coverage coverage(const InstalledCertificate *installed, const StringList *names) {
        Coverage found = installed->names.count == names->count ? COVERS_ALL_AND_NO_MORE : COVERS_MORE;

        for (size_t i = 0; i < names->count; i++) {
                if (is_among(&installed->names, names->items[i]))
                        continue;
                if (!certificate_names_cover(&installed->names, names->items[i]))
                        return COVERS_LESS;
                found = COVERS_MORE;
        }
        return found;
}

/* Why what is installed is not what is wanted; NULL where it is. */
static const char *difference(const WantedCertificate *wanted, const InstalledCertificate *installed,
                              const History *history) {
        const CertificateTerms *terms = &wanted->terms;

        if (coverage(installed, &wanted->names) == COVERS_LESS)
                return "its names have changed";
        if (installed->key_type != terms->key_type)
                return "its key is to be of another type";
        if (!history->ca)
                return NULL;
        if (strcmp(history->ca, terms->ca) != 0)
                return "it is to come from another CA";
        if (!streq_or_null(history->preferred_chain, terms->preferred_chain))
                return "it is to have another chain";
        if (!streq_or_null(history->profile, terms->profile))
                return "it is to have another profile";
        return NULL;
}

static CertificateStep step_for(const WantedCertificate *wanted, const InstalledCertificate *installed,
                                const History *history, int64_t now) {
        const char *changed = installed ? difference(wanted, installed, history) : NULL;

        if (!installed)
                return (CertificateStep){ CERTIFICATE_ISSUE, .due = now, .why = "there is none" };
        if (changed)
                return (CertificateStep){ CERTIFICATE_REISSUE, .due = now, .why = changed };
        int64_t due = renewal_due(wanted->names.items[0], installed, history, now);
        if (due > now)
                return (CertificateStep){ CERTIFICATE_KEEP, .due = due, .why = "it is as it is to be" };
        return (CertificateStep){
                CERTIFICATE_RENEW,
                .due = due,
                .is_renewal = coverage(installed, &wanted->names) == COVERS_ALL_AND_NO_MORE,
                .why = installed->not_after <= now ? "it has expired" : "it comes to its end",
        };
}

CertificateStep plan_certificate(const WantedCertificate *wanted, const InstalledCertificate *installed,
                                 const History *history, int64_t now) {
        CertificateStep step = step_for(wanted, installed, history, now);
        char asked[DIGEST_SIZE];

        step.at = step.due;
        if (history->failures > 0) {
                wanted_digest(&wanted->names, &wanted->terms, asked);
                step.at = later(step.due, history_retry_at(history, asked, now));
        }
        return step;
}

const char *certificate_act_name(CertificateAct act) {
        static const char *const names[] = {
                [CERTIFICATE_KEEP] = "keep",
                [CERTIFICATE_ISSUE] = "issue",
                [CERTIFICATE_RENEW] = "renew",
                [CERTIFICATE_REISSUE] = "reissue",
        };

        return names[act];
}
