/* Settings of nginx, and the directory of certificates, as the consumer reads them: from a command line. */
#pragma once

#include "consumer/nginx/settings.h"

#include <check.h>
#include <string.h>

typedef struct GivenSettings {
        char *cert_dir;
        NginxSettings nginx;
} GivenSettings;

static const Option given_rows[] = {
        { .type = OPTION_TEXT, .name = "cert-dir", .argument = "DIR", .offset = offsetof(GivenSettings, cert_dir) },
        NGINX_OPTIONS(GivenSettings),
        NGINX_MORE_OPTIONS(GivenSettings),
};
static const OptionTable given_table = { "test", "", "", given_rows, sizeof given_rows / sizeof *given_rows };

/* `line` has its arguments one a line; "" for none. */
static inline void give(GivenSettings *s, const char *line) {
        char *argv[16] = { (char *)"test" };
        _cleanup_free_ char *message = NULL;
        int argc = 1;

        for (char *word; (word = next_word(&line, "\n"));)
                argv[argc++] = word;
        *s = (GivenSettings){ 0 };
        int r = options_read(&given_table, argc, argv, s, NULL, &message);
        ck_assert_msg(r == 0, "%s", message);
        while (argc > 1)
                free(argv[--argc]);
}

static inline void given_done(GivenSettings *s) {
        options_free(&given_table, s);
}
#define _cleanup_given_ _cleanup_(given_done)
