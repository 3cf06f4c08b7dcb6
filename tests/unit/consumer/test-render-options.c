/* Every option of the operator's shows in what is rendered, as it is written on a command line. */
#include "consumer/nginx/policy.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/nginx-settings.h"
#include "tests/unit/consumer/rendering.h"

/* What the files are that a rendering names is for the component test to say. */
#define USUAL "--acme-root=/files/acme\n--nginx-conf=/files/live.conf\n--error-page=\n"

static const struct {
        const char *line, *rendered;
} cases[] = {
        { "--http-port=8080", "    listen 8080;\n" },
        { "--https-port=127.0.0.1:8443", "    listen 127.0.0.1:8443 ssl http2;\n" },
        { "--nginx-confirm=http://127.0.0.1/", "    10.0.0.0/8 1;\n" },
        { "--nginx-path-map=/files/live:/files\n--acme-root=/files/live/acme", "        root \"/files/acme\";\n" },
        { "--ipv6", "    listen [::]:443 ssl http2;\n" },
        { "--proxy-protocol", "    listen 80 proxy_protocol;\n" },
        { "--trusted-proxy=192.0.2.0/24", "set_real_ip_from 192.0.2.0/24;\nreal_ip_header X-Forwarded-For;\n" },
        { "--trust-downstream-proxy", "    \"~^1:.\" $http_x_forwarded_proto;\n" },
        { "--internal-network=192.0.2.0/24", "        allow 192.0.2.0/24;\n" },
        { "--resolver=127.0.0.1:5353", "resolver 127.0.0.1:5353;\n" },
        { "--default-host=a.org", "    listen 443 ssl http2 default_server;\n" },
        { "--default-root=302 https://$host/start", "        return 302 https://$host/start;\n" },
        { "--acme-root=/files/challenges", "        root \"/files/challenges\";\n" },
        { "--acme-unknown-hosts", "    location ^~ /.well-known/acme-challenge/ {\n" },
        { "--access-log=/files/access.log", "    access_log \"/files/access.log\";\n" },
        { "--access-log=off", "    access_log off;\n" },
        { "--log-format=$host\n--log-format=\"$request\"\n--access-log=/files/a",
          "log_format beachhead escape=default \"$host \\\"$request\\\"\";\n" },
        { "--log-json\n--log-format-escape=none\n--access-log=/files/a", "log_format beachhead escape=none \"{" },
        { "--ssl-policy=Mozilla-Modern", "    ssl_protocols TLSv1.3;\n" },
        { "--hsts=max-age=60; includeSubDomains; preload",
          "add_header Strict-Transport-Security \"max-age=60; includeSubDomains; preload\" always;\n" },
        { "--server-tokens=on", "    server_tokens on;\n" },
        { "--acme-http-challenge-location=true", "    location ^~ /.well-known/acme-challenge/ {\n" },
        { "--http2=false", "    listen 443 ssl;\n" },
        { "--debug-endpoint=true", "    location = /nginx-proxy-debug {\n" },
        { "--non-get-redirect=308", "            return 308 https://$host$request_uri;\n" },
        { "--loadbalance=hash $remote_addr consistent", "    hash $remote_addr consistent;\n" },
        { "--keepalive=auto", "    keepalive 4;\n" },
        { "--client-max-body-size=1g", "client_max_body_size 1g;\n" },
        { "--proxy-connect-timeout=5s", "proxy_connect_timeout 5s;\n" },
        { "--proxy-read-timeout=1h", "proxy_read_timeout 1h;\n" },
        { "--proxy-send-timeout=90s", "proxy_send_timeout 90s;\n" },
};

/* What decides which files are read, what is run, which sites there are and how; and what this nginx does not know. */
static const char *const elsewhere[] = {
        "nginx-conf",
        "nginx-main",
        "nginx-check",
        "nginx-reload",
        "nginx-version",
        "reload-interval",
        "external-ports",
        "cert-dir",
        "vhost-dir",
        "htpasswd-dir",
        "proxy-conf",
        "regex-hosts",
        "virtual-root",
        "ssl-verify-client",
        "trust-default-cert",
        "enable-http-on-missing-cert",
        "error-page",
        "https-method",
        "http3",
};

static bool is_in_a_case(const char *name) {
        _cleanup_free_ char *option = xasprintf("--%s", name);

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                for (const char *found = cases[i].line; (found = strstr(found, option)); found++)
                        if (strchr("=\n", found[strlen(option)]))
                                return true;
        return false;
}

static bool is_elsewhere(const char *name) {
        for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
                if (strcmp(elsewhere[i], name) == 0)
                        return true;
        return false;
}

START_TEST(every_option_is_looked_at) {
        for (size_t i = 0; i < given_table.count; i++)
                ck_assert_msg(given_rows[i].type == OPTION_HEADING ||
                                      is_in_a_case(given_rows[i].name) != is_elsewhere(given_rows[i].name),
                              "--%s", given_rows[i].name);
}
END_TEST

/* Two sites, one without "/" and with a path for internal networks alone; where nobody chose anything. */
static Rendering *render_with(const NginxPolicy *policy) {
        _cleanup_test_site_ TestSite whole, part;

        test_site(&whole, "a.org");
        test_site(&part, "b.org");
        part.locations[0].path = (char *)"/internal/";
        part.locations[0].internal = true;
        whole.site.shape.method_implied = part.site.shape.method_implied = true;
        Vhost vhosts[] = { whole.vhost, part.vhost };
        for (size_t i = 0; i < 2; i++)
                vhosts[i].settings = vhosts[i].location_settings = &policy->defaults;
        return test_render(vhosts, 2, &policy->render);
}

START_TEST(each_shows_in_what_is_rendered) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *line = xasprintf(USUAL "%s", cases[i].line);
                _cleanup_given_ GivenSettings s;
                give(&s, line);
                _cleanup_(nginx_policy_freep) NginxPolicy *policy =
                        nginx_policy_new(&s.nginx, s.cert_dir, NGINX_VERSION_ASSUMED);
                _cleanup_(rendering_freep) Rendering *r = render_with(policy);
                ck_assert_msg(contains(r->text, cases[i].rendered), "%s does not come to %s", cases[i].line,
                              cases[i].rendered);
        }
}
END_TEST

START_TEST(without_https_there_is_none) {
        _cleanup_given_ GivenSettings s;
        give(&s, USUAL "--https-method=nohttps");
        _cleanup_(nginx_policy_freep) NginxPolicy *policy =
                nginx_policy_new(&s.nginx, s.cert_dir, NGINX_VERSION_ASSUMED);
        _cleanup_(rendering_freep) Rendering *r = render_with(policy);

        ck_assert(!contains(r->text, " ssl"));
}
END_TEST

TEST_MAIN("render-options", every_option_is_looked_at, each_shows_in_what_is_rendered, without_https_there_is_none)
