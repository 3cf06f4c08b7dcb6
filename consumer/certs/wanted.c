/* What containers wish for becomes what is asked for. */
#include "consumer/certs/wanted.h"

#include "consumer/certificate-folder.h"
#include "consumer/certificate-names.h"
#include "consumer/certs/name-set.h"
#include "consumer/certs/wanted-list.h"

#include <string.h>

enum { CA_SHOWN_MAX = 128 }; /* bytes of a CA that a container chose, in a reason */

/* ---- the terms ---- */

static bool is_ours(const char *ca, const CertsPolicy *policy) {
        return streq_or_null(ca, policy->ca) || streq_or_null(ca, policy->test_ca);
}

static const char *ca_of(const CertificateTerms *wish, const CertsPolicy *policy) {
        return wish->ca ? wish->ca : wish->test ? policy->test_ca : policy->ca;
}

static bool has_wildcard(const StringList *names) {
        for (size_t i = 0; i < names->count; i++)
                if (has_prefix(names->items[i], "*."))
                        return true;
        return false;
}

static Challenge challenge_of(const CertificateTerms *wish, const StringList *names, const CertsPolicy *policy) {
        if (wish->challenge != CHALLENGE_UNSET)
                return wish->challenge;
        return has_wildcard(names) ? CHALLENGE_DNS_01 : policy->challenge;
}

/* Why it cannot be had here, owned by the caller; NULL where it can. */
static char *obstacle_to(const StringList *names, const CertificateTerms *wish, const CertsPolicy *policy) {
        const char *ca = ca_of(wish, policy), *no_folder = certificate_folder_obstacle(names->items[0]);
        Challenge challenge = challenge_of(wish, names, policy);

        if (!is_ours(ca, policy) && !string_list_contains(policy->allowed_cas, ca)) {
                _cleanup_free_ char *shown = printable(ca, strlen(ca), CA_SHOWN_MAX);
                return xasprintf("it is to come from a CA that is not allowed here; --acme-allow-ca=%s allows it",
                                 shown);
        }
        if (challenge == CHALLENGE_HTTP_01 && has_wildcard(names))
                return xstrdup("a wildcard needs the challenge DNS-01, and HTTP-01 is asked for: leave that out");
        if (challenge == CHALLENGE_DNS_01 && !policy->has_dns)
                return xasprintf("%s the challenge DNS-01, for which --acme-dns has to name a provider",
                                 wish->challenge == CHALLENGE_UNSET && has_wildcard(names) ? "a wildcard needs"
                                                                                           : "it needs");
        return no_folder ? xstrdup(no_folder) : NULL;
}

/* A chain and a profile that the operator chose are those of the operator's CA. */
static void settle_terms(WantedCertificate *c, const CertificateTerms *wish, const CertsPolicy *policy) {
        const char *ca = ca_of(wish, policy);
        const char *chain = is_ours(ca, policy) ? policy->preferred_chain : NULL;
        const char *profile = is_ours(ca, policy) ? policy->profile : NULL;

        certificate_terms_copy(
                &c->terms, &(CertificateTerms){
                                   .email = (char *)(policy->email ? policy->email : wish->email),
                                   .key_type = wish->key_type != KEY_TYPE_UNSET ? wish->key_type : policy->key_type,
                                   .challenge = challenge_of(wish, &c->names, policy),
                                   .ca = (char *)ca,
                                   .preferred_chain = (char *)(wish->preferred_chain ? wish->preferred_chain : chain),
                                   .profile = (char *)(wish->profile ? wish->profile : profile),
                           });
}

/* ---- wishes and sites ---- */

static void copy_list(StringList *to, const StringList *from) {
        for (size_t i = 0; i < from->count; i++)
                string_list_add(to, from->items[i]);
}

/* Sets it aside where it cannot be had. */
static void want(WantedCertificates *w, const CertificateRequest *r, bool is_automatic, const CertsPolicy *policy) {
        char *obstacle = obstacle_to(&r->names, &r->terms, policy);
        WantedCertificate c = { .is_automatic = is_automatic };

        if (obstacle) {
                wanted_set_aside(w, r->names.items[0], &r->publishers, obstacle);
                return;
        }
        copy_list(&c.names, &r->names);
        copy_list(&c.publishers, &r->publishers);
        settle_terms(&c, &r->terms, policy);
        wanted_add(w, &c);
}

static bool is_certifiable(const char *name) {
        const char *domain = has_prefix(name, "*.") ? name + strlen("*.") : name;

        return server_name_kind(domain) == SERVER_NAME_EXACT && strchr(domain, '.');
}

static bool is_not_certifiable(void *userdata, const char *name) {
        (void)userdata;
        return !is_certifiable(name);
}

static bool wants_one_by_itself(const Site *site) {
        return site->shape.https && site->state != SITE_LINGERING && site->kind == SERVER_NAME_EXACT &&
               is_certifiable(site->domain) && !edge_settings_has(&site->shape.settings, EDGE_CERT_NAME);
}

static NameSet *covered_names(const WantedCertificates *w) {
        NameSet *covered = name_set_new();

        for (size_t i = 0; i < w->count; i++)
                for (size_t k = 0; k < w->items[i].names.count; k++)
                        name_set_add(covered, w->items[i].names.items[k]);
        return covered;
}

static void want_every_site(WantedCertificates *w, const Sites *sites, const CertsPolicy *policy) {
        _cleanup_(name_set_freep) NameSet *covered = covered_names(w);

        for (size_t i = 0; i < sites->count; i++) {
                const Site *site = sites->items[i];
                if (!wants_one_by_itself(site) || name_set_has(covered, site->domain))
                        continue;
                _cleanup_free_ char *wildcard = certificate_wildcard_of(site->domain);
                if (name_set_has(covered, wildcard))
                        continue;
                CertificateRequest r = { .names = { &(char *){ site->domain }, 1 }, .publishers = site->publishers };
                want(w, &r, true, policy);
        }
}

WantedCertificates *wanted_from_sites(const Sites *sites, const CertsPolicy *policy) {
        WantedCertificates *w = new0(WantedCertificates);

        for (size_t i = 0; i < sites->n_requests; i++)
                want(w, sites->requests[i], false, policy);
        wanted_drop(w, is_not_certifiable, NULL, "no CA certifies a name of one label, or an address");
        if (policy->every_site)
                want_every_site(w, sites, policy);
        wanted_sort(w);
        return w;
}

/* ---- what is asked of a CA ---- */

void wanted_digest(const StringList *names, const CertificateTerms *terms, char ret[static DIGEST_SIZE]) {
        const char *const texts[] = { terms->ca, terms->email, terms->preferred_chain, terms->profile };
        Text t = { 0 };

        for (size_t i = 0; i < names->count; i++)
                text_appendf(&t, "%s\n", names->items[i]);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                text_appendf(&t, "%s\n", texts[i] ? texts[i] : "");
        text_appendf(&t, "%d %d", (int)terms->key_type, (int)terms->challenge);
        digest_hex(&(struct iovec){ t.data, t.size }, 1, ret);
        text_done(&t);
}
