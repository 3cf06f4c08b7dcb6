/* BEACHHEAD_DOMAINS into domain-specs. */
#include "registrar/domains.h"

#include "beachhead/registration.h"
#include "registrar/host-specs.h"
#include "registrar/problem.h"

#include <errno.h>
#include <string.h>

#define WHITE_SPACE " \t\r\n\v\f"

/* Takes "http", "https=8443", …: the text between two colons. Returns NULL, or what is wrong with it. */
static const char *parse_parameter(const char *text, DomainSpec *spec, StringList *warnings) {
        size_t length = strcspn(text, "=");
        bool http = length == 4 && strncasecmp(text, "http", length) == 0;
        bool https = length == 5 && strncasecmp(text, "https", length) == 0;
        uint16_t *port = http ? &spec->http_port : &spec->https_port;

        if (!http && !https) {
                _cleanup_free_ char *name = xstrndup(text, length), *shown = problem_value(name);
                string_list_addf(warnings, "%s: the parameter \"%s\" is not known and is ignored", spec->domain,
                                 shown);
                return NULL;
        }
        if (*port > 0)
                string_list_addf(warnings, "%s: \"%s\" is given twice: the last counts", spec->domain,
                                 http ? "http" : "https");
        if (text[length] == '\0')
                *port = http ? 80 : 443;
        else if (parse_port(text + length + 1, port) < 0)
                return "a port is a number from 1 to 65535";
        return NULL;
}

/* Names and IPv4 addresses; what is a pattern for others is none here. */
static int parse_domain(const char *text, char **ret) {
        _cleanup_free_ char *domain = NULL, *reason = NULL;
        ServerNameKind kind;

        if (host_name_read(text, &domain, &kind, &reason) < 0 ||
            (kind != SERVER_NAME_EXACT && kind != SERVER_NAME_ADDRESS))
                return -EINVAL;
        *ret = TAKE_PTR(domain);
        return 0;
}

static const char *parse_spec(const char *text, DomainSpec *spec, StringList *warnings) {
        size_t length = strcspn(text, ":");
        _cleanup_free_ char *domain = xstrndup(text, length);

        if (parse_domain(domain, &spec->domain) < 0)
                return "what comes first is no domain";
        for (const char *rest = text + length; *rest;) {
                size_t size = strcspn(++rest, ":");
                _cleanup_free_ char *parameter = xstrndup(rest, size);
                const char *wrong = parse_parameter(parameter, spec, warnings);
                if (wrong)
                        return wrong;
                rest += size;
        }
        if (spec->http_port == 0 && spec->https_port == 0) {
                spec->http_port = 80;
                spec->https_port = 443;
                spec->https_implied = true;
        }
        return NULL;
}

static bool is_named(const DomainSpecs *d, const char *domain) {
        for (size_t i = 0; i < d->count; i++)
                if (strcmp(d->specs[i].domain, domain) == 0)
                        return true;
        return false;
}

/* Adds the spec, unless its domain is there already. */
static const char *add_spec(const char *text, DomainSpecs *d, StringList *warnings) {
        DomainSpec spec = { 0 };

        if (d->count == REGISTRATION_ROUTES_MAX)
                return "it is one more than a container may have";
        const char *wrong = parse_spec(text, &spec, warnings);
        if (wrong || is_named(d, spec.domain)) {
                if (!wrong)
                        string_list_addf(warnings, "%s: the domain is named twice: the first counts", spec.domain);
                free(spec.domain);
                return wrong;
        }
        array_grow(d->specs, d->count);
        d->specs[d->count++] = spec;
        return NULL;
}

int domain_specs_parse(const char *text, DomainSpecs *ret, StringList *warnings, char **ret_message) {
        DomainSpecs d = { 0 };

        for (;;) {
                _cleanup_free_ char *word = next_word(&text, WHITE_SPACE);
                if (!word)
                        break;
                const char *wrong = add_spec(word, &d, warnings);
                if (wrong) {
                        _cleanup_free_ char *spec = problem_value(word);
                        *ret_message = xasprintf("\"%s\": %s", spec, wrong);
                        domain_specs_done(&d);
                        return -EINVAL;
                }
        }
        *ret = d;
        return 0;
}

void domain_specs_done(DomainSpecs *d) {
        for (size_t i = 0; i < d->count; i++)
                free(d->specs[i].domain);
        free(d->specs);
        *d = (DomainSpecs){ 0 };
}
