/* The nginx output's figures: of very many certificates those that end first. */
#include "consumer/nginx/figures.h"
#include "tests/unit/check-main.h"

#include <string.h>

static char *measured(KeptVhost *items, size_t count) {
        _cleanup_free_ KeptVhost **all = xcalloc(count, sizeof(KeptVhost *));
        const Vhosts vhosts = { .kept = all, .n_kept = count };
        NginxFigures f;
        Metrics m = { 0 };

        for (size_t i = 0; i < count; i++)
                all[i] = &items[i];
        nginx_figures_init(&f);
        nginx_figures_measure(&f, &vhosts, &m);
        return text_take(&m.text);
}

static int occurrences(const char *text, const char *words) {
        int n = 0;

        for (; (text = strstr(text, words)); text++)
                n++;
        return n;
}

START_TEST(of_very_many_certificates_those_that_end_first_are_told) {
        enum { COUNT = FIGURES_CERTIFICATES_MAX + 5 };
        _cleanup_free_ KeptVhost *items = xcalloc(COUNT, sizeof *items);

        for (int i = 0; i < COUNT; i++)
                items[i].remark =
                        (SiteRemark){ .domain = xasprintf("d%d.org", i), .certificate_not_after = 10000 - i };
        _cleanup_free_ char *text = measured(items, COUNT);
        ck_assert_int_eq(occurrences(text, "\nbeachhead_nginx_certificate_expiry_timestamp_seconds{"),
                         FIGURES_CERTIFICATES_MAX);
        ck_assert_ptr_nonnull(strstr(text, "{domain=\"d1004.org\"} 8996\n"));
        ck_assert_ptr_null(strstr(text, "{domain=\"d4.org\"}"));
        ck_assert_ptr_nonnull(strstr(text, "\nbeachhead_nginx_certificates 1005\n"));
        for (int i = 0; i < COUNT; i++)
                free((char *)items[i].remark.domain);
}
END_TEST

START_TEST(what_is_not_there_has_no_series) {
        KeptVhost item = { .remark = { .domain = "a.org" } };
        _cleanup_free_ char *text = measured(&item, 1);

        ck_assert_ptr_nonnull(strstr(text, "\nbeachhead_nginx_certificates 0\n"));
        ck_assert_ptr_null(strstr(text, "expiry_timestamp"));
        ck_assert_ptr_null(strstr(text, "generation_timestamp"));
}
END_TEST

TEST_MAIN("nginx-figures", of_very_many_certificates_those_that_end_first_are_told, what_is_not_there_has_no_series)
