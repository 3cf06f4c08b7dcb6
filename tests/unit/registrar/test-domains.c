/* The grammar of BEACHHEAD_DOMAINS, as beachhead-companion documents it. */
#include "registrar/domains.h"

#include "beachhead/registration.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

/* "domain http https[!]" a spec, with "!" where https is implied. */
static char *describe(const DomainSpecs *d) {
        Text t = { 0 };

        for (size_t i = 0; i < d->count; i++)
                text_appendf(&t, "%s%s %u %u%s", i > 0 ? ", " : "", d->specs[i].domain, d->specs[i].http_port,
                             d->specs[i].https_port, d->specs[i].https_implied ? "!" : "");
        return text_take(&t);
}

START_TEST(specs_mean_what_companion_documents) {
        static const struct {
                const char *text, *specs;
                size_t warnings;
        } cases[] = {
                { "", "", 0 },
                { " \t\r\n\v\f", "", 0 },
                { "example.org", "example.org 80 443!", 0 },
                { "example.org admin.example.org:https app.example.org:http=8080:https=8043",
                  "example.org 80 443!, admin.example.org 0 443, app.example.org 8080 8043", 0 },
                { "\ta.org\n b.org ", "a.org 80 443!, b.org 80 443!", 0 },
                { "a.org:http", "a.org 80 0", 0 },
                { "a.org:http=1", "a.org 1 0", 0 },
                { "a.org:https=65535", "a.org 0 65535", 0 },
                { "a.org:http:https", "a.org 80 443", 0 },
                { "a.org:https:http", "a.org 80 443", 0 },
                { "a.org:HTTP=81:HttpS", "a.org 81 443", 0 },
                { "A.Org.", "a.org 80 443!", 0 },
                { "localhost:http=0080", "localhost 80 0", 0 },
                { "a.org:ftp", "a.org 80 443!", 1 },
                { "a.org:ftp=99999:http", "a.org 80 0", 1 },
                { "a.org:80", "a.org 80 443!", 1 },
                { "a.org:", "a.org 80 443!", 1 },
                { "http://a.org", "http 80 443!", 1 },
                { "a.org::https", "a.org 0 443", 1 },
                { "a.org:http=1:http=2", "a.org 2 0", 1 },
                { "a.org:http=1 b.org A.org.:https", "a.org 1 0, b.org 80 443!", 1 },
                { "B\xc3\xbc"
                  "cher.example:http xn--bcher-kva.example 192.0.2.1:http",
                  "xn--bcher-kva.example 80 0, 192.0.2.1 80 0", 1 },
                { "xn--bcher-kva.example _x.a_b.org", "xn--bcher-kva.example 80 443!, _x.a_b.org 80 443!", 0 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(domain_specs_done) DomainSpecs d = { 0 };
                _cleanup_string_list_ StringList warnings = { 0 };
                _cleanup_free_ char *message = NULL;
                ck_assert_msg(domain_specs_parse(cases[i].text, &d, &warnings, &message) == 0, "%s", message);
                _cleanup_free_ char *specs = describe(&d);
                ck_assert_str_eq(specs, cases[i].specs);
                ck_assert_msg(warnings.count == cases[i].warnings, "%s: %zu warnings", cases[i].text, warnings.count);
        }
}
END_TEST

START_TEST(one_wrong_spec_is_an_error_that_quotes_it) {
        static const struct {
                const char *text, *quoted;
        } cases[] = {
                { "a.org b.org:http=0 c.org", "\"b.org:http=0\"" },
                { "a.org:http=65536", "\"a.org:http=65536\"" },
                { "a.org:https=", "\"a.org:https=\"" },
                { "a.org:http=80=90", "\"a.org:http=80=90\"" },
                { "a.org:http=-1", "\"a.org:http=-1\"" },
                { "a.org:http=+1", "\"a.org:http=+1\"" },
                { "a.org:http=8o", "\"a.org:http=8o\"" },
                { "a.org:http=80:http=x", "\"a.org:http=80:http=x\"" },
                { "a.org:http=18446744073709551696", "\"a.org:http=18446744073709551696\"" },
                { ":http", "\":http\"" },
                { ".", "\".\"" },
                { "a..org", "\"a..org\"" },
                { "a.org..", "\"a.org..\"" },
                { "-a.org", "\"-a.org\"" },
                { "a.org,b.org", "\"a.org,b.org\"" },
                { "*.a.org", "\"*.a.org\"" },
                { "a.org/", "\"a.org/\"" },
                { "a;}.org", "\"a;}.org\"" },
                { "\x1b[2J.org", "\"\\x1b[2J.org\"" },
                { "b\xc3.org", "\"b\\xc3.org\"" },
                { "~^a", "\"~^a\"" },
                { "[::1]", "\"[::1]\"" },
                { "a.*", "\"a.*\"" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                DomainSpecs d = { .count = 7 };
                _cleanup_string_list_ StringList warnings = { 0 };
                _cleanup_free_ char *message = NULL;
                ck_assert_msg(domain_specs_parse(cases[i].text, &d, &warnings, &message) == -EINVAL, "%s was taken",
                              cases[i].text);
                ck_assert_msg(strstr(message, cases[i].quoted), "%s", message);
                ck_assert_uint_eq(d.count, 7);
        }
}
END_TEST

START_TEST(warnings_name_domain_and_parameter) {
        _cleanup_(domain_specs_done) DomainSpecs d = { 0 };
        _cleanup_string_list_ StringList warnings = { 0 };
        char *message = NULL;

        ck_assert_int_eq(domain_specs_parse("a.org:f\x7f=1", &d, &warnings, &message), 0);
        ck_assert_str_eq(warnings.items[0], "a.org: the parameter \"f\\x7f\" is not known and is ignored");
}
END_TEST

START_TEST(more_domains_than_a_registration_has_routes_are_refused) {
        _cleanup_(domain_specs_done) DomainSpecs d = { 0 };
        _cleanup_string_list_ StringList warnings = { 0 };
        _cleanup_free_ char *message = NULL;
        _cleanup_text_ Text t = { 0 };

        for (int i = 0; i < REGISTRATION_ROUTES_MAX; i++)
                text_appendf(&t, "d%d.org ", i);
        ck_assert_int_eq(domain_specs_parse(t.data, &d, &warnings, &message), 0);
        ck_assert_uint_eq(d.count, REGISTRATION_ROUTES_MAX);
        text_append(&t, "last.org");
        DomainSpecs more = { 0 };
        ck_assert_int_eq(domain_specs_parse(t.data, &more, &warnings, &message), -EINVAL);
        ck_assert_msg(strstr(message, "last.org"), "%s", message);
}
END_TEST

TEST_MAIN("domains", specs_mean_what_companion_documents, one_wrong_spec_is_an_error_that_quotes_it,
          warnings_name_domain_and_parameter, more_domains_than_a_registration_has_routes_are_refused)
