/* JSON from Redis into the wish for a certificate, and terms into JSON. Pure. */
#include "common/certificate-json.h"

#include "common/hostname.h"

void certificate_terms_encode(cJSON *object, const CertificateTerms *terms) {
        for (CertificateTerm i = 0; i < _CERTIFICATE_TERM_COUNT; i++) {
                const char *text = certificate_terms_text(terms, i);
                if (i != TERM_TEST && text)
                        cJSON_AddStringToObject(object, certificate_term_name(i), text);
                else if (i == TERM_TEST && terms->test)
                        cJSON_AddTrueToObject(object, certificate_term_name(i));
        }
}

/* What follows returns NULL, or what is wrong, owned by the caller. */

static char *decode_name(const cJSON *name, CertificateWish *ret) {
        _cleanup_free_ char *normal = NULL;
        bool is_wildcard;

        if (!cJSON_IsString(name))
                return xstrdup("\"names\" holds something that is no string");
        if (hostname_pattern_normalize(name->valuestring, &normal, &is_wildcard) < 0)
                return json_refusal("names", name->valuestring, "is no domain");
        certificate_wish_add(ret, normal);
        return NULL;
}

static char *decode_names(const cJSON *names, CertificateWish *ret) {
        const cJSON *name;
        char *wrong;

        if (!cJSON_IsArray(names) || cJSON_GetArraySize(names) < 1 ||
            cJSON_GetArraySize(names) > REGISTRATION_NAMES_MAX)
                return xasprintf("\"names\" is no list of 1 to %d domains", REGISTRATION_NAMES_MAX);
        cJSON_ArrayForEach (name, names)
                if ((wrong = decode_name(name, ret))) {
                        certificate_wish_done(ret);
                        return wrong;
                }
        return NULL;
}

static char *decode_test(const cJSON *item, CertificateTerms *ret) {
        if (!cJSON_IsBool(item))
                return xstrdup("\"test\" is neither true nor false");
        ret->test = cJSON_IsTrue(item);
        return NULL;
}

static char *decode_term(const cJSON *item, CertificateTerm term, CertificateTerms *ret) {
        const char *name = certificate_term_name(term), *rule;

        if (term == TERM_TEST)
                return decode_test(item, ret);
        if (!cJSON_IsString(item))
                return xasprintf("\"%s\" is no string", name);
        if (certificate_terms_set(ret, term, item->valuestring, &rule) < 0)
                return json_refusal(name, item->valuestring, rule);
        return NULL;
}

/* Without it the certificate is still the one that is wanted. */
static bool is_dispensable(CertificateTerm term) {
        return term == TERM_EMAIL || term == TERM_CHAIN;
}

void certificate_wish_decode(const cJSON *object, CertificateWish *ret) {
        ret->obstacle = decode_names(json_member(object, "names"), ret);
        for (CertificateTerm i = 0; i < _CERTIFICATE_TERM_COUNT; i++) {
                const cJSON *item = json_member(object, certificate_term_name(i));
                char **wrong = is_dispensable(i) ? &ret->remark : &ret->obstacle;
                if (item && !*wrong)
                        *wrong = decode_term(item, i, &ret->terms);
        }
}
