/* What stands on disk for a site is found, is read again only when it changes, and is complained about once. */
#include "common/file.h"
#include "common/log.h"
#include "consumer/nginx/vhosts.h"
#include "tests/unit/check-main.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static char directory[] = "/tmp/beachhead-vhosts-XXXXXX";
static Site sites_items[] = {
        { .domain = (char *)"a.example.org", .shape = { .https = true } },
        { .domain = (char *)"only.example.org", .shape = { .https = true, .plain = PLAIN_REDIRECT_OR_REFUSE } },
        { .domain = (char *)"plain.example.org" },
};
static const Sites sites = { .items = sites_items, .count = 3 };

static NginxPolicy begin(void) {
        ck_assert_ptr_nonnull(mkdtemp(directory));
        _cleanup_free_ char *log = xasprintf("%s/log", directory);
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
        (void)close(fd);
        log_setup(LOG_WARNING, LOG_FORMAT_PLAIN);
        return (NginxPolicy){ .cert_dir = directory, .vhost_dir = directory };
}

static void end(void) {
        _cleanup_free_ char *command = xasprintf("rm -rf '%s'", directory);

        ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *name, const char *text) {
        _cleanup_free_ char *path = xasprintf("%s/%s", directory, name);

        ck_assert_int_eq(file_replace(path, text, strlen(text), 0600), 0);
}

static void make_certificate(const char *name) {
        _cleanup_free_ char *command =
                xasprintf("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
                          "-subj /CN=%s -addext subjectAltName=DNS:%s -keyout %s/%s.key -out %s/%s.crt 2>/dev/null",
                          name, name, directory, name, directory, name);

        ck_assert_int_eq(system(command), 0);
}

static int count_logged(const char *words) {
        _cleanup_free_ char *path = xasprintf("%s/log", directory), *text = NULL;
        size_t size;
        int n = 0;

        ck_assert_int_eq(file_read(path, 1 << 20, &text, &size), 0);
        for (const char *found = text; (found = strstr(found, words)); found++)
                n++;
        return n;
}

START_TEST(a_certificate_is_found_and_its_change_is_noticed) {
        NginxPolicy policy = begin();
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(directory);

        make_certificate("a.example.org");
        make_certificate("plain.example.org");
        _cleanup_(vhosts_freep) Vhosts *first = vhosts_new(&sites, certificates, &policy);
        ck_assert_ptr_nonnull(first->items[0].certificate);
        ck_assert_ptr_null(first->items[1].certificate);
        ck_assert_ptr_null(first->items[2].certificate); /* asks for no HTTPS */

        _cleanup_(vhosts_freep) Vhosts *same = vhosts_new(&sites, certificates, &policy);
        ck_assert_str_eq(first->items[0].certificate->digest, same->items[0].certificate->digest);
        make_certificate("a.example.org");
        _cleanup_(vhosts_freep) Vhosts *renewed = vhosts_new(&sites, certificates, &policy);
        ck_assert_str_ne(first->items[0].certificate->digest, renewed->items[0].certificate->digest);
        end();
}
END_TEST

START_TEST(what_is_wrong_with_a_certificate_is_said_once) {
        NginxPolicy policy = begin();
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(directory);

        write_file("a.example.org.crt", "no certificate");
        write_file("a.example.org.key", "no key");
        for (int i = 0; i < 3; i++) {
                _cleanup_(vhosts_freep) Vhosts *v = vhosts_new(&sites, certificates, &policy);
                ck_assert_ptr_null(v->items[0].certificate);
                certificates_forget_unused(certificates);
        }
        ck_assert_int_eq(count_logged("a.example.org"), 2 /* one line names it, and its file */);
        ck_assert_int_eq(count_logged("served without HTTPS"), 1);
        ck_assert_int_eq(count_logged("asks for HTTPS alone, answered 503 until"), 1);
        end();
}
END_TEST

START_TEST(an_include_is_read_and_one_that_cannot_be_is_left_to_nginx) {
        NginxPolicy policy = begin();
        _cleanup_(certificates_freep) Certificates *certificates = certificates_new(NULL);
        _cleanup_free_ char *path = xasprintf("%s/only.example.org", directory);

        write_file("a.example.org", "allow all;\n");
        ck_assert_int_eq(mkdir(path, 0700), 0);
        _cleanup_(vhosts_freep) Vhosts *v = vhosts_new(&sites, certificates, &policy);
        ck_assert_str_eq(v->items[0].include_text, "allow all;\n");
        ck_assert_str_eq(v->items[1].include_path, path);
        ck_assert_str_eq(v->items[1].include_text, "");
        ck_assert_ptr_null(v->items[2].include_path);

        write_file("a.example.org", "deny all;\n");
        _cleanup_(vhosts_freep) Vhosts *w = vhosts_new(&sites, certificates, &policy);
        ck_assert_str_ne(v->items[0].include_digest, w->items[0].include_digest);
        ck_assert_str_eq(v->items[1].include_digest, w->items[1].include_digest);
        end();
}
END_TEST

TEST_MAIN("vhosts", a_certificate_is_found_and_its_change_is_noticed, what_is_wrong_with_a_certificate_is_said_once,
          an_include_is_read_and_one_that_cannot_be_is_left_to_nginx)
