/* The ACME client as the operator has set it up. */
#include "consumer/certs/client.h"

#include "consumer/certs/driver-directory.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct Client {
        sd_event *event; /* borrowed */
        const CertsSettings *settings;
        char *driver_path, *scratch;
        StringList environment;
};

static int make_scratch(const Client *c, char **ret_message) {
        if (mkdir(c->scratch, 0700) < 0 && errno != EEXIST) {
                int error = errno;
                *ret_message = xasprintf("%s cannot be made: %s", c->scratch, strerror(error));
                return -error;
        }
        return 0;
}

void client_tidy(const Client *c) {
        driver_directory_tidy(c->scratch);
}

int client_new(Client **ret, sd_event *event, const CertsSettings *settings, const char *directory,
               char **ret_message) {
        _cleanup_(client_freep) Client *c = new0(Client);

        c->event = event;
        c->settings = settings;
        c->driver_path = certs_driver_path(settings);
        c->scratch = xasprintf("%s/calls", directory);
        if (access(c->driver_path, X_OK) < 0) {
                int error = errno;
                *ret_message = xasprintf("the driver %s cannot be run: %s; see --acme-client", c->driver_path,
                                         strerror(error));
                return -error;
        }
        int r = settings->environment_file
                        ? certs_environment_read(settings->environment_file, &c->environment, ret_message)
                        : 0;
        if (r < 0 || (r = make_scratch(c, ret_message)) < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

Client *client_free(Client *c) {
        if (!c)
                return NULL;
        string_list_clear(&c->environment);
        free(c->driver_path);
        free(c->scratch);
        free(c);
        return NULL;
}

static DriverCall make_call(const Client *c, DriverVerb verb, const Account *account, const CertificateTerms *terms) {
        const CertsSettings *s = c->settings;

        return (DriverCall){
                .verb = verb,
                .path = c->driver_path,
                .account_key_path = account->key_path,
                .account_dir = account->client_dir,
                .terms = terms,
                .dns_provider = s->dns,
                .eab_kid = s->eab_kid,
                .eab_hmac_path = s->eab_hmac_file,
                .ca_roots = s->ca_roots,
                .environment = &c->environment,
                .scratch = c->scratch,
                .time_limit_usec = s->time_limit_sec * 1000000,
        };
}

int client_register(const Client *c, Driver **ret, const Account *account, const CertificateTerms *terms,
                    DriverDoneFunc *done, void *userdata, char **ret_message) {
        DriverCall call = make_call(c, DRIVER_ACCOUNT, account, terms);

        return driver_start(ret, c->event, &call, done, userdata, ret_message);
}

int client_issue(const Client *c, Driver **ret, const Account *account, const CertificateTerms *terms,
                 const StringList *names, const char *csr, DriverDoneFunc *done, void *userdata, char **ret_message) {
        DriverCall call = make_call(c, DRIVER_ISSUE, account, terms);

        call.names = names;
        call.csr = csr;
        return driver_start(ret, c->event, &call, done, userdata, ret_message);
}
