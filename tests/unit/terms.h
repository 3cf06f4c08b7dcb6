/* Terms of a certificate as tests expect them: " email=me@a.org key=ec-256 test=true", what nobody said left out. */
#pragma once

#include "beachhead/certificate-terms.h"
#include "common/text.h"

static inline void append_terms(Text *t, const CertificateTerms *terms) {
        for (CertificateTerm i = 0; i < _CERTIFICATE_TERM_COUNT; i++) {
                const char *text = certificate_terms_text(terms, i);
                if (text && (i != TERM_TEST || terms->test))
                        text_appendf(t, " %s=%s", certificate_term_name(i), text);
        }
}
