/* VIRTUAL_HOST_MULTIPORTS: hosts, paths and ports, and what becomes of documents that are wrong. */
#include "registrar/multiports.h"

#include "tests/unit/check-main.h"

#include <errno.h>

/* "a.org external_https_port=8443 { / 8000, /x 9000 dest=/ proto=https }", what is not said left out. */
static char *describe(const HostSpecs *h) {
        Text t = { 0 };

        for (size_t i = 0; i < h->count; i++) {
                const HostSpec *host = &h->items[i];
                text_appendf(&t, "%s%s", i > 0 ? " | " : "", host->domain);
                for (EdgeSetting s = 0; s < _EDGE_SETTING_COUNT; s++) {
                        _cleanup_free_ char *text = edge_settings_text(&host->settings, s);
                        if (text)
                                text_appendf(&t, " %s=%s", edge_setting_name(s), text);
                }
                for (size_t k = 0; k < host->n_paths; k++) {
                        const PathSpec *p = &host->paths[k];
                        text_appendf(&t, "%s %s", k > 0 ? "," : " {", p->path ? p->path : "/");
                        if (p->port > 0)
                                text_appendf(&t, " %u", p->port);
                        if (p->dest)
                                text_appendf(&t, " dest=%s", p->dest);
                        if (p->proto != PROTOCOL_HTTP)
                                text_appendf(&t, " proto=%s", protocol_name(p->proto));
                }
                text_append(&t, " }");
        }
        return text_take(&t);
}

/* The description, or the message where the document is refused. */
static char *parse(const char *text, StringList *problems, StringList *warnings) {
        _cleanup_(host_specs_done) HostSpecs h = { 0 };
        _cleanup_free_ char *message = NULL;
        int r = multiports_parse("M", text, strlen(text), &h, problems, warnings, &message);

        ck_assert((r == 0) == (message == NULL));
        if (r == 0)
                return describe(&h);
        ck_assert_int_eq(r, -EINVAL);
        ck_assert_uint_eq(h.count, 0);
        return TAKE_PTR(message);
}

typedef struct Case {
        const char *text, *expected;
        const char *problem; /* the only one; NULL: there is none */
        const char *warning; /* the same */
} Case;

static void assert_only(const StringList *list, const char *expected, const char *text) {
        _cleanup_free_ char *said = string_list_join(list, " | ");

        ck_assert_msg(strcmp(said, expected ? expected : "") == 0, "%s: %s", text, said);
}

static void assert_cases(const Case *cases, size_t count) {
        for (size_t i = 0; i < count; i++) {
                _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };
                _cleanup_free_ char *found = parse(cases[i].text, &problems, &warnings);
                ck_assert_msg(strcmp(found, cases[i].expected) == 0, "%s:\n%s instead of\n%s", cases[i].text, found,
                              cases[i].expected);
                assert_only(&problems, cases[i].problem, cases[i].text);
                assert_only(&warnings, cases[i].warning, cases[i].text);
        }
}
#define ASSERT_CASES(cases) assert_cases(cases, sizeof(cases) / sizeof *(cases))

START_TEST(documents_mean_what_nginx_proxy_documents) {
        static const Case cases[] = {
                { "a.org:", "a.org { / }", NULL, NULL },
                { "a.org: {}\nb.org: ~\nc.org: null", "a.org { / } | b.org { / } | c.org { / }", NULL, NULL },
                { "www.example.org:\nservice.example.org:\n  \"/\":\n    port: 8000\n  \"/foo\":\n    port: 9000\n"
                  "    dest: \"/bar\"\n",
                  "www.example.org { / } | service.example.org { / 8000, /foo 9000 dest=/bar }", NULL, NULL },
                { "{\"a.org\": {\"/\": {\"port\": 8080, \"proto\": \"grpc\"}}}", "a.org { / 8080 proto=grpc }", NULL,
                  NULL },
                { "a.org:\n  /:\n  /x: {}\n  /y: { port: , dest: '', proto: null }", "a.org { /, /x, /y }", NULL,
                  NULL },
                { "a.org: { /: { dest: / }, /x: { dest: / } }", "a.org { /, /x dest=/ }", NULL, NULL },
                { "a.org: { external_http_port: 8080, external_https_port: '8443' }",
                  "a.org external_http_port=8080 external_https_port=8443 { / }", NULL, NULL },
                { "a.org: { external_http_port: ~, /x: { proto: HTTPS } }", "a.org { /x proto=https }", NULL, NULL },
                { "A.Org.: { '~^/(a|b)/': { port: 81 } }", "a.org { ~^/(a|b)/ 81 }", NULL, NULL },
                { "'*.a.org':\nb\xc3\xbc.org:\n'[fd00:0::1]':\n192.0.2.1:\n~^a\\.: # a regex",
                  "*.a.org { / } | xn--b-eha.org { / } | [fd00::1] { / } | 192.0.2.1 { / } | ~^a\\. { / }", NULL,
                  NULL },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(what_is_wrong_is_left_out_by_name_and_the_rest_stands) {
        static const Case cases[] = {
                { "a b:\nc.org:", "c.org { / }", "M: a b: is no domain: the host is left out", NULL },
                { "~:\nc.org:", "c.org { / }",
                  "M: ~: is a regular expression of 0 bytes, not of 1 to 255: the host is left out", NULL },
                { "a.org: 8080\nc.org:", "c.org { / }",
                  "M: a.org: must be a mapping from paths to port, dest and proto: the host is left out", NULL },
                { "a.org: [/]\nc.org:", "c.org { / }",
                  "M: a.org: must be a mapping from paths to port, dest and proto: the host is left out", NULL },
                { "a.org: { api: {}, /: {} }", "a.org { / }",
                  "M: a.org \"api\": does not begin with \"/\": the path is left out", NULL },
                { "a.org: { port: 8080 }\nc.org:", "c.org { / }",
                  "M: a.org \"port\": does not begin with \"/\": the path is left out", NULL },
                { "a.org: { /x: 8080, /: {} }", "a.org { / }",
                  "M: a.org \"/x\": must be a mapping with port, dest and proto: the path is left out", NULL },
                { "a.org: { /x: { port: 0 }, /: {} }", "a.org { / }",
                  "M: a.org \"/x\": port \"0\" is no number from 1 to 65535: the path is left out", NULL },
                { "a.org: { /x: { port: [80] }, /: {} }", "a.org { / }",
                  "M: a.org \"/x\": port must be one plain value: the path is left out", NULL },
                { "a.org: { /x: { dest: x }, /: {} }", "a.org { / }",
                  "M: a.org \"/x\": dest \"x\" does not begin with \"/\": the path is left out", NULL },
                { "a.org: { /x: { proto: 'ftp;' }, /: {} }", "a.org { / }",
                  "M: a.org \"/x\": proto \"ftp;\" is none of http, https, grpc, grpcs, uwsgi, fastcgi: the path is "
                  "left out",
                  NULL },
                { "a.org: { '~^/x': { dest: / }, /: {} }", "a.org { / }",
                  "M: a.org \"~^/x\": dest \"/\" cannot take the place of a path that is a regular expression: the "
                  "path is left out",
                  NULL },
                { "a.org: { external_http_port: 99999, /: {} }\nc.org:", "c.org { / }",
                  "M: a.org: external_http_port \"99999\" must be a port, 1 to 65535: the host is left out", NULL },
                { "a.org: { external_https_port: {} }\nc.org:", "c.org { / }",
                  "M: a.org: external_https_port must be one plain value: the host is left out", NULL },
                { "\"a\\nb\":\nc.org:", "c.org { / }", "M: a\\x0ab: is no domain: the host is left out", NULL },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(what_is_there_twice_is_named_and_the_first_counts) {
        static const Case cases[] = {
                { "a.org: { /: { port: 1 } }\na.org: { /: { port: 2 } }", "a.org { / 1 }",
                  "M: line 2: \"a.org\" is there twice: the first counts", NULL },
                { "a.org: { /: { port: 1 } }\nA.org.: { /: { port: 2 } }", "a.org { / 1 }",
                  "M: \"a.org\" is there twice: the first counts", NULL },
                { "a.org:\n  /: { port: 1 }\n  /: { port: 2 }", "a.org { / 1 }",
                  "M: line 3: \"/\" is there twice: the first counts", NULL },
                { "a.org: { /: { port: 1, port: 2 } }", "a.org { / 1 }",
                  "M: line 1: \"port\" is there twice: the first counts", NULL },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(what_is_ignored_is_said) {
        static const Case cases[] = {
                { "a.org: { /: { prot: https, port: 81 } }", "a.org { / 81 }", NULL,
                  "M: a.org \"/\": the key \"prot\" is not known and is ignored" },
                { "a.org: { /: { deeper: { x: [1, { y: z }] } } }", "a.org { / }", NULL,
                  "M: a.org \"/\": the key \"deeper\" is not known and is ignored" },
                { "a.org: { /x: { proto: uwsgi, dest: /y } }", "a.org { /x proto=uwsgi }", NULL,
                  "M: a.org \"/x\": dest means nothing with uwsgi and is ignored" },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(what_is_no_mapping_of_hosts_is_refused_as_a_whole) {
        static const Case cases[] = {
                { "", "M: must be a mapping from hosts to their paths", NULL, NULL },
                { "a.org", "M: must be a mapping from hosts to their paths", NULL, NULL },
                { "- a.org", "M: must be a mapping from hosts to their paths", NULL, NULL },
                { "*.a.org:", "M: line 1: did not find expected alphabetic or numeric character", NULL, NULL },
                { "a.org: *x", "M: line 1: an alias, which is not allowed here", NULL, NULL },
        };

        ASSERT_CASES(cases);
}
END_TEST

TEST_MAIN("multiports", documents_mean_what_nginx_proxy_documents,
          what_is_wrong_is_left_out_by_name_and_the_rest_stands, what_is_there_twice_is_named_and_the_first_counts,
          what_is_ignored_is_said, what_is_no_mapping_of_hosts_is_refused_as_a_whole)
