/* What nginx answers with a rendering: the sites of one, asked by curl over a network of their own. */
#include "tests/component/consumer/nginx-accepts.h"

#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"
#include "tests/unit/consumer/thumbprints.h"

/* The backend tells what it was told. */
#define BACKEND                                                                                                       \
        "server {\n    listen 127.0.0.1:8000;\n    location / {\n        return 200 "                                 \
        "\"$request_uri $http_host $http_connection $http_x_forwarded_proto $http_x_forwarded_port "                  \
        "$http_x_original_uri $http_proxy\";\n    }\n}\n"

/* Starts nginx, waits for it, asks; each answer is a line in the file `answers`. */
#define ASK                                                                                                           \
        "unshare -n bash -c 'cd \"$0\" && ip link set lo up && { nginx -p \"$0\" -c nginx.conf -g \"daemon off; "     \
        "user root;\" "                                                                                               \
        "2>errors & } && until curl -s -o body http://127.0.0.1/; do kill -0 $! || exit 1; done && "                  \
        ". ./questions >answers 2>&1; kill $!; wait $!' \"$d\""

enum { SITES = 10 };

typedef struct Ask {
        TestSite sites[SITES];
        size_t count;
        RenderPolicy policy;
} Ask;

static Endpoint backend[] = { { (char *)"127.0.0.1", 8000 } };
static Endpoint nobody[] = { { (char *)"127.0.0.1", 1 } };

/* Only 10.0.0.0/8 is internal. */
static void begin(Ask *a) {
        static const char *const networks[] = { "10.0.0.0/8" };
        static const StringList internal = { (char **)networks, 1 };

        a->policy = test_policy;
        a->policy.internal_networks = &internal;
}

static TestSite *add_site(Ask *a, const char *domain, ServerNameKind kind) {
        TestSite *t = &a->sites[a->count++];

        ck_assert_uint_le(a->count, SITES);
        test_site(t, domain);
        t->site.kind = kind;
        t->locations[0].endpoints = (Endpoints){ backend, 1 };
        return t;
}

static Location *add_location(TestSite *t, const char *path) {
        Location *l = test_add_location(t, path);

        l->endpoints = (Endpoints){ backend, 1 };
        return l;
}

/* A line for the shell, and the first line of the answer. */
typedef struct Question {
        const char *words, *expected;
} Question;

/* What the questions are made of. */
#define WORDS                                                                                                         \
        "ask() { curl -s -k -m 20 --noproxy \"*\" \"$@\"; echo; }\n"                                                  \
        "status() { ask -o body -w \"%{http_code} %{redirect_url}\" \"$@\"; }\n"                                      \
        "challenge() { local h=$1 p=$2; shift 2; "                                                                    \
        "ask -g --path-as-is -H \"Host: $h\" \"$@\" \"http://127.0.0.1/.well-known/acme-challenge/$p\"; }\n"          \
        "tls() { status --resolve $1.org:443:127.0.0.1 --tlsv$2 --tls-max $2 "                                        \
        "--ciphers ALL:@SECLEVEL=0 https://$1.org/; }\n"

static void ask(Ask *a, const Question *questions, size_t count) {
        Vhost vhosts[SITES];
        _cleanup_text_ Text text = { 0 };
        Rendering r = { 0 };
        size_t size;

        for (size_t i = 0; i < a->count; i++)
                vhosts[i] = a->sites[i].vhost;
        _cleanup_(rendering_freep) Rendering *rendered = render(vhosts, a->count, &a->policy);
        r.text = xasprintf("%s" BACKEND, rendered->text);
        write_configuration(vhosts, a->count, &a->policy, &r);
        text_append(&text, WORDS);
        for (size_t i = 0; i < count; i++)
                text_appendf(&text, "{ %s; } | head -n 1\n", questions[i].words);
        write_file(&(OverrideFile){ .path = (char *)"/files/questions", .text = text.data });
        ck_assert_msg(run(ASK), "%s", r.text);
        free(r.text);
        _cleanup_free_ char *path = file_here("/files/answers"), *answers = NULL;
        ck_assert_int_eq(file_read(path, 1 << 20, &answers, &size), 0);
        const char *line = answers;
        for (size_t i = 0; i < count; i++) {
                size_t length = strcspn(line, "\n");
                _cleanup_free_ char *answer = xstrndup(line, length);
                ck_assert_msg(strcmp(answer, questions[i].expected) == 0, "%s: %s instead of %s", questions[i].words,
                              answer, questions[i].expected);
                line += length + (line[length] == '\n');
        }
        for (size_t i = 0; i < a->count; i++)
                test_site_done(&a->sites[i]);
}
#define ASK_ALL(a, questions) ask(a, questions, sizeof(questions) / sizeof *(questions))

START_TEST(each_name_leads_to_its_site_and_the_backend_is_told_all_about_the_request) {
        static const Question questions[] = {
                { "ask -H 'Host: a.org:81' http://127.0.0.1/x?y", "/x?y a.org:81 close http 80 /x?y " },
                { "ask -H 'Host: a.org' -H 'Proxy: evil' -H 'X-Forwarded-Proto: https' http://127.0.0.1/",
                  "/ a.org close http 80 / " },
                { "ask --resolve a.org:443:127.0.0.1 https://a.org/", "/ a.org close https 443 / " },
                { "ask -H 'Host: kept.org' http://127.0.0.1/", "/ kept.org  http 80 / " },
                { "ask -H 'Host: kept.org' -H 'Upgrade: websocket' http://127.0.0.1/",
                  "/ kept.org upgrade http 80 / " },
                { "ask -H 'Host: x.wild.org' http://127.0.0.1/", "/ x.wild.org close http 80 / " },
                { "ask -H 'Host: www.wild.de' http://127.0.0.1/", "/ www.wild.de close http 80 / " },
                { "ask -H 'Host: [2001:db8::1]' http://127.0.0.1/", "/ [2001:db8::1] close http 80 / " },
                { "ask -H 'Host: aab.re' http://127.0.0.1/", "/ aab.re close http 80 / " },
                { "status -H 'Host: unknown.org' http://127.0.0.1/", "503 " },
                { "curl -s -H 'Host: a.org' http://127.0.0.1/nginx-proxy-debug | "
                  "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"host\"])'",
                  "a.org" },
        };
        static Ask a;

        begin(&a);
        test_choose(add_site(&a, "a.org", SERVER_NAME_EXACT), EDGE_DEBUG_ENDPOINT, "true");
        test_choose(add_site(&a, "kept.org", SERVER_NAME_EXACT), EDGE_KEEPALIVE, "auto");
        (void)add_site(&a, "*.wild.org", SERVER_NAME_WILDCARD);
        (void)add_site(&a, "www.wild.*", SERVER_NAME_WILDCARD);
        (void)add_site(&a, "[2001:db8::1]", SERVER_NAME_ADDRESS);
        (void)add_site(&a, "~^(a+)+b\\.re$", SERVER_NAME_REGEX);
        ASK_ALL(&a, questions);
}
END_TEST

START_TEST(each_path_leads_to_its_answer) {
        static const Question questions[] = {
                { "ask -H 'Host: a.org' http://127.0.0.1/api/x", "/v2/x a.org close http 80 /api/x " },
                { "ask -H 'Host: a.org' http://127.0.0.1/xxy", "/xxy a.org close http 80 /xxy " },
                { "status -H 'Host: a.org' http://127.0.0.1/gone/", "502 " },
                { "ask -H 'Host: a.org' http://127.0.0.1/gone/", "sorry" },
                { "status -H 'Host: a.org' http://127.0.0.1/down/", "502 " },
                { "status -H 'Host: a.org' http://127.0.0.1/soon/", "503 " },
                { "curl -s -D - -H 'Host: a.org' http://127.0.0.1/soon/ | grep Retry | tr -d '\\r'",
                  "Retry-After: 5" },
                { "status -H 'Host: a.org' http://127.0.0.1/inside/", "403 " },
                { "status -H 'Host: a.org' http://127.0.0.1/secret/", "401 " },
                { "status -u me:beachhead -H 'Host: a.org' http://127.0.0.1/secret/", "200 " },
                { "status -H 'Host: a.org' http://127.0.0.1/", "404 " },
                { "status -H 'Host: file.org' http://127.0.0.1/own", "200 " },
                { "ask -H 'Host: file.org' http://127.0.0.1/", "/ file.org close http 80 / " },
        };
        static Ask a;
        begin(&a);
        TestSite *t = add_site(&a, "a.org", SERVER_NAME_EXACT);

        write_file(&(OverrideFile){ .path = (char *)"/files/acme/50x.html", .text = (char *)"sorry\n" });
        a.policy.error_page_root = "/files/acme";
        t->locations[0].path = (char *)"/api/";
        t->locations[0].dest = (char *)"/v2/";
        test_add_location(t, "/gone/")->endpoints.count = 0;
        test_add_location(t, "/down/")->endpoints = (Endpoints){ nobody, 1 };
        test_add_location(t, "/soon/")->state = SITE_LINGERING;
        add_location(t, "/inside/")->internal = true;
        (void)add_location(t, "~^/(x+x+)+y$");
        (void)add_location(t, "/secret/");
        t->location_overrides[t->site.n_locations - 1].htpasswd =
                test_file("/files/htpasswd", "me:{PLAIN}beachhead\n");
        t = add_site(&a, "file.org", SERVER_NAME_EXACT);
        t->overrides.server = test_file("/files/s", "location /own { proxy_pass http://file.org; }\n");
        ASK_ALL(&a, questions);
}
END_TEST

/* Without the limit each of these takes half a second of a worker, with a longer path for ever. */
START_TEST(a_pattern_that_cannot_be_matched_in_time_ends_its_own_request) {
        static const Question questions[] = {
                { "status -H 'Host: a.org' http://127.0.0.1/$(printf 'x%.0s' {1..40})yz", "500 " },
                { "status -H \"Host: $(printf 'a%.0s' {1..40}).re.x\" http://127.0.0.1/", "000 " },
                { "grep -c 'match() failed: -47' errors", "2" },
                { "status -H 'Host: a.org' http://127.0.0.1/", "200 " },
        };
        static Ask a;

        begin(&a);
        (void)add_location(add_site(&a, "a.org", SERVER_NAME_EXACT), "~^/(x+x+)+y$");
        (void)add_site(&a, "~^(a+)+\\.re$", SERVER_NAME_REGEX);
        ASK_ALL(&a, questions);
}
END_TEST

START_TEST(what_must_come_by_https_is_sent_there) {
        static const Question questions[] = {
                { "status -H 'Host: a.org' http://127.0.0.1/x?y", "301 https://a.org/x?y" },
                { "status -H 'Host: a.org' -X POST http://127.0.0.1/x", "308 https://a.org/x" },
                { "status -H 'Host: a.org' -I http://127.0.0.1/x", "301 https://a.org/x" },
                { "echo token >acme/t; mkdir -p acme/.well-known/acme-challenge; "
                  "echo token >acme/.well-known/acme-challenge/t; "
                  "ask -H 'Host: a.org' http://127.0.0.1/.well-known/acme-challenge/t",
                  "token" },
                { "status -H 'Host: nohttp.org' http://127.0.0.1/", "503 " },
                { "curl -s -k -D - -o body --resolve a.org:443:127.0.0.1 https://a.org/ | grep -i strict | tr -d "
                  "'\\r'",
                  "strict-transport-security: max-age=31536000" },
                { "status --resolve plain.org:443:127.0.0.1 https://plain.org/", "000 " },
        };
        static Ask a;
        begin(&a);
        TestSite *t = add_site(&a, "a.org", SERVER_NAME_EXACT);

        a.policy.default_host = "a.org";
        t->site.shape.plain = PLAIN_REDIRECT_OR_SERVE;
        test_choose(t, EDGE_NON_GET_REDIRECT, "308");
        test_choose(t, EDGE_ACME_LOCATION, "true");
        add_site(&a, "nohttp.org", SERVER_NAME_EXACT)->site.shape.plain = PLAIN_REFUSE_OR_SERVE;
        add_site(&a, "plain.org", SERVER_NAME_EXACT)->vhost.certificate = NULL;
        ASK_ALL(&a, questions);
}
END_TEST

START_TEST(a_challenge_is_answered_with_the_thumbprint_of_the_hosts_account) {
        static const ClientCa ca = { .ca_path = (char *)"/files/ca.crt", .digest = (char *)"ca" };
        static const Question questions[] = {
                { "challenge redirect.org tok-EN_1", "tok-EN_1." TEST_THUMBPRINT },
                { "challenge REDIRECT.org.:8080 x", "x." TEST_THUMBPRINT },
                { "challenge redirect.org x?query", "x." TEST_THUMBPRINT },
                { "challenge redirect.org x -X POST", "x." TEST_THUMBPRINT },
                { "challenge redirect.org x -o body -w '%{content_type}'", "text/plain" },
                { "challenge redirect.org $(printf 'x%.0s' {1..255}) | wc -c", "300" },
                { "challenge refused.org x", "x." TEST_THUMBPRINT },
                { "challenge internal.org x", "x." TEST_THUMBPRINT },
                { "challenge secret.org x", "x." TEST_THUMBPRINT },
                { "challenge clients.org x", "x." TEST_THUMBPRINT },
                { "challenge down.org x", "x." TEST_THUMBPRINT },
                { "challenge own.example.org x", "x." TEST_OTHER_THUMBPRINT },
                { "challenge not-own.example.org x", "x." TEST_THUMBPRINT },
                { "challenge ownxexample.org x", "x." TEST_THUMBPRINT },
                { "challenge '[2001:db8::1]' x", "x." TEST_OTHER_THUMBPRINT },
                { "challenge unknown.org x", "x." TEST_THUMBPRINT },
                { "cd acme && mkdir -p .well-known/acme-challenge && echo file >.well-known/acme-challenge/f; cd ..; "
                  "challenge redirect.org f",
                  "file" },
                { "challenge secret.org f", "file" },
                { "challenge unknown.org f", "file" },
                { "ask --resolve down.org:443:127.0.0.1 https://down.org/.well-known/acme-challenge/x | grep -c 502",
                  "2" },
        };
        static Ask a;

        begin(&a);
        a.policy.thumbprints = &test_thumbprints;
        add_site(&a, "redirect.org", SERVER_NAME_EXACT)->site.shape.plain = PLAIN_REDIRECT_OR_SERVE;
        add_site(&a, "refused.org", SERVER_NAME_EXACT)->site.shape.plain = PLAIN_REFUSE_OR_SERVE;
        add_site(&a, "internal.org", SERVER_NAME_EXACT)->locations[0].internal = true;
        TestSite *t = add_site(&a, "secret.org", SERVER_NAME_EXACT);
        t->overrides.server = test_file("/files/s", "auth_basic all; auth_basic_user_file htpasswd; deny all;\n");
        t = add_site(&a, "clients.org", SERVER_NAME_EXACT);
        t->vhost.client_ca = &ca;
        t->site.shape.plain = PLAIN_REDIRECT_OR_REFUSE;
        add_site(&a, "down.org", SERVER_NAME_EXACT)->locations[0].endpoints = (Endpoints){ nobody, 1 };
        (void)add_site(&a, "*.example.org", SERVER_NAME_WILDCARD);
        for (size_t i = 0; i < a.count; i++)
                test_choose(&a.sites[i], EDGE_ACME_LOCATION, "true");
        ASK_ALL(&a, questions);
}
END_TEST

/* Each a word of the shell. */
static const char *const hostile_paths[] = { "''",
                                             "x%0a",
                                             "x%0d%0a",
                                             "x%0d%0aX-Mine:%20yes",
                                             "x.y",
                                             "x/y",
                                             "x%2fy",
                                             "x/",
                                             "../acme-challenge/x.y",
                                             "%2e%2e/acme-challenge/%78.",
                                             "x%20y",
                                             "%22x%22",
                                             "'\"x\"'",
                                             "\"'x'\"",
                                             "'x\\'",
                                             "'<script>'",
                                             "'$host'",
                                             "'${host}'",
                                             "%24host",
                                             "'x;y'",
                                             "x=",
                                             "%ff",
                                             "%c3%bc",
                                             "$(printf 'x%.0s' {1..256})",
                                             "$(printf 'x%.0s' {1..1024})" };
enum { HOSTILE_PATHS = sizeof hostile_paths / sizeof *hostile_paths };

START_TEST(nothing_but_a_token_is_told_back) {
        static Question questions[HOSTILE_PATHS + 1] = { { "challenge a.org x", "x." TEST_THUMBPRINT } };
        static Ask a;

        begin(&a);
        a.policy.thumbprints = &test_thumbprints;
        test_choose(add_site(&a, "a.org", SERVER_NAME_EXACT), EDGE_ACME_LOCATION, "true");
        for (size_t i = 0; i < HOSTILE_PATHS; i++)
                questions[i + 1] =
                        (Question){ xasprintf("challenge a.org %s -o body -w '%%{http_code}'", hostile_paths[i]),
                                    "404" };
        ASK_ALL(&a, questions);
        for (size_t i = 0; i < HOSTILE_PATHS; i++)
                free((char *)questions[i + 1].words);
}
END_TEST

START_TEST(a_client_without_a_certificate_is_let_in_where_it_may_be) {
        static const ClientCa ca = { .ca_path = (char *)"/files/ca.crt", .digest = (char *)"ca" };
        static const Question questions[] = {
                { "status --resolve on.org:443:127.0.0.1 https://on.org/", "400 " },
                { "status --cert a.crt --key a.key --resolve on.org:443:127.0.0.1 https://on.org/", "200 " },
                { "status --resolve optional.org:443:127.0.0.1 https://optional.org/", "200 " },
                { "status --resolve off.org:443:127.0.0.1 https://off.org/", "200 " },
                { "status --resolve locked.org:443:127.0.0.1 https://locked.org/", "403 " },
                { "status --resolve off.org:443:127.0.0.1 -H 'Host: on.org' https://off.org/", "421 " },
        };
        static Ask a;
        begin(&a);
        TestSite *t = add_site(&a, "on.org", SERVER_NAME_EXACT);

        t->vhost.client_ca = &ca;
        t = add_site(&a, "optional.org", SERVER_NAME_EXACT);
        t->vhost.client_ca = &ca;
        test_choose(t, EDGE_VERIFY_CLIENT, "optional");
        t = add_site(&a, "off.org", SERVER_NAME_EXACT);
        t->vhost.client_ca = &ca;
        test_choose(t, EDGE_VERIFY_CLIENT, "off");
        test_choose(add_site(&a, "locked.org", SERVER_NAME_EXACT), EDGE_VERIFY_CLIENT, "on");
        ASK_ALL(&a, questions);
}
END_TEST

/* All on one port, whose first server knows nothing of them. */
START_TEST(each_site_speaks_its_own_tls) {
        static const Question questions[] = {
                { "tls modern 1.2", "000 " }, { "tls modern 1.3", "200 " }, { "tls usual 1.1", "000 " },
                { "tls usual 1.2", "200 " },  { "tls aws 1.1", "000 " },    { "tls aws 1.2", "200 " },
                { "tls old 1.0", "200 " },    { "tls old 1.1", "200 " },    { "tls old 1.2", "200 " },
                { "tls old 1.3", "200 " },
        };
        static Ask a;

        begin(&a);
        test_choose(add_site(&a, "modern.org", SERVER_NAME_EXACT), EDGE_TLS_POLICY, "Mozilla-Modern");
        (void)add_site(&a, "usual.org", SERVER_NAME_EXACT);
        test_choose(add_site(&a, "aws.org", SERVER_NAME_EXACT), EDGE_TLS_POLICY, "AWS-FS-1-2-2019-08");
        test_choose(add_site(&a, "old.org", SERVER_NAME_EXACT), EDGE_TLS_POLICY, "Mozilla-Old");
        ASK_ALL(&a, questions);
}
END_TEST

TEST_MAIN("render-answers", each_name_leads_to_its_site_and_the_backend_is_told_all_about_the_request,
          each_path_leads_to_its_answer, a_pattern_that_cannot_be_matched_in_time_ends_its_own_request,
          what_must_come_by_https_is_sent_there, a_challenge_is_answered_with_the_thumbprint_of_the_hosts_account,
          nothing_but_a_token_is_told_back, a_client_without_a_certificate_is_let_in_where_it_may_be,
          each_site_speaks_its_own_tls)
