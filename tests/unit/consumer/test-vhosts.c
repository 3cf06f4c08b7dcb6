/* What holds for a site here: the operator's settings where its containers chose none, and what stands on disk for it;
 * what is wrong is said once, and what is not allowed is left out by name. */
#include "consumer/nginx/vhosts.h"

#include "common/file.h"
#include "common/log.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/nginx-settings.h"
#include "tests/unit/consumer/thumbprints.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>

enum { SITES = 3 };

/* Three sites with "/" alone, what they are made with, and what is said about them. */
typedef struct Edge {
        GivenSettings settings;
        NginxPolicy *policy;
        Certificates *certificates;
        SiteNotes *notes;
        Site sites[SITES], *all[SITES];
        Location locations[SITES];
        Vhosts *vhosts;
} Edge;

static void edge_read(Edge *e) {
        const Sites sites = { .items = e->all, .count = SITES };

        (void)vhosts_free(e->vhosts);
        e->vhosts = vhosts_new(&sites, e->certificates, e->notes, e->policy);
}

/* `line`: more options, one a line. */
static void edge_begin(Edge *e, const char *line) {
        static const char *const domains[SITES] = { "a.example.org", "only.example.org", "plain.example.org" };

        scratch_make();
        _cleanup_free_ char *log = scratch_path("log");
        _cleanup_free_ char *all = xasprintf("--cert-dir=%s\n--vhost-dir=%s\n--htpasswd-dir=%s/none\n%s", scratch,
                                             scratch, scratch, line);
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
        (void)close(fd);
        log_setup(LOG_WARNING, LOG_FORMAT_PLAIN);
        *e = (Edge){ 0 };
        give(&e->settings, all);
        e->policy = nginx_policy_new(&e->settings.nginx, e->settings.cert_dir, NGINX_VERSION_ASSUMED);
        e->certificates = certificates_new(e->policy->cert_dir);
        e->notes = site_notes_new();
        for (size_t i = 0; i < SITES; i++) {
                e->locations[i] = (Location){ .path = (char *)"/" };
                e->all[i] = &e->sites[i];
                e->sites[i] = (Site){
                        .references = 1,
                        .domain = (char *)domains[i],
                        .locations = &e->locations[i],
                        .n_locations = 1,
                };
        }
        e->sites[0].shape = (SiteShape){ .https = true, .plain = PLAIN_REDIRECT_OR_SERVE };
        e->sites[1].shape = (SiteShape){ .https = true, .plain = PLAIN_REDIRECT_OR_REFUSE };
}

static void edge_done(Edge *e) {
        (void)vhosts_free(e->vhosts);
        (void)site_notes_free(e->notes);
        (void)certificates_free(e->certificates);
        (void)nginx_policy_free(e->policy);
        given_done(&e->settings);
        for (size_t i = 0; i < SITES; i++) {
                edge_settings_done(&e->sites[i].shape.settings);
                edge_settings_done(&e->locations[i].settings);
        }
        scratch_remove();
}

static void choose(EdgeSettings *settings, EdgeSetting setting, const char *text) {
        const char *rule;

        ck_assert_int_eq(edge_settings_set(settings, setting, text, &rule), 0);
}

static void make_certificate(const char *name) {
        _cleanup_free_ char *command =
                xasprintf("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
                          "-subj /CN=%s -addext subjectAltName=DNS:%s -keyout %s/%s.key -out %s/%s.crt 2>/dev/null",
                          name, name, scratch, name, scratch, name);

        ck_assert_int_eq(system(command), 0);
}

static int count_logged(const char *words) {
        _cleanup_free_ char *path = scratch_path("log"), *text = NULL;
        size_t size;
        int n = 0;

        ck_assert_int_eq(file_read(path, 1 << 20, &text, &size), 0);
        for (const char *found = text; (found = strstr(found, words)); found++)
                n++;
        return n;
}

static char *left_out(const Edge *e) {
        _cleanup_string_list_ StringList domains = { 0 };

        vhosts_left_out(e->vhosts, &domains);
        return string_list_join(&domains, " ");
}

static void assert_left_out(const Edge *e, const char *expected) {
        _cleanup_free_ char *domains = left_out(e);

        ck_assert_str_eq(domains, expected);
}

START_TEST(a_certificate_is_found_and_its_change_is_noticed) {
        Edge e;

        edge_begin(&e, "");
        make_certificate("a.example.org");
        make_certificate("plain.example.org");
        edge_read(&e);
        ck_assert_ptr_nonnull(e.vhosts->items[0].certificate);
        ck_assert_ptr_null(e.vhosts->items[1].certificate);
        ck_assert_ptr_null(e.vhosts->items[2].certificate); /* asks for no HTTPS */

        _cleanup_free_ char *digest = xstrdup(e.vhosts->items[0].certificate->digest);
        edge_read(&e);
        ck_assert_str_eq(e.vhosts->items[0].certificate->digest, digest);
        make_certificate("a.example.org");
        edge_read(&e);
        ck_assert_str_ne(e.vhosts->items[0].certificate->digest, digest);
        edge_done(&e);
}
END_TEST

START_TEST(what_is_wrong_is_said_once_until_it_changes) {
        Edge e;

        edge_begin(&e, "");
        scratch_write("a.example.org.crt", "no certificate");
        scratch_write("a.example.org.key", "no key");
        for (int i = 0; i < 3; i++) {
                edge_read(&e);
                ck_assert_ptr_null(e.vhosts->items[0].certificate);
        }
        ck_assert_int_eq(count_logged("a.example.org (of "), 1);
        ck_assert_int_eq(count_logged("served without HTTPS"), 1);
        ck_assert_int_eq(count_logged("only.example.org (of ): asks for HTTPS alone"), 1);
        make_certificate("a.example.org");
        edge_read(&e);
        scratch_write("a.example.org.crt", "no certificate");
        edge_read(&e);
        ck_assert_int_eq(count_logged("served without HTTPS"), 2);
        ck_assert_int_eq(count_logged("asks for HTTPS alone"), 1);
        edge_done(&e);
}
END_TEST

START_TEST(what_containers_choose_comes_before_the_operators_defaults) {
        Edge e;

        edge_begin(&e, "--hsts=off\n--server-tokens=off\n--client-max-body-size=1m\n--proxy-read-timeout=7s");
        choose(&e.sites[0].shape.settings, EDGE_HSTS, "max-age=60");
        choose(&e.locations[0].settings, EDGE_BODY_MAX, "2m");
        edge_read(&e);
        const Vhost *v = &e.vhosts->items[0];
        ck_assert(!v->settings->hsts.off && v->settings->hsts.max_age_sec == 60);
        ck_assert(!v->settings->server_tokens);
        ck_assert_int_eq(v->location_settings[0].body_max_bytes, 2 << 20);
        ck_assert_uint_eq(v->location_settings[0].read_timeout_msec, 7000);
        ck_assert(e.vhosts->items[1].settings->hsts.off);
        ck_assert_ptr_eq(e.vhosts->items[1].settings, e.vhosts->items[2].settings); /* kept once */
        ck_assert(!edge_settings_has(v->settings, EDGE_HTTP_PORT));
        edge_done(&e);
}
END_TEST

START_TEST(the_default_certificate_is_for_unknown_hosts_and_for_who_trusts_it) {
        Edge e;

        edge_begin(&e, "");
        make_certificate("default");
        choose(&e.sites[1].shape.settings, EDGE_TRUST_DEFAULT_CERT, "false");
        edge_read(&e);
        ck_assert_ptr_nonnull(e.vhosts->render->default_certificate);
        ck_assert_ptr_nonnull(e.vhosts->items[0].certificate);
        ck_assert_ptr_null(e.vhosts->items[1].certificate);
        ck_assert_int_eq(count_logged("default.crt is not for a.example.org, clients will be warned"), 1);
        scratch_write("default.crt", "none");
        edge_read(&e);
        ck_assert_ptr_null(e.vhosts->render->default_certificate);
        ck_assert_int_eq(count_logged("the certificate for unknown hosts cannot be used: "), 1);
        edge_done(&e);
}
END_TEST

START_TEST(thumbprints_are_for_all_sites_and_a_broken_one_is_said_once) {
        Edge e;

        edge_begin(&e, "");
        edge_read(&e);
        ck_assert(!thumbprint_files_any(e.vhosts->render->thumbprints));
        scratch_write("default.thumbprint", TEST_THUMBPRINT "\n");
        scratch_write("a.example.org.thumbprint", "none");
        for (int i = 0; i < 2; i++) {
                edge_read(&e);
                ck_assert_str_eq(e.vhosts->render->thumbprints->standard, TEST_THUMBPRINT);
                ck_assert_uint_eq(e.vhosts->render->thumbprints->count, 0);
        }
        ck_assert_int_eq(count_logged("a.example.org.thumbprint is not used: it holds no thumbprint"), 1);
        scratch_write("a.example.org.thumbprint", TEST_OTHER_THUMBPRINT);
        edge_read(&e);
        ck_assert_uint_eq(e.vhosts->render->thumbprints->count, 1);
        edge_done(&e);
}
END_TEST

START_TEST(names_that_the_edge_answers_itself_are_left_out) {
        Edge e;

        edge_begin(&e, "");
        e.sites[0].domain = (char *)"_";
        e.sites[1].domain = (char *)NGINX_CONFIRM_HOST;
        edge_read(&e);
        assert_left_out(&e, "_ " NGINX_CONFIRM_HOST);
        ck_assert_int_eq(count_logged("_ (of ): is set aside: the edge answers under that name itself"), 1);
        edge_done(&e);

        edge_begin(&e, "--nginx-confirm=none");
        e.sites[1].domain = (char *)NGINX_CONFIRM_HOST;
        edge_read(&e);
        assert_left_out(&e, "");
        edge_done(&e);
}
END_TEST

START_TEST(regular_expressions_are_left_out_unless_the_operator_allows_them) {
        Edge e;

        edge_begin(&e, "");
        e.sites[2].domain = (char *)"~^x";
        e.sites[2].kind = SERVER_NAME_REGEX;
        edge_read(&e);
        edge_read(&e);
        ck_assert_uint_eq(e.vhosts->count, 2);
        ck_assert_ptr_null(vhosts_find(e.vhosts, "~^x"));
        assert_left_out(&e, "~^x");
        ck_assert_int_eq(count_logged("~^x (of ): is set aside: it is a regular expression; --regex-hosts"), 1);
        ck_assert_uint_eq(vhosts_remark(e.vhosts, "~^x")->notes.count, 1);
        e.policy->regex_hosts = true;
        edge_read(&e);
        ck_assert_uint_eq(e.vhosts->count, 3);
        assert_left_out(&e, "");
        edge_done(&e);
}
END_TEST

START_TEST(ports_are_the_operators_to_give) {
        Edge e;

        edge_begin(&e, "--external-ports=8000-8010");
        choose(&e.sites[0].shape.settings, EDGE_HTTP_PORT, "8005");
        choose(&e.sites[1].shape.settings, EDGE_HTTP_PORT, "22");
        choose(&e.sites[2].shape.settings, EDGE_HTTPS_PORT, "8011");
        edge_read(&e);
        assert_left_out(&e, "only.example.org plain.example.org");
        ck_assert_int_eq(count_logged("only.example.org (of ): is set aside: it asks for port 22, and --external"), 1);
        ck_assert_int_eq(count_logged("plain.example.org (of ): is set aside: it asks for port 8011, "), 1);
        edge_done(&e);
}
END_TEST

START_TEST(a_port_is_in_clear_or_by_tls_but_not_both) {
        Edge e;

        edge_begin(&e, "--external-ports=8000-8010");
        make_certificate("a.example.org");
        make_certificate("only.example.org");
        choose(&e.sites[0].shape.settings, EDGE_HTTPS_PORT, "8005");
        choose(&e.sites[1].shape.settings, EDGE_HTTP_PORT, "8006");
        choose(&e.sites[1].shape.settings, EDGE_HTTPS_PORT, "8006");
        choose(&e.sites[2].shape.settings, EDGE_HTTP_PORT, "8005");
        edge_read(&e);
        assert_left_out(&e, "only.example.org plain.example.org");
        ck_assert_int_eq(count_logged("asks for port 8006 by TLS, and itself has it in clear"), 1);
        ck_assert_int_eq(count_logged("asks for port 8005 in clear, and a.example.org has it by TLS"), 1);
        scratch_delete("a.example.org.crt");
        edge_read(&e);
        assert_left_out(&e, "only.example.org");
        edge_done(&e);
}
END_TEST

START_TEST(a_port_stays_with_the_site_that_was_there_first) {
        Edge e;

        edge_begin(&e, "--external-ports=8000-8010");
        make_certificate("a.example.org");
        choose(&e.sites[0].shape.settings, EDGE_HTTP_PORT, "8006");
        choose(&e.sites[0].shape.settings, EDGE_HTTPS_PORT, "8005");
        choose(&e.sites[1].shape.settings, EDGE_HTTP_PORT, "8007");
        choose(&e.sites[2].shape.settings, EDGE_HTTP_PORT, "8005");
        e.sites[0].created = 3;
        e.sites[1].created = -1;
        e.sites[2].created = 2;
        edge_read(&e);
        assert_left_out(&e, "a.example.org");
        ck_assert_int_eq(count_logged("asks for port 8005 by TLS, and plain.example.org has it in clear"), 1);
        e.sites[2].created = -1; /* not known */
        edge_read(&e);
        assert_left_out(&e, "plain.example.org");
        edge_done(&e);
}
END_TEST

/* What is left out itself leaves no other out. */
START_TEST(a_site_that_is_left_out_has_no_ports) {
        Edge e;

        edge_begin(&e, "--external-ports=8000-8010");
        make_certificate("a.example.org");
        make_certificate("only.example.org");
        choose(&e.sites[0].shape.settings, EDGE_HTTP_PORT, "8006");
        choose(&e.sites[0].shape.settings, EDGE_HTTPS_PORT, "8006");
        choose(&e.sites[1].shape.settings, EDGE_HTTPS_PORT, "8006");
        edge_read(&e);
        assert_left_out(&e, "a.example.org");
        edge_done(&e);
}
END_TEST

START_TEST(http3_is_done_without_where_nginx_is_too_old) {
        Edge e;

        edge_begin(&e, "--http3=true");
        choose(&e.sites[0].shape.settings, EDGE_HTTP3, "true");
        edge_read(&e);
        ck_assert(!e.vhosts->items[0].settings->http3 && !e.vhosts->items[1].settings->http3);
        ck_assert_int_eq(count_logged("a.example.org (of ): is served without HTTP/3: that needs nginx 1.25.0"), 1);
        ck_assert_int_eq(count_logged("and this is 1.22.1"), 2); /* the operator's wish is about no site */
        ck_assert_int_eq(count_logged("only.example.org (of ): is served without HTTP/3"), 0);
        e.policy->render.nginx_has_http3 = true;
        edge_read(&e);
        ck_assert(e.vhosts->items[0].settings->http3 && e.vhosts->items[1].settings->http3);
        edge_done(&e);
}
END_TEST

START_TEST(clients_are_verified_where_there_is_a_ca_or_where_a_container_says_so) {
        Edge e;

        edge_begin(&e, "");
        make_certificate("ca");
        make_certificate("a.example.org");
        make_certificate("only.example.org");
        scratch_delete("ca.crt");
        choose(&e.sites[1].shape.settings, EDGE_VERIFY_CLIENT, "on");
        edge_read(&e);
        ck_assert_int_eq(e.vhosts->items[0].settings->verify_client, VERIFY_OFF);
        ck_assert_int_eq(e.vhosts->items[1].settings->verify_client, VERIFY_ON);
        ck_assert_ptr_null(e.vhosts->items[1].client_ca);
        ck_assert_int_eq(count_logged("only.example.org (of ): asks for client certificates, answered 403 until "
                                      "only.example.org.ca.crt or ca.crt is in "),
                         1);

        make_certificate("ca");
        choose(&e.sites[1].shape.settings, EDGE_VERIFY_CLIENT, "off");
        edge_read(&e);
        ck_assert_int_eq(e.vhosts->items[0].settings->verify_client, VERIFY_ON);
        ck_assert_ptr_nonnull(e.vhosts->items[0].client_ca);
        ck_assert_int_eq(e.vhosts->items[1].settings->verify_client, VERIFY_OFF);

        scratch_write("a.example.org.ca.crt", "none");
        edge_read(&e);
        ck_assert_int_eq(e.vhosts->items[0].settings->verify_client, VERIFY_ON);
        ck_assert_ptr_null(e.vhosts->items[0].client_ca);
        ck_assert_int_eq(count_logged("a.example.org (of ): its clients cannot be verified, answered 403: "), 1);
        edge_done(&e);
}
END_TEST

START_TEST(files_of_the_operator_come_with_the_site) {
        Edge e;

        edge_begin(&e, "");
        scratch_write("default", "x;\n");
        scratch_write("a.example.org", "y;\n");
        edge_read(&e);
        ck_assert_str_eq(e.vhosts->items[0].overrides->server.text, "y;\n");
        ck_assert_str_eq(e.vhosts->items[1].overrides->server.text, "x;\n");
        ck_assert_ptr_eq(e.vhosts->items[1].overrides->server.text, e.vhosts->items[2].overrides->server.text);
        edge_done(&e);
}
END_TEST

START_TEST(a_file_for_all_is_read_and_missed) {
        Edge e;

        edge_begin(&e, "");
        _cleanup_free_ char *path = scratch_path("proxy.conf");
        e.policy->proxy_conf = path;
        edge_read(&e);
        ck_assert_ptr_null(e.vhosts->render->proxy_conf);
        ck_assert_int_eq(count_logged("/proxy.conf, which --proxy-conf names, is not there"), 1);
        scratch_write("proxy.conf", "x;\n");
        edge_read(&e);
        ck_assert_str_eq(e.vhosts->render->proxy_conf->text, "x;\n");
        edge_done(&e);
}
END_TEST

START_TEST(where_only_sites_differ_the_others_are_not_looked_at_again) {
        Edge e;

        edge_begin(&e, "");
        edge_read(&e);
        Vhosts *before = e.vhosts;
        _cleanup_(rendering_freep) Rendering *first = render(before->items, before->count, before->render);
        Site other = {
                .references = 1, .domain = (char *)"b.example.org", .locations = &e.locations[0], .n_locations = 1
        };
        Site *all[] = { e.all[0], &other, e.all[2] };
        const Sites sites = { .items = all, .count = SITES };
        e.vhosts = vhosts_update(before, &sites, e.certificates, e.notes);
        ck_assert_ptr_eq(e.vhosts->kept[0], before->kept[0]);
        ck_assert_ptr_eq(e.vhosts->kept[2], before->kept[2]);
        ck_assert_str_eq(e.vhosts->items[1].site->domain, "b.example.org");
        ck_assert_ptr_null(vhosts_find(e.vhosts, "only.example.org"));
        _cleanup_(vhosts_freep) Vhosts *anew = vhosts_new(&sites, e.certificates, e.notes, e.policy);
        _cleanup_(rendering_freep) Rendering *updated = render(e.vhosts->items, e.vhosts->count, e.vhosts->render);
        _cleanup_(rendering_freep) Rendering *wanted = render(anew->items, anew->count, anew->render);
        ck_assert_str_eq(updated->text, wanted->text);
        ck_assert_str_ne(updated->text, first->text);
        anew = vhosts_free(anew);
        (void)vhosts_free(before);
        edge_done(&e);
}
END_TEST

START_TEST(a_certificate_that_comes_or_is_renewed_after_its_site_came_is_seen) {
        Edge e;

        edge_begin(&e, "");
        edge_read(&e);
        Vhosts *before = e.vhosts;
        Site other = e.sites[1];
        Site *all[] = { e.all[0], &other, e.all[2] };
        const Sites sites = { .items = all, .count = SITES };
        e.vhosts = vhosts_update(before, &sites, e.certificates, e.notes);
        (void)vhosts_free(before);
        make_certificate("only.example.org");
        edge_read(&e);
        ck_assert_ptr_nonnull(e.vhosts->items[1].certificate);

        before = e.vhosts;
        e.vhosts = vhosts_update(before, &sites, e.certificates, e.notes);
        (void)vhosts_free(before);
        _cleanup_free_ char *first = xstrdup(e.vhosts->items[1].certificate->digest);
        make_certificate("only.example.org");
        edge_read(&e);
        ck_assert_str_ne(e.vhosts->items[1].certificate->digest, first);
        edge_done(&e);
}
END_TEST

START_TEST(a_port_that_another_site_gave_up_is_had_by_the_one_that_waited) {
        Edge e;

        edge_begin(&e, "--external-ports=8000-8010");
        make_certificate("a.example.org");
        choose(&e.sites[0].shape.settings, EDGE_HTTPS_PORT, "8005");
        choose(&e.sites[2].shape.settings, EDGE_HTTP_PORT, "8005");
        edge_read(&e);
        assert_left_out(&e, "plain.example.org");
        Vhosts *before = e.vhosts;
        const Sites sites = { .items = &e.all[1], .count = SITES - 1 };
        e.vhosts = vhosts_update(before, &sites, e.certificates, e.notes);
        (void)vhosts_free(before);
        assert_left_out(&e, "");
        ck_assert_ptr_nonnull(vhosts_find(e.vhosts, "plain.example.org"));
        edge_done(&e);
}
END_TEST

TEST_MAIN("vhosts", where_only_sites_differ_the_others_are_not_looked_at_again,
          a_certificate_that_comes_or_is_renewed_after_its_site_came_is_seen,
          a_port_that_another_site_gave_up_is_had_by_the_one_that_waited,
          a_certificate_is_found_and_its_change_is_noticed, what_is_wrong_is_said_once_until_it_changes,
          what_containers_choose_comes_before_the_operators_defaults,
          the_default_certificate_is_for_unknown_hosts_and_for_who_trusts_it,
          thumbprints_are_for_all_sites_and_a_broken_one_is_said_once, names_that_the_edge_answers_itself_are_left_out,
          regular_expressions_are_left_out_unless_the_operator_allows_them, ports_are_the_operators_to_give,
          a_port_is_in_clear_or_by_tls_but_not_both, a_port_stays_with_the_site_that_was_there_first,
          a_site_that_is_left_out_has_no_ports, http3_is_done_without_where_nginx_is_too_old,
          clients_are_verified_where_there_is_a_ca_or_where_a_container_says_so,
          files_of_the_operator_come_with_the_site, a_file_for_all_is_read_and_missed)
