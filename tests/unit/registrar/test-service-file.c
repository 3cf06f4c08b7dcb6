/* Files of services.d: what is published of them, how they are checked, and what is said of those that are wrong. */
#include "registrar/service-file.h"

#include "tests/unit/check-main.h"
#include "tests/unit/routes.h"

#include <errno.h>

static const AnnouncementPolicy policy = {
        .domains_variable = "BEACHHEAD_DOMAINS",
        /* of containers alone */
        .address = { .advertise = ADVERTISE_PUBLISHED, .only_exposed = true, .by_name = true },
        .require_health = true,
};

static int parse(ServiceFile *f, const char *text, char **ret_message) {
        *f = (ServiceFile){ 0 };
        return service_file_parse(f, "services.d/db.conf", "db", text, strlen(text), &policy, ret_message);
}

static void assert_published(const Container *c, const char *wanted) {
        _cleanup_(announcement_done) Announcement a = { 0 };
        _cleanup_(registration_freep) Registration *r = NULL;

        announce(c, &policy, &a);
        ck_assert_int_eq(a.outcome, ANNOUNCED);
        ck_assert_str_eq(a.instance, "db");
        ck_assert_int_eq(registration_decode(&r, a.value, strlen(a.value), refuse_complaint, NULL), 0);
        ck_assert_str_eq(r->container, "db");
        _cleanup_free_ char *found = routes_describe(r);
        ck_assert_str_eq(found, wanted);
}

START_TEST(a_service_is_published_as_a_container_with_the_same_settings_is) {
        static const struct {
                const char *text, *routes;
        } cases[] = {
                { "address=10.0.0.5\ndomains=a.org", "a.org http=10.0.0.5:80 https=10.0.0.5:443!" },
                { "address = 10.0.0.5\ndomains = a.org:http=8080 b.org:https=8443\n",
                  "a.org http=10.0.0.5:8080 | b.org https=10.0.0.5:8443" },
                { "[service]\n# of the host\naddress=fd00::5\ndomains=a.org:http\n", "a.org http=fd00::5:80" },
                { "address=DB.example.org\ndomains=a.org:http\n", "a.org http=db.example.org:80" },
                { "address=10.0.0.5\ndomains=a.org:http\ndomains=b.org:http\n",
                  "a.org http=10.0.0.5:80 | b.org http=10.0.0.5:80" },
                { "address=10.0.0.5\nvirtual_host=a.org\nvirtual_host=b.org\nvirtual_port=3000\n",
                  "a.org http=10.0.0.5:3000 method=redirect! | b.org http=10.0.0.5:3000 method=redirect!" },
                { "address=10.0.0.5\nVIRTUAL_HOST=a.org\nhttps_method=noredirect\nkeepalive=7\n",
                  "a.org http=10.0.0.5:80 method=noredirect keepalive=7" },
                { "address=10.0.0.5\nvirtual_host=a.org\nvirtual_path=/api\nnetwork_access=internal\n",
                  "a.org endpoint=10.0.0.5:80 schemes=hs path internal path=/api method=redirect!" },
                { "address=10.0.0.5\nvirtual_host_multiports={ a.org: {\nvirtual_host_multiports=/: { port: 81 } } "
                  "}\n",
                  "a.org http=10.0.0.5:81 method=redirect!" },
                { "address=10.0.0.5\ndomains=a.org:http\nletsencrypt_host=a.org,b.org\nletsencrypt_host=c.org\n",
                  "a.org http=10.0.0.5:80 certificate=a.org+b.org+c.org" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(service_file_done) ServiceFile f;
                _cleanup_free_ char *message = NULL;
                ck_assert_msg(parse(&f, cases[i].text, &message) == 0, "%s: %s", cases[i].text, message);
                assert_published(f.container, cases[i].routes);
                ck_assert_int_eq(f.check.kind, CHECK_NONE);
        }
}
END_TEST

START_TEST(an_unhealthy_service_is_not_published_whatever_containers_need) {
        AnnouncementPolicy lax = policy;
        _cleanup_(service_file_done) ServiceFile f;
        _cleanup_(announcement_done) Announcement a = { 0 };
        _cleanup_free_ char *message = NULL;

        lax.require_health = false;
        ck_assert_int_eq(parse(&f, "address=10.0.0.5\ndomains=a.org\ncheck=tcp\n", &message), 0);
        f.container->health = HEALTH_UNHEALTHY;
        f.container->ailment = xstrdup("10.0.0.5 port 80: Connection refused");
        announce(f.container, &lax, &a);
        ck_assert_int_eq(a.outcome, ANNOUNCED_LATER);
        ck_assert_str_eq(a.reason, "its health check fails: 10.0.0.5 port 80: Connection refused");
}
END_TEST

static char *describe_check(const CheckSpec *s) {
        if (s->kind == CHECK_NONE)
                return xstrdup("none");
        return xasprintf("%s %s %u%s%s for %s every %ju, %ju s, %ju/%ju", s->kind == CHECK_TCP ? "tcp" : "http",
                         s->host, s->port, s->path ? " " : "", s->path ? s->path : "", s->domain ? s->domain : "-",
                         (uintmax_t)s->interval_sec, (uintmax_t)s->timeout_sec, (uintmax_t)s->fall,
                         (uintmax_t)s->rise);
}

START_TEST(a_check_looks_where_the_service_is_served_unless_it_says_where) {
        static const struct {
                const char *text, *check;
        } cases[] = {
                { "domains=a.org\ncheck=none", "none" },
                { "domains=a.org\ncheck=tcp", "tcp db 80 for - every 5, 3 s, 2/2" },
                { "domains=a.org:https=8443\ncheck=tcp", "tcp db 8443 for - every 5, 3 s, 2/2" },
                { "domains=a.org:http=1:https=2\ncheck=tcp:3", "tcp db 3 for - every 5, 3 s, 2/2" },
                { "virtual_host=*.a.org,b.org\nvirtual_port=81\ncheck=http",
                  "http db 81 / for b.org every 5, 3 s, 2/2" },
                { "virtual_host=*.a.org\nvirtual_path=/x\ncheck=http:8080/health?deep=1:2",
                  "http db 8080 /health?deep=1:2 for - every 5, 3 s, 2/2" },
                { "domains=a.org\ncheck=http/live", "http db 80 /live for a.org every 5, 3 s, 2/2" },
                { "letsencrypt_host=a.org\ncheck=tcp:25", "tcp db 25 for - every 5, 3 s, 2/2" },
                { "domains=a.org\ncheck=tcp\ncheck-interval=60\ncheck-timeout=1\ncheck-fall=3\ncheck-rise=1",
                  "tcp db 80 for - every 60, 1 s, 3/1" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(service_file_done) ServiceFile f;
                _cleanup_free_ char *message = NULL, *text = xasprintf("address=db\n%s\n", cases[i].text);
                ck_assert_msg(parse(&f, text, &message) == 0, "%s: %s", text, message);
                _cleanup_free_ char *found = describe_check(&f.check);
                ck_assert_str_eq(found, cases[i].check);
        }
}
END_TEST

#define GOOD "address=10.0.0.5\ndomains=a.org\n"

START_TEST(a_wrong_file_is_named_with_key_and_value) {
        static const struct {
                const char *text, *message; /* how it begins */
        } cases[] = {
                { "", ": there is no address" },
                { "domains=a.org", ": there is no address" },
                { "address=\ndomains=a.org", ": there is no address" },
                { "address=10.0.0.5", ": it asks for nothing" },
                { "address=10.0.0.5\ndomains=", ": it asks for nothing" },
                { "address=10.0.0.300\ndomains=a.org", ": address \"10.0.0.300\" must be an IPv4 address" },
                { "address=[fd00::5]\ndomains=a.org", ": address \"[fd00::5]\" must be" },
                { "address=http://db\ndomains=a.org", ": address \"http://db\" must be" },
                { "address=a b\x01;\ndomains=a.org", ": address \"a b\\x01;\" must be" },
                { "address=10.0.0.5\ndomains=a..org", ": domains: \"a..org\"" },
                { "address=10.0.0.5\ndomains=a.org:http=0", ": domains: \"a.org:http=0\"" },
                { "address=10.0.0.5\nvirtual_host=a;b.org", ": virtual_host \"a;b.org\" is" },
                { "address=10.0.0.5\nvirtual_host=a.org\nvirtual_path=api", ": virtual_path \"api\"" },
                { GOOD "address=10.0.0.6", ":3: address: \"10.0.0.6\" is the second value" },
                { GOOD "hsts=off\nhsts=off", ":4: hsts: \"off\" is the second value" },
                { GOOD "VIRTUAL_PORT=1\nvirtual_port=2", ":4: virtual_port: \"2\" is the second value" },
                { GOOD "colour=red", ":3: colour: there is no such key" },
                { GOOD "beachhead_domains=a.org", ":3: beachhead_domains: there is no such key" },
                { GOOD "check=ping", ": check \"ping\" must be none, tcp[:PORT] or http[:PORT][/PATH]" },
                { GOOD "check=none:80", ": check \"none:80\" must be" },
                { GOOD "check=tcp:0", ": check \"tcp:0\" must be" },
                { GOOD "check=tcp:80/x", ": check \"tcp:80/x\" must be" },
                { GOOD "check=http:", ": check \"http:\" must be" },
                { GOOD "check=http:80:81", ": check \"http:80:81\" must be" },
                { GOOD "check=http/a b", ": check \"http/a b\" must be" },
                { GOOD "check=http/\x01", ": check \"http/\\x01\" must be" },
                { GOOD "check=http/#x", ": check \"http/#x\" must be" },
                { GOOD "check=https", ": check \"https\" must be" },
                { GOOD "check-interval=0", ":3: check-interval: \"0\" is not a whole number from 1 to 86400" },
                { GOOD "check-timeout=5s", ":3: check-timeout: \"5s\" is not a whole number from 1 to 60" },
                { GOOD "check-fall=-1", ":3: check-fall: \"-1\" is not" },
                { GOOD "check-rise=101", ":3: check-rise: \"101\" is not" },
                { "address=10.0.0.5\nletsencrypt_host=a.org\ncheck=tcp", ": check \"tcp\" needs a port" },
                { GOOD "half a li", ":3: neither" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(service_file_done) ServiceFile f;
                _cleanup_free_ char *message = NULL, *wanted = xasprintf("services.d/db.conf%s", cases[i].message);
                ck_assert_msg(parse(&f, cases[i].text, &message) == -EINVAL, "taken: %s", cases[i].text);
                ck_assert_msg(has_prefix(message, wanted), "%s instead of %s", message, wanted);
                ck_assert(is_printable(message));
        }
}
END_TEST

START_TEST(a_file_whose_name_none_may_have_is_refused) {
        static const char *const names[] = { "a b", "a@b", "", "a/b", "\x01" };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                _cleanup_(service_file_done) ServiceFile f = { 0 };
                _cleanup_free_ char *message = NULL;
                ck_assert_int_eq(service_file_parse(&f, "f", names[i], GOOD, strlen(GOOD), &policy, &message),
                                 -EINVAL);
                ck_assert_str_eq(message, "f: its name is none that a registration may have");
        }
}
END_TEST

TEST_MAIN("service-file", a_service_is_published_as_a_container_with_the_same_settings_is,
          an_unhealthy_service_is_not_published_whatever_containers_need,
          a_check_looks_where_the_service_is_served_unless_it_says_where, a_wrong_file_is_named_with_key_and_value,
          a_file_whose_name_none_may_have_is_refused)
