/* What an operator may say about nginx: every default is good, and what cannot be meant is named. */
#include "consumer/nginx/settings.h"

#include "beachhead/registration.h"
#include "common/text.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/nginx-settings.h"

#include <errno.h>

#define ELEMENTS(array) (sizeof(array) / sizeof *(array))

START_TEST(every_default_is_accepted) {
        _cleanup_given_ GivenSettings s;
        char *message = NULL;

        give(&s, "");
        ck_assert_msg(nginx_settings_check(&s.nginx, s.cert_dir, &message) == 0, "%s", message);
}
END_TEST

START_TEST(whatever_a_container_may_choose_has_a_default_by_its_name) {
        static const EdgeSetting without[] = { EDGE_CERT_NAME, EDGE_HTTP_PORT, EDGE_HTTPS_PORT, EDGE_SERVER_TOKENS };
        _cleanup_given_ GivenSettings s;

        give(&s, "");
        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++) {
                bool expected = true;
                for (size_t k = 0; k < ELEMENTS(without); k++)
                        expected = expected && i != without[k];
                ck_assert_msg((s.nginx.edge[i] != NULL) == expected, "%s", edge_setting_name(i));
        }
}
END_TEST

START_TEST(the_option_of_a_setting_has_its_name_with_dashes) {
        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++)
                for (size_t k = 0; k < given_table.count; k++) {
                        if (given_rows[k].offset != offsetof(GivenSettings, nginx.edge[i]))
                                continue;
                        _cleanup_free_ char *name = xstrdup(given_rows[k].name);
                        for (char *c = name; *c; c++)
                                *c = *c == '-' ? '_' : *c;
                        ck_assert_str_eq(name, edge_setting_name(i));
                }
}
END_TEST

START_TEST(a_method_is_an_index_from_redirect_on) {
        for (int i = 0; nginx_https_methods[i]; i++)
                ck_assert_str_eq(nginx_https_methods[i], https_method_name(HTTPS_METHOD_REDIRECT + (HttpsMethod)i));
        ck_assert_int_eq(HTTPS_METHOD_REDIRECT + 4, _HTTPS_METHOD_COUNT);
}
END_TEST

START_TEST(what_can_be_meant_is_accepted) {
        static const char *const cases[] = {
                "--nginx-version=1.26.3",
                "--nginx-path-map=/srv/edge:/etc/nginx\n--nginx-path-map=/srv/html:/usr/share/nginx/html",
                "--http-port=[::]:8080\n--https-port=192.0.2.1:8443",
                "--external-ports=8000-8100\n--external-ports=9443",
                "--trusted-proxy=10.0.0.0/8\n--trusted-proxy=2001:db8::1",
                "--internal-network=",
                "--resolver=127.0.0.11\n--resolver=::1",
                "--cert-dir=\n--vhost-dir=\n--htpasswd-dir=\n--error-page=",
                "--default-host=B\303\274cher.Example.",
                "--default-host=*.example.org",
                "--default-root=301 https://example.org$request_uri",
                "--access-log=off",
                "--access-log=/dev/stdout",
                "--log-format=$host \"$request\" {;}\n--log-format-escape=none",
                "--log-json\n--log-format-escape=json",
                "--https-method=nohttps",
                "--hsts=off\n--keepalive=auto\n--client-max-body-size=0",
                "--loadbalance=hash $remote_addr consistent",
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_given_ GivenSettings s;
                char *message = NULL;
                give(&s, cases[i]);
                ck_assert_msg(nginx_settings_check(&s.nginx, s.cert_dir, &message) == 0, "%s", message);
        }
}
END_TEST

START_TEST(what_cannot_be_meant_is_refused_by_name) {
        static const struct {
                const char *line, *message;
        } cases[] = {
                { "--nginx-conf=a.conf", "--nginx-conf=a.conf: must be an absolute path" },
                { "--nginx-main=a.conf", "--nginx-main=a.conf: must be an absolute path" },
                { "--nginx-version=1.22", "--nginx-version=1.22: must be a version as 1.22.1" },
                { "--nginx-path-map=/a", "--nginx-path-map=/a: must be two absolute paths, HERE:THERE" },
                { "--http-port=0", "--http-port=0: must be a port or address:port" },
                { "--https-port=443;", "--https-port=443;: must be a port or address:port" },
                { "--external-ports=9-8", "--external-ports=9-8: must be a port, or two as 8000-8100" },
                { "--external-ports=9\n--external-ports=x",
                  "--external-ports=x: must be a port, or two as 8000-8100" },
                { "--trusted-proxy=all", "--trusted-proxy=all: must be an address, or a network as 192.0.2.0/24" },
                { "--internal-network=lan",
                  "--internal-network=lan: must be an address, or a network as 192.0.2.0/24" },
                { "--resolver=1.1.1.1 ", "--resolver=1.1.1.1 : must be an address or a name, perhaps with :port" },
                { "--cert-dir=certs", "--cert-dir=certs: must be an absolute path without \"$\"" },
                { "--vhost-dir=v", "--vhost-dir=v: must be an absolute path without \"$\"" },
                { "--htpasswd-dir=/$host", "--htpasswd-dir=/$host: must be an absolute path without \"$\"" },
                { "--proxy-conf=proxy.conf", "--proxy-conf=proxy.conf: must be an absolute path without \"$\"" },
                { "--default-host=a b", "--default-host=a b: must be a domain" },
                { "--default-root=nothing", "--default-root=nothing: must be none, a status, or a redirect as \"301 "
                                            "https://example.org$request_uri\"" },
                { "--error-page=/e$", "--error-page=/e$: must be an absolute path without \"$\"" },
                { "--acme-root=/$host", "--acme-root=/$host: must be an absolute path without \"$\"" },
                { "--access-log=on", "--access-log=on: must be an absolute path without \"$\", or off" },
                { "--log-format=a\tb", "--log-format=a\\x09b: must be one line of up to 4096 bytes" },
                { "--log-format=a\n--log-format-escape=yes",
                  "--log-format-escape=yes: must be default, json or none" },
                { "--log-format-escape=json", "--log-format-escape=json: is for --log-format or --log-json" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_given_ GivenSettings s;
                _cleanup_free_ char *message = NULL;
                give(&s, cases[i].line);
                ck_assert_msg(nginx_settings_check(&s.nginx, s.cert_dir, &message) == -EINVAL, "%s is accepted",
                              cases[i].line);
                ck_assert_str_eq(message, cases[i].message);
        }
}
END_TEST

/* What each may be is tested where it is parsed; here, that each is looked at and named as it was written. */
START_TEST(a_default_that_no_container_could_choose_is_refused_by_name) {
        for (size_t i = 0; i < given_table.count; i++) {
                if (given_rows[i].offset < offsetof(GivenSettings, nginx.edge))
                        continue;
                _cleanup_given_ GivenSettings s;
                _cleanup_free_ char *line = xasprintf("--%s=\x01", given_rows[i].name),
                                    *start = xasprintf("--%s=\\x01: must be ", given_rows[i].name), *message = NULL;
                give(&s, line);
                ck_assert_msg(nginx_settings_check(&s.nginx, s.cert_dir, &message) == -EINVAL, "%s is accepted", line);
                ck_assert_msg(has_prefix(message, start), "%s", message);
        }
}
END_TEST

TEST_MAIN("nginx-settings", every_default_is_accepted, whatever_a_container_may_choose_has_a_default_by_its_name,
          the_option_of_a_setting_has_its_name_with_dashes, a_method_is_an_index_from_redirect_on,
          what_can_be_meant_is_accepted, what_cannot_be_meant_is_refused_by_name,
          a_default_that_no_container_could_choose_is_refused_by_name)
