/* Certificates that nobody asks for. */
#include "consumer/certs/unused.h"

#include "common/log.h"
#include "common/text.h"
#include "consumer/certs/store.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAMED_MAX = 10 };

/* What is set aside is asked for all the same. */
static int list(const Roster *r, StringList *ret, char **ret_message) {
        _cleanup_string_list_ StringList wanted = { 0 };

        for (const Managed *m = r->all; m; m = m->hh.next)
                if (m->wanted)
                        string_list_add(&wanted, m->base);
        for (size_t i = 0; i < r->wanted->n_set_aside; i++)
                string_list_add(&wanted, r->wanted->set_aside[i].domain);
        string_list_sort(&wanted);
        return store_unused(r->places.cert_dir, &wanted, ret, ret_message);
}

void unused_report(const Roster *r) {
        _cleanup_string_list_ StringList unused = { 0 }, named = { 0 };
        _cleanup_free_ char *message = NULL, *names = NULL;

        if (list(r, &unused, &message) < 0) {
                log_warning("%s", message);
                return;
        }
        if (unused.count == 0)
                return;
        for (size_t i = 0; i < unused.count && i < NAMED_MAX; i++)
                string_list_add(&named, unused.items[i]);
        names = string_list_join(&named, ", ");
        log_info("%zu certificates that nobody asks for stay in %s (%s%s); --certs-remove-unused removes them",
                 unused.count, r->places.cert_dir, names, unused.count > NAMED_MAX ? ", …" : "");
}

int unused_remove(const Roster *r) {
        _cleanup_string_list_ StringList unused = { 0 };
        _cleanup_free_ char *message = NULL;
        int status = EXIT_SUCCESS;

        if (list(r, &unused, &message) < 0) {
                log_error("%s", message);
                return EXIT_FAILURE;
        }
        for (size_t i = 0; i < unused.count; i++) {
                _cleanup_free_ char *why_not = NULL;
                if (store_remove(r->places.cert_dir, unused.items[i], &why_not) < 0) {
                        log_error("%s", why_not);
                        status = EXIT_FAILURE;
                } else {
                        (void)printf("removed the certificate of %s\n", unused.items[i]);
                }
        }
        (void)printf("%zu certificates were not asked for\n", unused.count);
        return status;
}
