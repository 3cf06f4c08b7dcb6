/* The nginx output's figures. */
#include "consumer/nginx/figures.h"

#include <stdlib.h>
#include <string.h>

void nginx_figures_init(NginxFigures *ret) {
        *ret = (NginxFigures){ 0 };
        histogram_init(&ret->reload_seconds);
        histogram_init(&ret->change_seconds);
}

static void gauge(Metrics *m, const char *name, const char *help, double value) {
        metrics_single(m, METRIC_GAUGE, name, help, value);
}

static int compare_ends(const void *a, const void *b) {
        const SiteRemark *x = *(const SiteRemark *const *)a, *y = *(const SiteRemark *const *)b;

        if (x->certificate_not_after != y->certificate_not_after)
                return x->certificate_not_after < y->certificate_not_after ? -1 : 1;
        return strcmp(x->domain, y->domain);
}

/* One series a site; of very many, those that matter first. */
static void measure_certificates(const Vhosts *vhosts, Metrics *m) {
        size_t count = 0, all = vhosts ? vhosts->n_kept : 0;
        _cleanup_free_ const SiteRemark **sorted = xcalloc(all, sizeof *sorted);

        for (size_t i = 0; i < all; i++)
                if (vhosts->kept[i]->remark.certificate_not_after > 0)
                        sorted[count++] = &vhosts->kept[i]->remark;
        gauge(m, "beachhead_nginx_certificates", "Sites that have a certificate.", (double)count);
        if (count == 0)
                return;
        qsort(sorted, count, sizeof *sorted, compare_ends);
        metrics_family(m, METRIC_GAUGE, "beachhead_nginx_certificate_expiry_timestamp_seconds",
                       "When the certificate of a site ends.");
        for (size_t i = 0; i < count && i < FIGURES_CERTIFICATES_MAX; i++)
                metrics_sample(m, LABELS({ "domain", sorted[i]->domain }), (double)sorted[i]->certificate_not_after);
}

void nginx_figures_measure(const NginxFigures *f, const Vhosts *vhosts, Metrics *m) {
        gauge(m, "beachhead_nginx_up", "Whether nginx runs.", f->runs);
        gauge(m, "beachhead_nginx_sites", "Sites in the configuration that nginx has.", (double)f->n_live);
        gauge(m, "beachhead_nginx_sites_set_aside",
              "Sites that are left out: nginx refuses them, or the operator does not allow what they ask for.",
              (double)f->n_set_aside);
        if (f->generation_time > 0)
                gauge(m, "beachhead_nginx_generation_timestamp_seconds",
                      "When the configuration that is live was written.", (double)f->generation_time);
        metrics_single(m, METRIC_COUNTER, "beachhead_nginx_reloads_total",
                       "How often nginx was told to read its configuration.", (double)f->reloads);
        metrics_single(m, METRIC_COUNTER, "beachhead_nginx_refusals_total",
                       "How often nginx did not accept a configuration, or did not take it over.",
                       (double)f->refusals);
        metrics_family(m, METRIC_HISTOGRAM, "beachhead_nginx_reload_seconds",
                       "From a reload until nginx answered with the new configuration.");
        metrics_histogram(m, NO_LABELS, &f->reload_seconds);
        metrics_family(m, METRIC_HISTOGRAM, "beachhead_nginx_change_to_confirmed_seconds",
                       "From a change of what is registered until nginx had confirmed it.");
        metrics_histogram(m, NO_LABELS, &f->change_seconds);
        measure_certificates(vhosts, m);
}
