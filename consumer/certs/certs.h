/* The output "certs": certificates for what the sites ask for, by an ACME client. It shares with the nginx output the
 * sites and the directory of certificates, nothing else. */
#pragma once

#include "consumer/output.h"

struct Settings;

/* Removes the certificates that no site asks for, each with a line on standard output; not while registrations are
 * missing, which may ask for them. Returns the exit status. */
int certs_remove_unused(const struct Settings *settings, const Sites *sites, size_t missing);

extern const OutputClass certs_output_class;
