/* The ACME client as the operator has set it up: its driver, and what each call of it is given. */
#pragma once

#include "common/memory.h"
#include "consumer/certs/accounts.h"
#include "consumer/certs/driver.h"
#include "consumer/certs/settings.h"

#include <systemd/sd-event.h>

typedef struct Client Client;

/* `directory` is the output's own, below which calls have their scratch. Borrows the settings. Returns 0, or negative
 * with a message (owned by the caller) that says what to mend. */
int client_new(Client **ret, sd_event *event, const CertsSettings *settings, const char *directory,
               char **ret_message);
Client *client_free(Client *c);
/* Removes what calls of another one have left, which has ended. */
void client_tidy(const Client *c);
DEFINE_CLEANUP(Client *, client_free);

/* As driver_start(), with the account's verb, or for `names` with a request for them; all borrowed during the call. */
int client_register(const Client *c, Driver **ret, const Account *account, const CertificateTerms *terms,
                    DriverDoneFunc *done, void *userdata, char **ret_message);
int client_issue(const Client *c, Driver **ret, const Account *account, const CertificateTerms *terms,
                 const StringList *names, const char *csr, DriverDoneFunc *done, void *userdata, char **ret_message);
