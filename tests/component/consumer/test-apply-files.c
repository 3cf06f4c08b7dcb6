/* The operator's files beside sites, against a real nginx: each is used, a change is noticed and is a reload where it
 * changes something; what is wrong with one is its site's fault, and what is wrong with one that all share is
 * nobody's.
 */
#include "common/memory.h"
#include "consumer/nginx/certificate-pair.h"
#include "tests/component/consumer/nginx-ground.h"
#include "tests/unit/check-main.h"

#include <string.h>

/* The text of a file that is there. */
static char *live_text(const Ground *g) {
        char *text = ground_read(g->live_path);

        ck_assert_ptr_nonnull(text);
        return text;
}

START_TEST(what_all_sites_share_takes_none_of_them_down) {
        static const struct {
                const char *file, *text, *words;
        } cases[] = {
                { "vhost.d/default", "\nthis_is_no_directive;\n", "unknown directive \"this_is_no_directive\" in " },
                { "vhost.d/default_location", "}\n", "unexpected \"}\" in " },
                { "vhost.d/default", "include /nonexistent/more;\n", "open() \"/nonexistent/more\" failed" },
                { "vhost.d/default", "access_log /nonexistent/log;\n", "open() \"/nonexistent/log\" failed" },
        };
        Ground *g = ground_with_nginx();

        ground_set_sites(g, "a.example.org b.example.org");
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
                _cleanup_free_ char *before = live_text(g), *new = xasprintf("x%zu.example.org", i);
                _cleanup_free_ char *path = xasprintf("%s/%s", g->directory, cases[i].file);
                _cleanup_free_ char *sites = xasprintf("a.example.org b.example.org %s", new);
                ground_write(g, cases[i].file, cases[i].text);
                ground_set_sites(g, sites);
                ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
                _cleanup_free_ char *after = live_text(g);
                ck_assert_str_eq(after, before);
                ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
                ck_assert_int_eq(ground_status(g, new), UNKNOWN);
                ground_assert_described(g, "what all sites share");
                ground_assert_described(g, path);
                ground_assert_described(g, cases[i].words);
                ground_write(g, cases[i].file, "client_max_body_size 1m;\n");
                ground_run_until(g, ground_is_done);
                ck_assert_int_eq(ground_status(g, new), LIVE);
        }
        ck_assert(!ground_has_logged(g, "set aside, the other"));
        ground_free(g);
}
END_TEST

START_TEST(what_only_one_site_can_have_takes_none_of_them_down_either) {
        Ground *g = ground_with_nginx();
        _cleanup_free_ char *listen = xasprintf("listen 127.0.0.1:%u default_server;\n", free_port());

        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_write(g, "vhost.d/default", listen);
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        ground_assert_described(g, "a duplicate default server");
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        ck_assert(!ground_has_logged(g, "set aside, the other"));
        ground_free(g);
}
END_TEST

START_TEST(a_taken_port_that_all_sites_share_takes_none_of_them_down) {
        _cleanup_close_ int fd = -1;
        Ground *g = ground_with_nginx();
        _cleanup_free_ char *listen = xasprintf("listen 127.0.0.1:%u;\n", taken_port(&fd));
        _cleanup_free_ char *nested = xasprintf("include %s/etc/more;\n", g->directory);

        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_write(g, "vhost.d/default", listen);
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        ground_assert_described(g, "Address already in use");
        ground_assert_described(g, "/vhost.d/default");
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);

        ground_write(g, "etc/more", listen);
        ground_write(g, "vhost.d/default", nested);
        ck_assert_int_eq(ground_apply(g), OUTPUT_FAILED);
        ground_assert_described(g, "/vhost.d/default");
        ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        ck_assert(!ground_has_logged(g, "set aside, the other"));
        ground_free(g);
}
END_TEST

START_TEST(a_site_that_does_not_go_with_what_all_share_is_set_aside_alone) {
        Ground *g = ground_new();
        uint16_t port = free_port();
        _cleanup_free_ char *listen = xasprintf("listen 127.0.0.1:%u;\n", port), *text = xasprintf("%u", port);

        ground_set(g, "--external-ports=%u", port);
        ground_start_nginx(g);
        ground_start_output(g);
        ground_write(g, "vhost.d/default", listen);
        ground_set_sites(g, "a.example.org b.example.org c.example.org");
        ground_choose(g, "b.example.org", EDGE_HTTP_PORT, text);
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ck_assert(ground_has_logged(g, "a duplicate listen"));
        ground_assert_described(g, "2 sites live, 1 set aside (b.example.org)");
        ck_assert_int_eq(ground_status(g, "c.example.org"), LIVE);
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(a_bad_file_of_one_path_is_its_sites_fault) {
        static const char *const names[] = { "b.example.org_location", "b.example.org_location_override" };
        Ground *g = ground_with_nginx();

        ground_write(g, "vhost.d/default", "client_max_body_size 1m;\n");
        ground_set_sites(g, "a.example.org b.example.org c.example.org");
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                _cleanup_free_ char *file = xasprintf("vhost.d/%s", names[i]);
                ground_write(g, file, "this_is_no_directive;\n");
                ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
                ground_assert_described(g, "2 sites live, 1 set aside (b.example.org)");
                ground_remove(g, file);
                ground_run_until(g, ground_is_done);
                ck_assert_int_eq(ground_status(g, "b.example.org"), LIVE);
        }
        ground_free(g);
}
END_TEST

static bool is_locked(Ground *g) {
        return ground_status(g, "a.example.org") == 401;
}

static bool is_open(Ground *g) {
        return ground_status(g, "a.example.org") == LIVE;
}

static bool body_is_limited(Ground *g) {
        _cleanup_free_ char *text = live_text(g);

        return ground_is_done(g) && strstr(text, "b.example.org\"") != NULL;
}

START_TEST(only_what_changes_something_is_a_reload) {
        Ground *g = ground_with_nginx();

        ground_write(g, "vhost.d/a.example.org", "client_max_body_size 1m;\n");
        ground_set_sites(g, "a.example.org b.example.org");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_count_reloads(g), 1);

        ground_write(g, "htpasswd/a.example.org", "user:{PLAIN}one\n");
        ground_run_until(g, is_locked);
        ground_run_until(g, ground_is_done);
        ck_assert_int_eq(ground_count_reloads(g), 2);

        ground_write(g, "htpasswd/a.example.org", "user:{PLAIN}two\n");         /* nginx reads it by itself */
        ground_write(g, "vhost.d/a.example.org", "client_max_body_size 1m;\n"); /* the same */
        ground_write(g, "vhost.d/c.example.org", "client_max_body_size 1m;\n"); /* nobody's */
        ground_write(g, "certs/c.example.org.crt", "none");
        ground_write(g, "vhost.d/b.example.org", "client_max_body_size 1m;\n"); /* somebody's */
        ground_run_until(g, body_is_limited);
        ck_assert_int_eq(ground_count_reloads(g), 3);

        ground_remove(g, "htpasswd/a.example.org");
        ground_run_until(g, is_open);
        ground_run_until(g, ground_is_done);
        ck_assert_int_eq(ground_count_reloads(g), 4);
        ground_free(g);
}
END_TEST

/* Runs a command in the directory of certificates. */
static void openssl(const Ground *g, const char *arguments) {
        _cleanup_free_ char *command = xasprintf("cd %s/certs && openssl %s >/dev/null 2>&1", g->directory, arguments);

        ck_assert_int_eq(system(command), 0);
}

/* With somebody to ask about it, for a stapling. */
static void make_certificate(const Ground *g) {
        openssl(g,
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=a.example.org "
                "-addext subjectAltName=DNS:a.example.org -addext 'authorityInfoAccess=OCSP;URI:http://127.0.0.1/' "
                "-keyout a.example.org.key -out a.example.org.crt");
}

/* Everything that nginx-proxy knows beside the certificate of a.example.org. */
static void make_all_files(const Ground *g) {
        make_certificate(g);
        openssl(g, "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=ca "
                   "-keyout ca.pem -out a.example.org.ca.crt");
        openssl(g, "x509 -in a.example.org.ca.crt -out a.example.org.chain.pem");
        openssl(g, "genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out a.example.org.dhparam.pem");
        ground_write(g, "certs/index", "");
        ground_write(g, "certs/cnf", "[x]\ndatabase = index\ndefault_md = sha256\n");
        openssl(g, "ca -config cnf -gencrl -name x -crldays 30 -cert a.example.org.ca.crt -keyfile ca.pem "
                   "-out a.example.org.crl.pem");
        ground_write(g, "vhost.d/default", "client_max_body_size 1m;\n");
        ground_write(g, "vhost.d/default_location", "proxy_buffering off;\n");
        ground_write(g, "vhost.d/a.example.org_location_override", "location / { return 204; }\n");
        ground_write(g, "htpasswd/b.example.org", "user:{PLAIN}one\n");
}

static void set_https_sites(Ground *g) {
        ground_set_sites(g, "a.example.org b.example.org");
        ground_site(g, "a.example.org")->shape = (SiteShape){ .https = true, .plain = PLAIN_SERVE };
}

static const char *const certificate_files[] = { "a.example.org.crt",       "a.example.org.key",
                                                 "a.example.org.chain.pem", "a.example.org.dhparam.pem",
                                                 "a.example.org.ca.crt",    "a.example.org.crl.pem" };
enum { CERTIFICATE_FILES = sizeof certificate_files / sizeof *certificate_files };

START_TEST(nginx_takes_every_file_that_people_have) {
        Ground *g = ground_with_nginx();

        make_all_files(g);
        set_https_sites(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        _cleanup_free_ char *text = live_text(g);
        for (size_t i = 0; i < CERTIFICATE_FILES; i++)
                ck_assert_msg(strstr(text, certificate_files[i]), "%s is not used", certificate_files[i]);
        ck_assert_int_eq(ground_status(g, "a.example.org"), 204);
        ck_assert_int_eq(ground_status(g, "b.example.org"), 401);
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

START_TEST(none_that_is_broken_reaches_nginx) {
        Ground *g = ground_with_nginx();

        make_all_files(g);
        set_https_sites(g);
        for (size_t i = CERTIFICATE_FILES; i-- > 0;) {
                _cleanup_free_ char *name = xasprintf("certs/%s", certificate_files[i]);
                ground_write(g, name, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
                ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
                _cleanup_free_ char *text = live_text(g);
                ck_assert_msg(!strstr(text, certificate_files[i]), "%s is used", certificate_files[i]);
                if (i > CERTIFICATE_DHPARAM) /* the CA or its list: nobody is let in unknown */
                        ck_assert_ptr_nonnull(strstr(text, "return 403;"));
                ck_assert(ground_has_logged(g, i == CERTIFICATE_KEY ? "its key is no PEM" : certificate_files[i]));
        }
        ck_assert_int_eq(ground_status(g, "a.example.org"), 204);
        ground_free(g);
}
END_TEST

static bool is_waiting(Ground *g) {
        return ground_has_logged(g, "in case they are being replaced");
}

/* A step of a replacement, at which nginx goes on with what it has; and the last one. */
START_TEST(files_that_are_replaced_half_way_take_no_site_down) {
        static const struct {
                const char *step, *last;
        } cases[] = {
                { "echo half >certs/a.example.org.key", "cp -p new/* certs/" },
                { "mv certs old", "mv new certs" },
                { "rm -r htpasswd", "mkdir htpasswd; echo 'user:{PLAIN}one' >htpasswd/b.example.org" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Ground *g = ground_with_nginx();
                _cleanup_free_ char *begin = xasprintf("cd %s && cp -pr certs new", g->directory);
                _cleanup_free_ char *step = xasprintf("cd %s && %s", g->directory, cases[i].step);
                _cleanup_free_ char *last = xasprintf("cd %s && %s", g->directory, cases[i].last);
                make_all_files(g);
                ck_assert_int_eq(system(begin), 0);
                set_https_sites(g);
                ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
                _cleanup_free_ char *before = live_text(g);
                ck_assert_int_eq(system(step), 0);
                ground_run_until(g, is_waiting);
                ck_assert_int_eq(system(last), 0);
                ground_run_until(g, ground_is_done);
                _cleanup_free_ char *after = live_text(g);
                ck_assert_str_eq(after, before);
                ck_assert_int_eq(ground_count_reloads(g), 1);
                ground_free(g);
        }
}
END_TEST

/* nginx gets to see the key of one and the certificate of another, once. */
START_TEST(what_is_exchanged_while_nginx_reads_it_is_nobodys_fault) {
        Ground *g = ground_new();
        _cleanup_free_ char *begin = xasprintf("cd %s && mkdir new && cp -p certs/a.example.org.* new", g->directory);
        _cleanup_free_ char *check = xasprintf("cd %s && if rm half 2>/dev/null; then cp new/*.key certs; "
                                               "nginx -t -q -c $1; status=$?; cp new/*.crt certs; exit $status; fi; "
                                               "exec nginx -t -q -c $1\n",
                                               g->directory);

        ground_write(g, "check", check);
        ground_set(g, "--nginx-check=sh %s/check {main}", g->directory);
        ground_start_nginx(g);
        ground_start_output(g);
        make_certificate(g);
        ck_assert_int_eq(system(begin), 0);
        make_certificate(g);
        set_https_sites(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_write(g, "half", "");
        ground_write(g, "vhost.d/b.example.org", "client_max_body_size 1m;\n");
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert(ground_has_logged(g, "certificates have changed while nginx read them"));
        ck_assert(!ground_has_logged(g, "set aside, the other"));
        _cleanup_free_ char *text = live_text(g);
        ck_assert_ptr_nonnull(strstr(text, "vhost.d/b.example.org"));
        ck_assert_ptr_nonnull(strstr(text, "a.example.org.crt"));
        ground_assert_disk_is_good(g);
        ground_free(g);
}
END_TEST

static bool is_told(Ground *g) {
        return ground_has_logged(g, "a.example.org.crt cannot be used");
}

START_TEST(what_changes_behind_a_link_is_noticed) {
        Ground *g = ground_with_nginx();
        _cleanup_free_ char *link = xasprintf("cd %s && mkdir store && mv certs/a.example.org.crt store/crt && "
                                              "ln -s ../store/crt certs/a.example.org.crt",
                                              g->directory);

        make_all_files(g);
        ck_assert_int_eq(system(link), 0);
        set_https_sites(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ground_write(g, "store/crt", "none any more");
        ground_run_until(g, is_told);
        ground_run_until(g, ground_is_done);
        ground_free(g);
}
END_TEST

/* nginx's own name for the directory is another one: a link stands for what a container would have there. */
START_TEST(an_nginx_that_calls_the_files_by_other_names_gets_those) {
        Ground *g = ground_new();
        _cleanup_free_ char *there = xasprintf("%s-there", g->directory), *here = xstrdup(g->main_path);
        _cleanup_free_ char *main_text = ground_read(g->main_path), *link = NULL;
        _cleanup_text_ Text mapped = { 0 };

        ck_assert_int_eq(symlink(g->directory, there), 0);
        for (const char *c = main_text; *c;)
                if (has_prefix(c, g->directory)) {
                        text_append(&mapped, there);
                        c += strlen(g->directory);
                } else {
                        text_append_bytes(&mapped, c++, 1);
                }
        ground_write(g, "etc/nginx.conf", mapped.data);
        ground_set(g, "--nginx-path-map=%s:%s", g->directory, there);
        link = xasprintf("%s/etc/nginx.conf", there);
        REPLACE_PTR(g->main_path, xstrdup(link));
        ground_start_nginx(g);
        ground_start_output(g);
        make_all_files(g);
        set_https_sites(g);
        ck_assert_int_eq(ground_apply(g), OUTPUT_DONE);
        ck_assert_int_eq(ground_status(g, "a.example.org"), 204);
        _cleanup_free_ char *text = live_text(g), *ours = xasprintf("\"%s/", g->directory);
        ck_assert_ptr_null(strstr(text, ours));
        ck_assert_ptr_nonnull(strstr(text, there));

        ground_write(g, "vhost.d/b.example.org", "\nthis_is_no_directive;\n");
        ck_assert_int_eq(ground_apply(g), OUTPUT_PARTLY);
        ground_assert_described(g, "1 set aside (b.example.org)");
        _cleanup_free_ char *place = xasprintf("in %s/vhost.d/b.example.org:2", g->directory);
        ck_assert(ground_has_logged(g, place));
        (void)unlink(there);
        ground_free(g);
}
END_TEST

TEST_MAIN("apply-files", what_all_sites_share_takes_none_of_them_down,
          what_only_one_site_can_have_takes_none_of_them_down_either,
          a_taken_port_that_all_sites_share_takes_none_of_them_down,
          a_site_that_does_not_go_with_what_all_share_is_set_aside_alone, a_bad_file_of_one_path_is_its_sites_fault,
          only_what_changes_something_is_a_reload, nginx_takes_every_file_that_people_have,
          none_that_is_broken_reaches_nginx, files_that_are_replaced_half_way_take_no_site_down,
          what_is_exchanged_while_nginx_reads_it_is_nobodys_fault, what_changes_behind_a_link_is_noticed,
          an_nginx_that_calls_the_files_by_other_names_gets_those)
