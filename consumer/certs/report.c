/* How the certificates stand. */
#include "consumer/certs/report.h"

#include "consumer/certificate-names.h"

#include <string.h>

enum { DAY_SEC = 24 * 3600, FAILING_SHOWN_MAX = 100 };

static bool cannot_be_renewed(const Managed *m, int64_t now) {
        return m->is_installed && managed_trouble(m, now);
}

/* The one that is nearest to its end while it cannot be renewed. */
static const Managed *most_urgent(const Roster *r, int64_t now) {
        const Managed *urgent = NULL;

        for (const Managed *m = r->all; m; m = m->hh.next)
                if ((!urgent || m->installed.not_after < urgent->installed.not_after) && cannot_be_renewed(m, now))
                        urgent = m;
        return urgent;
}

char *report_state(const Roster *r, IssuanceCounts n, int64_t now) {
        const Managed *urgent = most_urgent(r, now);
        Text t = { 0 };

        text_appendf(&t, "%zu of %zu certificates", n.there, n.wanted);
        if (n.under_way > 0)
                text_appendf(&t, ", %zu being ordered", n.under_way);
        if (n.waiting > 0)
                text_appendf(&t, ", %zu waiting", n.waiting);
        if (n.failing > 0)
                text_appendf(&t, ", %zu failing", n.failing);
        if (urgent)
                text_appendf(&t, "; that of %s ends in %lld days and cannot be renewed: %s", urgent->base,
                             (long long)((urgent->installed.not_after - now) / DAY_SEC), managed_trouble(urgent, now));
        return text_take(&t);
}

void report_plan(const Managed *m, int64_t now, Text *t) {
        CertificateStep step = managed_step(m, now);
        _cleanup_free_ char *names = string_list_join(&m->wanted->names, ", ");

        text_appendf(t, "certificate for %s: %s, since %s", names, certificate_act_name(step.act), step.why);
        if (m->is_installed)
                text_appendf(t, "; the one that is there ends in %lld days",
                             (long long)((m->installed.not_after - now) / DAY_SEC));
        if (m->history->failures > 0)
                text_appendf(t, "; %u tries in a row failed: %s", m->history->failures, m->history->reason);
}

void report_domain(const Roster *r, const char *domain, int64_t now, StringList *lines) {
        const WantedCertificates *wanted = r->wanted;
        size_t before = lines->count;

        for (size_t i = 0; i < wanted->count; i++) {
                _cleanup_text_ Text t = { 0 };
                if (!certificate_names_cover(&wanted->items[i].names, domain))
                        continue;
                report_plan(roster_find(r, wanted->items[i].names.items[0]), now, &t);
                string_list_addf(lines, "certs: %s", t.data);
        }
        for (size_t i = 0; i < wanted->n_set_aside; i++)
                if (strcmp(wanted->set_aside[i].domain, domain) == 0)
                        string_list_addf(lines, "certs: what %s asks for is set aside: %s", wanted->set_aside[i].key,
                                         wanted->set_aside[i].reason);
        if (lines->count == before)
                string_list_addf(lines, "certs: no certificate is wanted for %s", domain);
}

static void measure_ends(const Roster *r, int64_t now, Metrics *m) {
        size_t shown = 0;

        metrics_family(m, METRIC_GAUGE, "beachhead_certs_failing_expiry_timestamp_seconds",
                       "When a certificate ends whose renewal fails, in Unix seconds.");
        for (const Managed *one = r->all; one && shown < FAILING_SHOWN_MAX; one = one->hh.next)
                if (cannot_be_renewed(one, now)) {
                        metrics_sample(m, LABELS({ "certificate", one->base }), (double)one->installed.not_after);
                        shown++;
                }
}

void report_measure(const Roster *r, IssuanceCounts n, int64_t now, Metrics *m) {
        metrics_family(m, METRIC_GAUGE, "beachhead_certs", "Certificates by state; one may be in several.");
        metrics_sample(m, LABELS({ "state", "wanted" }), (double)n.wanted);
        metrics_sample(m, LABELS({ "state", "installed" }), (double)n.there);
        metrics_sample(m, LABELS({ "state", "ordering" }), (double)n.under_way);
        metrics_sample(m, LABELS({ "state", "waiting" }), (double)n.waiting);
        metrics_sample(m, LABELS({ "state", "failing" }), (double)n.failing);
        measure_ends(r, now, m);
}
