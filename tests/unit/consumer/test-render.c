/* Rendering: each kind of site answers what it should, the bytes are the same for the same sites, every line is known
 * to belong to its site, and nothing but expected words reaches nginx. */
#include "consumer/nginx/render.h"

#include "common/text.h"
#include "consumer/nginx/conf-syntax.h"
#include "tests/unit/check-main.h"

#include <fnmatch.h>
#include <string.h>

static Endpoint two_endpoints[] = { { (char *)"172.17.0.2", 8080 }, { (char *)"fd00::2", 80 } };
static Endpoint tls_endpoint[] = { { (char *)"172.17.0.3", 8043 } };
static const Certificate certificate = { (char *)"/certs/a.crt", (char *)"/certs/a.key", (char *)"c0ffee", 0 };
static const RenderPolicy policy = { "80", "443", "confirm.beachhead.invalid" };

static Rendering *render_one(const Site *site, const Certificate *c) {
        const Vhost v = { .site = site, .certificate = c };

        return render(&v, 1, &policy);
}

/* The lines of vhosts[i], the empty string without them. */
static char *block(const Rendering *r, size_t i) {
        const char *start = r->text, *end;
        size_t line = 1;

        for (; line < r->ranges[i].first; line++)
                start = strchr(start, '\n') + 1;
        for (end = start; line <= r->ranges[i].last; line++)
                end = strchr(end, '\n') + 1;
        return xstrndup(start, (size_t)(end - start));
}

static char *block_of(const Site *site, const Certificate *c) {
        _cleanup_(rendering_freep) Rendering *r = render_one(site, c);

        return block(r, 0);
}

#define REDIRECT "return 301 https://a.org$request_uri;"
#define HTTP_PASS "proxy_pass http://a.org.http.beachhead;"
#define TLS_PASS "proxy_pass https://a.org.tls.beachhead;"
#define LATER "add_header Retry-After 5 always;"

/* What one server block answers: the first of the known answers that stands in it. */
static const char *answer(const char *server) {
        static const char *const answers[] = { REDIRECT, HTTP_PASS, TLS_PASS, LATER, "return 503;", "return 502;" };

        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
                if (strstr(server, answers[i]))
                        return answers[i];
        return "nothing";
}

static void assert_answers(const Site *site, const Certificate *c, const char *plain, const char *secure) {
        _cleanup_free_ char *text = block_of(site, c);
        char *second = strstr(text, "    listen 443 ssl;\n");

        ck_assert_msg(strstr(text, "    listen 80;\n    server_name a.org;\n"), "no HTTP server in %s", text);
        ck_assert_int_eq(second != NULL, secure != NULL);
        if (second) {
                ck_assert_str_eq(answer(second), secure);
                *second = '\0';
        }
        ck_assert_str_eq(answer(text), plain);
}

START_TEST(each_shape_answers_what_it_should) {
        static const struct {
                PlainAnswer plain;
                bool https, tls_to_backend, certificate;
                SiteState state;
                const char *over_http, *over_https;
        } cases[] = {
                { PLAIN_SERVE, false, false, false, SITE_LIVE, HTTP_PASS, NULL },
                { PLAIN_SERVE, false, false, true, SITE_LIVE, HTTP_PASS, NULL },
                { PLAIN_SERVE, true, false, true, SITE_LIVE, HTTP_PASS, HTTP_PASS },
                { PLAIN_SERVE, true, true, true, SITE_HELD, HTTP_PASS, TLS_PASS },
                { PLAIN_REDIRECT_OR_SERVE, true, false, false, SITE_LIVE, HTTP_PASS, NULL },
                { PLAIN_REDIRECT_OR_SERVE, true, false, true, SITE_LIVE, REDIRECT, HTTP_PASS },
                { PLAIN_REDIRECT_OR_SERVE, true, true, true, SITE_LIVE, REDIRECT, TLS_PASS },
                { PLAIN_REDIRECT_OR_SERVE, false, false, true, SITE_LIVE, HTTP_PASS, NULL },
                { PLAIN_REDIRECT_OR_REFUSE, true, true, false, SITE_LIVE, "return 503;", NULL },
                { PLAIN_REDIRECT_OR_REFUSE, true, true, true, SITE_LIVE, REDIRECT, TLS_PASS },
                { PLAIN_REFUSE_OR_SERVE, true, false, false, SITE_LIVE, HTTP_PASS, NULL },
                { PLAIN_REFUSE_OR_SERVE, true, false, true, SITE_LIVE, "return 503;", HTTP_PASS },
                { PLAIN_SERVE, true, true, true, SITE_LINGERING, LATER, LATER },
                { PLAIN_REDIRECT_OR_SERVE, true, false, true, SITE_LINGERING, REDIRECT, LATER },
                { PLAIN_REDIRECT_OR_SERVE, true, false, false, SITE_LINGERING, LATER, NULL },
                { PLAIN_REDIRECT_OR_REFUSE, true, false, false, SITE_LINGERING, "return 503;", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                const Site site = {
                        .domain = (char *)"a.org",
                        .state = cases[i].state,
                        .shape = { cases[i].plain, cases[i].https, cases[i].tls_to_backend },
                        .endpoints = { two_endpoints, 2 },
                        .tls_endpoints = { tls_endpoint, 1 },
                };
                assert_answers(&site, cases[i].certificate ? &certificate : NULL, cases[i].over_http,
                               cases[i].over_https);
        }
}
END_TEST

START_TEST(a_site_without_an_endpoint_answers_502) {
        Site site = { .domain = (char *)"a.org", .shape = { PLAIN_SERVE, true, false } };

        assert_answers(&site, &certificate, "return 502;", "return 502;");
        site.shape.tls_to_backend = true;
        site.endpoints = (Endpoints){ two_endpoints, 2 };
        assert_answers(&site, &certificate, HTTP_PASS, "return 502;");
        site.endpoints = (Endpoints){ 0 };
        site.state = SITE_HELD;
        assert_answers(&site, NULL, "return 502;", NULL);
}
END_TEST

START_TEST(an_upstream_has_every_endpoint_once_and_only_where_it_is_used) {
        Endpoint endpoints[] = { { (char *)"172.17.0.2", 8080 }, { (char *)"fd00::2", 80 }, { (char *)"unix", 80 } };
        Site site = {
                .domain = (char *)"a.org",
                .shape = { PLAIN_REDIRECT_OR_SERVE, true, true },
                .endpoints = { endpoints, 3 },
                .tls_endpoints = { tls_endpoint, 1 },
        };
        _cleanup_free_ char *plain = block_of(&site, NULL), *secure = block_of(&site, &certificate);

        ck_assert(has_prefix(plain, "upstream a.org.http.beachhead {\n"
                                    "    server 172.17.0.2:8080 max_fails=1 fail_timeout=1s;\n"
                                    "    server [fd00::2]:80 max_fails=1 fail_timeout=1s;\n"
                                    "    server unix.:80 max_fails=1 fail_timeout=1s;\n"
                                    "}\n"
                                    "server {\n"));
        ck_assert(has_prefix(secure, "upstream a.org.tls.beachhead {\n"
                                     "    server 172.17.0.3:8043 max_fails=1 fail_timeout=1s;\n"
                                     "}\n"
                                     "server {\n"));
        ck_assert_ptr_nonnull(strstr(secure, "proxy_ssl_name a.org;"));
}
END_TEST

START_TEST(the_redirect_names_the_port_that_is_not_443) {
        static const struct {
                const char *listen, *expected;
        } cases[] = {
                { "443", "return 301 https://a.org$request_uri;" },
                { "[::]:443", "return 301 https://a.org$request_uri;" },
                { "8443", "return 301 https://a.org:8443$request_uri;" },
                { "127.0.0.1:8443", "return 301 https://a.org:8443$request_uri;" },
        };
        const Site site = { .domain = (char *)"a.org", .shape = { PLAIN_REDIRECT_OR_SERVE, true, false } };
        const Vhost v = { .site = &site, .certificate = &certificate };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                const RenderPolicy other = { "80", cases[i].listen, NULL };
                _cleanup_(rendering_freep) Rendering *r = render(&v, 1, &other);
                ck_assert_ptr_nonnull(strstr(r->text, cases[i].expected));
        }
}
END_TEST

START_TEST(what_the_operator_sets_for_a_site_is_not_set_twice) {
        static const char *const names[] = { "client_max_body_size",  "proxy_read_timeout",  "proxy_send_timeout",
                                             "proxy_connect_timeout", "proxy_next_upstream", "proxy_http_version",
                                             "proxy_set_header" };
        const Site site = { .domain = (char *)"a.org", .endpoints = { two_endpoints, 2 } };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                _cleanup_free_ char *text = xasprintf("%s x;\n", names[i]),
                                    *nested = xasprintf("l { %s x; }", names[i]);
                const Vhost own = { &site, NULL, "/v/a.org", text, "d1" };
                const Vhost without = { &site, NULL, "/v/a.org", nested, "d1" };
                _cleanup_(rendering_freep) Rendering *r = render(&own, 1, &policy), *q = render(&without, 1, &policy);
                ck_assert_ptr_null(strstr(r->text, names[i]));
                ck_assert_ptr_nonnull(strstr(q->text, names[i]));
                ck_assert_ptr_nonnull(strstr(r->text, "    include \"/v/a.org\";\n    location / {\n"));
        }
}
END_TEST

START_TEST(the_operators_file_stands_in_servers_that_serve_alone) {
        const Site site = {
                .domain = (char *)"a.org",
                .shape = { PLAIN_REDIRECT_OR_SERVE, true, false },
                .endpoints = { two_endpoints, 2 },
        };
        const Vhost v = { &site, &certificate, "/v/a \"b", "", "d1" };
        _cleanup_(rendering_freep) Rendering *r = render(&v, 1, &policy);
        const char *include = strstr(r->text, "include \"/v/a \\\"b\";\n");

        ck_assert_ptr_nonnull(include);
        ck_assert_ptr_null(strstr(include + 1, "include"));
        ck_assert(include > strstr(r->text, "listen 443 ssl;\n    server_name a.org;"));
}
END_TEST

START_TEST(the_generation_tells_apart_whatever_nginx_would_read_differently) {
        Site site = {
                .domain = (char *)"a.org",
                .shape = { PLAIN_SERVE, true, false },
                .endpoints = { two_endpoints, 2 },
        };
        Certificate renewed = certificate;
        renewed.digest = (char *)"decaf";
        const RenderPolicy without_confirm = { "80", "443", NULL };
        const Vhost same = { &site, &certificate, "/v/a", "", "d1" }, cert = { &site, &renewed, "/v/a", "", "d1" },
                    include = { &site, &certificate, "/v/a", "", "d2" };
        Rendering *r[] = {
                render(&same, 1, &policy),    render(&same, 1, &policy),          render(&cert, 1, &policy),
                render(&include, 1, &policy), render(&same, 1, &without_confirm), render(NULL, 0, &policy)
        };

        ck_assert_str_eq(r[0]->text, r[1]->text);
        ck_assert_str_eq(r[0]->generation, r[1]->generation);
        for (size_t i = 1; i < 6; i++)
                for (size_t j = i + 1; j < 6; j++)
                        ck_assert_str_ne(r[i]->generation, r[j]->generation);
        for (size_t i = 0; i < 6; i++)
                (void)rendering_free(r[i]);
}
END_TEST

START_TEST(a_rendering_says_its_generation_in_its_head_and_to_who_confirms) {
        _cleanup_(rendering_freep) Rendering *r = render(NULL, 0, &policy);
        _cleanup_free_ char *said = rendering_generation(r->text), *line = NULL;

        ck_assert_uint_eq(strlen(r->generation), 64);
        ck_assert_uint_eq(strlen(r->text), r->size);
        ck_assert_str_eq(said, r->generation);
        line = xasprintf("        return 200 \"%s\\n\";\n", r->generation);
        ck_assert_ptr_nonnull(strstr(r->text, line));
        ck_assert_ptr_nonnull(strstr(r->text, "    server_name confirm.beachhead.invalid;\n"));
        ck_assert_ptr_null(strstr(r->text, "0000000000000000"));
}
END_TEST

START_TEST(what_is_no_rendering_has_no_generation) {
        _cleanup_(rendering_freep) Rendering *r = render(NULL, 0, &policy);
        static const char *const others[] = { "", "server { }", "# Written by beachhead-consumer;",
                                              "# Written by beachhead-consumer; changes are overwritten.\n"
                                              "# generation 00\n" };

        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                ck_assert_ptr_null(rendering_generation(others[i]));
        *strstr(r->text, r->generation) = 'x';
        ck_assert_ptr_null(rendering_generation(r->text));
}
END_TEST

START_TEST(unknown_hosts_come_first_on_each_address) {
        const Site site = { .domain = (char *)"a.org", .shape = { PLAIN_SERVE, true, false } };
        _cleanup_(rendering_freep) Rendering *plain = render_one(&site, NULL), *tls = render_one(&site, &certificate);

        ck_assert(has_prefix(strstr(plain->text, "    listen 80;"),
                             "    listen 80;\n    server_name _;\n    server_tokens off;\n    return 503;\n"));
        ck_assert_ptr_null(strstr(plain->text, " ssl;"));
        ck_assert(has_prefix(strstr(tls->text, "    listen 443 ssl;"), "    listen 443 ssl;\n    server_name _;\n"));
        ck_assert(strstr(tls->text, "ssl_reject_handshake on;") < strstr(tls->text, "server_name a.org;"));
        ck_assert_ptr_null(strstr(tls->text, "default_server"));
}
END_TEST

/* Sites without sense or limit, from a fixed sequence. */
enum { RANDOM_SITES = 1000 };

static unsigned random_below(unsigned limit) {
        static uint64_t state = 42;

        state = state * 6364136223846793005u + 1442695040888963407u;
        return (unsigned)(state >> 33) % limit;
}

static char *random_domain(size_t number) {
        static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
        Text t = { 0 };

        for (unsigned labels = random_below(4); labels > 0; labels--) {
                for (unsigned n = random_below(20); n > 0; n--)
                        text_append_bytes(&t, &characters[random_below(sizeof characters - 1)], 1);
                text_append(&t, "x.");
        }
        text_appendf(&t, "n%zu", number);
        return text_take(&t);
}

static Endpoints random_endpoints(void) {
        static const char *const hosts[] = {
                "172.17.0.2", "fd00::2", "::ffff:1.2.3.4", "app", "my_app-1.local", "unix"
        };
        Endpoints e = { .count = random_below(4) };

        e.items = xcalloc(e.count + 1, sizeof *e.items);
        for (size_t i = 0; i < e.count; i++) {
                e.items[i].host = (char *)hosts[random_below(sizeof hosts / sizeof *hosts)];
                e.items[i].port = (uint16_t)(1 + random_below(65535));
        }
        return e;
}

static void random_site(Site *s, size_t number) {
        s->domain = random_domain(number);
        s->state = (SiteState)random_below(3);
        s->shape = (SiteShape){ (PlainAnswer)random_below(4), random_below(2), random_below(2) };
        s->endpoints = random_endpoints();
        s->tls_endpoints = random_endpoints();
}

/* "@" is the domain, "*" what is checked for its characters alone. */
static const char *const expected[] = {
        "upstream @.http.beachhead{",
        "upstream @.tls.beachhead{",
        "server *:* max_fails=1 fail_timeout=1s;",
        "server{",
        "listen 80;",
        "listen 443 ssl;",
        "server_name @;",
        "return 301 https://@$request_uri;",
        "return 502;",
        "return 503;",
        "add_header Retry-After 5 always;",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_session_cache shared:beachhead:10m;",
        "ssl_certificate /certs/a.crt;",
        "ssl_certificate_key /certs/a.key;",
        "client_max_body_size 100m;",
        "proxy_connect_timeout 2s;",
        "proxy_read_timeout 300s;",
        "proxy_send_timeout 300s;",
        "proxy_next_upstream error timeout;",
        "proxy_http_version 1.1;",
        "proxy_set_header Host $host$beachhead_port;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $beachhead_connection;",
        "proxy_set_header X-Real-IP $remote_addr;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header X-Forwarded-Host $host$beachhead_port;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header X-Forwarded-Ssl $beachhead_ssl;",
        "proxy_set_header X-Forwarded-Port $server_port;",
        "proxy_set_header X-Original-URI $request_uri;",
        "proxy_set_header Proxy ;",
        "location /{",
        "proxy_pass http://@.http.beachhead;",
        "proxy_pass https://@.tls.beachhead;",
        "proxy_ssl_protocols TLSv1.2 TLSv1.3;",
        "proxy_ssl_server_name on;",
        "proxy_ssl_name @;",
        "}",
};

static bool is_expected(const ConfStatement *s, const char *domain) {
        _cleanup_free_ char *words = string_list_join(&s->words, " ");
        _cleanup_free_ char *text = xasprintf("%s%c", words, ";{}"[s->type - CONF_DIRECTIVE]);
        size_t spaces = 0;

        for (const char *c = text; *c; c++)
                spaces += *c == ' ';
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
                _cleanup_text_ Text pattern = { 0 };
                for (const char *c = expected[i]; *c; c++)
                        text_append_bytes(&pattern, *c == '@' ? domain : c, *c == '@' ? strlen(domain) : 1);
                if (strcmp(text, pattern.data) == 0)
                        return true;
                if (strchr(pattern.data, '*') && fnmatch(pattern.data, text, 0) == 0)
                        return spaces == 3 &&
                               text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-:[]= ")] == ';';
        }
        return false;
}

/* The lines of one vhost are whole blocks with expected words alone; returns how many server blocks they have. */
static size_t check_block(const char *text, const char *domain) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };
        size_t depth = 0, servers = 0;

        while (conf_read(&text, &s) == 0 && s.type != CONF_END) {
                ck_assert_msg(is_expected(&s, domain), "%.60s", s.start);
                servers += s.type == CONF_BLOCK_START && strcmp(s.words.items[0], "server") == 0;
                depth += s.type == CONF_BLOCK_START;
                ck_assert_uint_ge(depth, s.type == CONF_BLOCK_END);
                depth -= s.type == CONF_BLOCK_END;
        }
        ck_assert_int_eq(s.type, CONF_END);
        ck_assert_uint_eq(depth, 0);
        return servers;
}

START_TEST(a_thousand_random_sites_hold_nothing_but_expected_words_each_in_its_own_lines) {
        Site *sites = xcalloc(RANDOM_SITES, sizeof *sites);
        Vhost *vhosts = xcalloc(RANDOM_SITES, sizeof *vhosts);

        for (size_t i = 0; i < RANDOM_SITES; i++) {
                random_site(&sites[i], i);
                vhosts[i] = (Vhost){ .site = &sites[i], .certificate = random_below(2) ? &certificate : NULL };
        }
        _cleanup_(rendering_freep) Rendering *r = render(vhosts, RANDOM_SITES, &policy);
        ck_assert_uint_eq(r->n_ranges, RANDOM_SITES);
        for (size_t i = 0; i < RANDOM_SITES; i++) {
                bool tls = sites[i].shape.https && vhosts[i].certificate;
                _cleanup_free_ char *text = block(r, i);
                ck_assert_uint_eq(check_block(text, sites[i].domain), tls ? 2 : 1);
                if (i > 0)
                        ck_assert_uint_eq(r->ranges[i].first, r->ranges[i - 1].last + 2);
                free(sites[i].domain);
                free(sites[i].endpoints.items);
                free(sites[i].tls_endpoints.items);
        }
        ck_assert_ptr_eq(strrchr(r->text, '}') + 2, r->text + r->size);
        size_t lines = 0;
        for (const char *c = r->text; (c = strchr(c, '\n')); c++)
                lines++;
        ck_assert_uint_eq(r->ranges[RANDOM_SITES - 1].last, lines);
        free(sites);
        free(vhosts);
}
END_TEST

TEST_MAIN("render", each_shape_answers_what_it_should, a_site_without_an_endpoint_answers_502,
          an_upstream_has_every_endpoint_once_and_only_where_it_is_used, the_redirect_names_the_port_that_is_not_443,
          what_the_operator_sets_for_a_site_is_not_set_twice, the_operators_file_stands_in_servers_that_serve_alone,
          the_generation_tells_apart_whatever_nginx_would_read_differently,
          a_rendering_says_its_generation_in_its_head_and_to_who_confirms, what_is_no_rendering_has_no_generation,
          unknown_hosts_come_first_on_each_address,
          a_thousand_random_sites_hold_nothing_but_expected_words_each_in_its_own_lines)
