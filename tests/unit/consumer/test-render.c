/* The rendered file as a whole: the bytes are the same for the same sites, every line is known to belong to its site,
 * and nothing but expected words reaches nginx. */
#include "consumer/nginx/render.h"

#include "consumer/nginx/conf-syntax.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"

#include <fnmatch.h>
#include <stdio.h>

START_TEST(the_generation_tells_apart_whatever_nginx_would_read_differently) {
        enum { RENDERINGS = 10 };
        _cleanup_test_site_ TestSite t;
        Certificate renewed = test_certificate;
        ClientCa ca = { .ca_path = (char *)"/files/ca.crt", .digest = (char *)"ca1" }, other_ca = ca;
        RenderPolicy other = test_policy, proxied = test_policy;
        _cleanup_test_file_ OverrideFile proxy_conf = test_file("/files/proxy.conf", "");
        Rendering *r[RENDERINGS];

        renewed.digest = (char *)"decaf";
        other_ca.digest = (char *)"ca2";
        other.confirm_host = NULL;
        proxied.proxy_conf = &proxy_conf;
        test_site(&t, "a.org");
        t.overrides.server = test_file("/files/s", "");
        r[0] = test_render(&t.vhost, 1, &test_policy);
        r[1] = test_render(&t.vhost, 1, &test_policy);
        t.vhost.certificate = &renewed;
        r[2] = test_render(&t.vhost, 1, &test_policy);
        (void)snprintf(t.overrides.server.digest, sizeof t.overrides.server.digest, "d2");
        r[3] = test_render(&t.vhost, 1, &test_policy);
        r[4] = test_render(&t.vhost, 1, &other);
        r[5] = test_render(NULL, 0, &test_policy);
        t.vhost.client_ca = &ca;
        r[6] = test_render(&t.vhost, 1, &test_policy);
        t.vhost.client_ca = &other_ca;
        r[7] = test_render(&t.vhost, 1, &test_policy);
        t.overrides.locations[0].htpasswd = test_file("/files/htpasswd", NULL);
        r[8] = test_render(&t.vhost, 1, &test_policy);
        (void)snprintf(t.overrides.locations[0].htpasswd.digest, sizeof t.overrides.server.digest, "d2");
        r[9] = test_render(&t.vhost, 1, &proxied);

        ck_assert_str_eq(r[0]->text, r[1]->text);
        ck_assert_str_eq(r[0]->generation, r[1]->generation);
        for (size_t i = 1; i < RENDERINGS; i++)
                for (size_t j = i + 1; j < RENDERINGS; j++)
                        ck_assert_str_ne(r[i]->generation, r[j]->generation);
        for (size_t i = 0; i < RENDERINGS; i++)
                (void)rendering_free(r[i]);
}
END_TEST

START_TEST(a_rendering_says_its_generation_in_its_head_and_to_who_confirms) {
        _cleanup_(rendering_freep) Rendering *r = test_render(NULL, 0, &test_policy);
        _cleanup_free_ char *said = rendering_generation(r->text), *line = NULL;

        ck_assert_uint_eq(strlen(r->generation), 64);
        ck_assert_uint_eq(strlen(r->text), r->size);
        ck_assert_str_eq(said, r->generation);
        line = xasprintf("        return 200 \"%s\\n\";\n", r->generation);
        ck_assert(contains(r->text, line));
        ck_assert(contains(r->text, "    server_name confirm.beachhead.invalid;\n"));
        ck_assert(!contains(r->text, "0000000000000000"));
}
END_TEST

START_TEST(what_is_no_rendering_has_no_generation) {
        _cleanup_(rendering_freep) Rendering *r = test_render(NULL, 0, &test_policy);
        static const char *const others[] = { "", "server { }", "# Written by beachhead-consumer;",
                                              ("# Written by beachhead-consumer; changes are overwritten.\n"
                                               "# generation 00\n") };

        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                ck_assert_ptr_null(rendering_generation(others[i]));
        *strstr(r->text, r->generation) = 'x';
        ck_assert_ptr_null(rendering_generation(r->text));
}
END_TEST

START_TEST(a_file_instead_of_our_headers_stands_once_and_what_it_sets_is_not_set_again) {
        _cleanup_test_site_ TestSite t;
        RenderPolicy policy = test_policy;
        _cleanup_test_file_ OverrideFile file =
                test_file("/files/proxy.conf", "proxy_set_header Host $host$host_port;\n"
                                               "proxy_set_header Connection $proxy_connection;\n"
                                               "client_max_body_size 1g;\n");

        test_site(&t, "a.org");
        policy.proxy_conf = &file;
        _cleanup_(rendering_freep) Rendering *r = test_render(&t.vhost, 1, &policy);
        const char *include = strstr(r->text, "\ninclude \"/files/proxy.conf\";\n");
        ck_assert_ptr_nonnull(include);
        ck_assert_ptr_null(strstr(include + 2, "include \""));
        ck_assert(!contains(r->text, "proxy_set_header") && !contains(r->text, "client_max_body_size"));
        ck_assert(contains(r->text, "    proxy_read_timeout 5m;\n"));
        test_choose(&t, EDGE_BODY_MAX, "2g");
        _cleanup_(rendering_freep) Rendering *chosen = test_render(&t.vhost, 1, &policy);
        ck_assert(contains(chosen->text, "        client_max_body_size 2g;\n"));
}
END_TEST

START_TEST(variables_have_their_old_names_where_a_file_uses_them) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "proxy_set_header A $proxy_connection;", "map \"\" $proxy_connection {" },
                { "location /x { proxy_set_header A $host$host_port; }", "map \"\" $host_port {" },
                { "proxy_set_header A $proxy_x_forwarded_proto;", "map \"\" $proxy_x_forwarded_proto {" },
                { "set $proxy_connection_mine a;", NULL },
                { "proxy_set_header A $proxy_host;", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                t.overrides.server = test_file("/files/s", cases[i].text);
                _cleanup_(rendering_freep) Rendering *r = test_render(&t.vhost, 1, &test_policy);
                ck_assert_int_eq(contains(r->text, "map \"\" $proxy_") || contains(r->text, "map \"\" $host_"),
                                 cases[i].expected != NULL);
                ck_assert(!cases[i].expected || contains(r->text, cases[i].expected));
        }
}
END_TEST

/* Sites without sense or limit, from a fixed sequence. */
enum { RANDOM_SITES = 1000 };

static unsigned random_below(unsigned limit) {
        static uint64_t state = 42;

        state = state * 6364136223846793005u + 1442695040888963407u;
        return (unsigned)(state >> 33) % limit;
}

static const char *one_of(const char *const *list, size_t count) {
        return list[random_below((unsigned)count)];
}
#define ONE_OF(list) one_of(list, sizeof(list) / sizeof *(list))

static char *random_domain(size_t number, ServerNameKind *ret_kind) {
        static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
        Text t = { 0 };

        *ret_kind = (ServerNameKind)random_below(4);
        if (*ret_kind == SERVER_NAME_REGEX)
                text_append(&t, "~^(a|b){1,2}\\.\"';$");
        if (*ret_kind == SERVER_NAME_WILDCARD)
                text_append(&t, "*.");
        if (*ret_kind == SERVER_NAME_ADDRESS)
                text_appendf(&t, "[2001:db8::%zx]", number + 1);
        for (unsigned labels = random_below(4); *ret_kind < SERVER_NAME_REGEX && labels > 0; labels--) {
                for (unsigned n = random_below(20); n > 0; n--)
                        text_append_bytes(&t, &characters[random_below(sizeof characters - 1)], 1);
                text_append(&t, "x.");
        }
        if (*ret_kind != SERVER_NAME_ADDRESS)
                text_appendf(&t, "n%zu", number);
        return text_take(&t);
}

static Endpoints random_endpoints(void) {
        static const char *const hosts[] = { "172.17.0.2", "fd00::2", "::ffff:1.2.3.4", "127.0.0.1", "localhost" };
        Endpoints e = { .count = random_below(4) };

        e.items = xcalloc(e.count + 1, sizeof *e.items);
        for (size_t i = 0; i < e.count; i++) {
                e.items[i].host = (char *)ONE_OF(hosts);
                e.items[i].port = (uint16_t)(1 + random_below(65535));
        }
        return e;
}

static void random_choices(TestSite *t) {
        static const struct {
                EdgeSetting setting;
                const char *values[4];
        } choices[] = {
                { EDGE_TLS_POLICY, { "Mozilla-Old", "Mozilla-Modern", "AWS-2016-08", "AWS-FS-1-2-2019-08" } },
                { EDGE_HSTS, { "off", "max-age=1", "max-age=2; preload", "max-age=3; includeSubDomains" } },
                { EDGE_SERVER_TOKENS, { "on", "off", "on", "off" } },
                { EDGE_ACME_LOCATION, { "true", "false", "legacy", "true" } },
                { EDGE_HTTP_ON_MISSING_CERT, { "true", "false", "true", "true" } },
                { EDGE_DEBUG_ENDPOINT, { "true", "false", "false", "true" } },
                { EDGE_NON_GET_REDIRECT, { "301", "307", "308", "301" } },
                { EDGE_VERIFY_CLIENT, { "on", "off", "optional", "optional_no_ca" } },
                { EDGE_BALANCE, { "least_conn", "ip_hash", "random two", "hash $remote_addr consistent" } },
                { EDGE_KEEPALIVE, { "auto", "disabled", "1", "1000" } },
                { EDGE_ROOT, { "/srv", "/var/www/public", "/a.b/c_d-e", "/" } },
                { EDGE_BODY_MAX, { "0", "1", "1k", "1g" } },
                { EDGE_READ_TIMEOUT, { "1ms", "2s", "3m", "1d" } },
        };

        for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
                if (random_below(2))
                        test_choose(t, choices[i].setting, choices[i].values[random_below(4)]);
}

static void random_location(Location *l) {
        static const char *const destinations[] = { NULL, "/", "/v2/", "/x" };

        l->dest = (char *)ONE_OF(destinations);
        l->state = (SiteState)random_below(3);
        l->proto = (Protocol)random_below(_PROTOCOL_COUNT);
        l->internal = random_below(2);
        l->tls_to_backend = random_below(2);
        l->endpoints = random_endpoints();
        l->tls_endpoints = random_endpoints();
}

static void random_site(TestSite *t, size_t number) {
        static const char *const paths[] = { "/api/", "/a.b", "~^/(x|y)+\";}$" };
        static const ClientCa ca = { .ca_path = (char *)"/files/ca.crt", .digest = (char *)"ca" };

        test_site(t, "");
        t->site.domain = random_domain(number, &t->site.kind);
        t->site.shape.plain = (PlainAnswer)random_below(4);
        t->site.shape.https = random_below(2);
        t->site.shape.method_implied = random_below(2);
        t->vhost.certificate = random_below(2) ? &test_certificate : NULL;
        t->vhost.client_ca = random_below(2) ? &ca : NULL;
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
                if (random_below(2))
                        (void)test_add_location(t, paths[i]);
        if (random_below(4) == 0 && t->site.n_locations == 1)
                t->locations[0].path = (char *)"/only/";
        for (size_t i = 0; i < t->site.n_locations; i++)
                random_location(&t->locations[i]);
        random_choices(t);
}

static void random_site_done(TestSite *t) {
        free(t->site.domain);
        for (size_t i = 0; i < t->site.n_locations; i++) {
                free(t->locations[i].endpoints.items);
                free(t->locations[i].tls_endpoints.items);
        }
        test_site_done(t);
}

/* Of the words of a statement without their quotes. "*" is checked for its characters alone. */
static const char *const expected[] = {
        "upstream *.beachhead{",
        "least_conn;",
        "ip_hash;",
        "random two;",
        "hash $remote_addr consistent;",
        "server *:* max_fails=1 fail_timeout=1s;",
        "keepalive *;",
        "server{",
        "listen 80;",
        "listen 443 ssl http2;",
        "server_name *;",
        "server_tokens on;",
        "server_tokens off;",
        "location /{",
        "location /api/{",
        "location /a.b{",
        "location /only/{",
        "location ~ (\\*LIMIT_MATCH=10000)^/(x|y)+\";}$*",
        "location = /nginx-proxy-debug{",
        "location ^~ /.well-known/acme-challenge/{",
        "auth_basic off;",
        "allow all;",
        "default_type text/plain;",
        "root /files/acme;",
        "try_files $uri =404;",
        "if ($request_method !~ ^(GET|HEAD)$ ){",
        "return 301 https://$host$request_uri;",
        "return 307 https://$host$request_uri;",
        "return 308 https://$host$request_uri;",
        "return 403;",
        "return 404;",
        "return 502;",
        "return 503;",
        "return 200 {\"host\":*}}*};",
        "default_type application/json;",
        "add_header Retry-After 5 always;",
        "add_header Strict-Transport-Security max-age=* always;",
        "ssl_protocols TLSv1*;",
        "ssl_ciphers *;",
        "ssl_prefer_server_ciphers on;",
        "ssl_prefer_server_ciphers off;",
        "ssl_session_cache shared:beachhead:10m;",
        "ssl_session_tickets off;",
        "ssl_certificate /files/a.crt;",
        "ssl_certificate_key /files/a.key;",
        "ssl_client_certificate /files/ca.crt;",
        "ssl_verify_client on;",
        "ssl_verify_client optional;",
        "ssl_verify_client optional_no_ca;",
        "client_max_body_size *;",
        "*_connect_timeout *;",
        "*_read_timeout *;",
        "*_send_timeout *;",
        "proxy_next_upstream error timeout;",
        "proxy_http_version 1.1;",
        "*_set_header * *;",
        "*_param * *;",
        "*_ssl_protocols TLSv1.2 TLSv1.3;",
        "*_ssl_server_name on;",
        "*_ssl_name *;",
        "allow 127.0.0.0/8;",
        "allow ::1;",
        "allow 10.0.0.0/8;",
        "deny all;",
        "root /*;",
        "fastcgi_keep_conn on;",
        "*_pass *.beachhead*;",
        "}",
};

static bool is_expected(const ConfStatement *s) {
        _cleanup_free_ char *words = string_list_join(&s->words, " ");
        _cleanup_free_ char *text = xasprintf("%s%c", words, ";{}"[s->type - CONF_DIRECTIVE]);

        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
                if (fnmatch(expected[i], text, 0) == 0)
                        return true;
        return false;
}

/* The lines of one vhost are whole blocks with expected words alone; returns how many server blocks they have. */
static size_t check_block(const char *text) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };
        size_t depth = 0, servers = 0;

        while (conf_read(&text, &s) == 0 && s.type != CONF_END) {
                ck_assert_msg(is_expected(&s), "%.200s", s.start);
                servers += s.type == CONF_BLOCK_START && strcmp(s.words.items[0], "server") == 0;
                depth += s.type == CONF_BLOCK_START;
                ck_assert_uint_ge(depth, s.type == CONF_BLOCK_END);
                depth -= s.type == CONF_BLOCK_END;
        }
        ck_assert_int_eq(s.type, CONF_END);
        ck_assert_uint_eq(depth, 0);
        return servers;
}

static size_t count_lines(const char *text) {
        size_t lines = 0;

        for (; (text = strchr(text, '\n')); text++)
                lines++;
        return lines;
}

START_TEST(a_thousand_random_sites_hold_nothing_but_expected_words_each_in_its_own_lines) {
        TestSite *sites = xcalloc(RANDOM_SITES, sizeof *sites);
        Vhost *vhosts = xcalloc(RANDOM_SITES, sizeof *vhosts);

        for (size_t i = 0; i < RANDOM_SITES; i++) {
                random_site(&sites[i], i);
                vhosts[i] = sites[i].vhost;
        }
        _cleanup_(rendering_freep) Rendering *r = test_render(vhosts, RANDOM_SITES, &test_policy);
        ck_assert_uint_eq(r->n_parts, RANDOM_SITES);
        for (size_t i = 0; i < RANDOM_SITES; i++) {
                bool tls = sites[i].site.shape.https && vhosts[i].certificate;
                _cleanup_free_ char *text = test_block(r, i);
                ck_assert_uint_eq(check_block(text), tls ? 2 : 1);
                if (i > 0)
                        ck_assert_uint_eq(r->parts[i].first, r->parts[i - 1].last + 2);
                random_site_done(&sites[i]);
        }
        ck_assert_ptr_eq(strrchr(r->text, '}') + 2, r->text + r->size);
        ck_assert_uint_eq(r->parts[RANDOM_SITES - 1].last, count_lines(r->text));
        free(sites);
        free(vhosts);
}
END_TEST

TEST_MAIN("render", the_generation_tells_apart_whatever_nginx_would_read_differently,
          a_rendering_says_its_generation_in_its_head_and_to_who_confirms, what_is_no_rendering_has_no_generation,
          a_file_instead_of_our_headers_stands_once_and_what_it_sets_is_not_set_again,
          variables_have_their_old_names_where_a_file_uses_them,
          a_thousand_random_sites_hold_nothing_but_expected_words_each_in_its_own_lines)
