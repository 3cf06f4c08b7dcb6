/* Making a list of wanted certificates, for wanted.c and wanted-names.c alone. Pure. */
#pragma once

#include "consumer/certs/wanted.h"

/* Appends a certificate; the list owns what it holds from now on. */
void wanted_add(WantedCertificates *w, const WantedCertificate *c);
void wanted_certificate_done(WantedCertificate *c);
/* Owns `reason` from now on. */
void wanted_set_aside(WantedCertificates *w, const char *domain, const StringList *publishers, char *reason);
/* Puts both lists in their order. */
void wanted_sort(WantedCertificates *w);
