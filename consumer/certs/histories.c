/* All histories on disk. */
#include "consumer/certs/histories.h"

#include "common/log.h"
#include "consumer/certs/history-file.h"
#include "consumer/certs/store.h"

/* For which names, no history says: those that lie there now; where there are none, the base at least. */
static void list_names(const char *cert_dir, const char *base, int64_t now, StringList *ret) {
        _cleanup_free_ char *flaw = NULL;
        InstalledCertificate installed = { 0 };

        if (store_read(cert_dir, base, now, &installed, &flaw) < 0)
                string_list_add(ret, base);
        else
                *ret = installed.names;
}

static void count_one(const char *history_dir, const char *cert_dir, const char *base, Budget *budget, int64_t now) {
        _cleanup_(history_freep) History *h = history_file_load(history_dir, base, now);
        _cleanup_string_list_ StringList names = { 0 };

        for (size_t i = 0; i < h->n_orders; i++)
                budget_count_order(budget, h->orders[i]);
        if (h->n_issued > 0)
                list_names(cert_dir, base, now, &names);
        for (size_t i = 0; i < h->n_issued; i++)
                budget_count_issued(budget, &names, h->issued[i]);
}

void histories_count(const char *history_dir, const char *cert_dir, Budget *budget, int64_t now) {
        _cleanup_string_list_ StringList bases = { 0 };
        _cleanup_free_ char *message = NULL;

        if (history_file_list(history_dir, &bases, &message) < 0)
                log_error("%s", message);
        for (size_t i = 0; i < bases.count; i++)
                count_one(history_dir, cert_dir, bases.items[i], budget, now);
}
