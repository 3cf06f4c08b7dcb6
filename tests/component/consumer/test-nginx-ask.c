/* The real nginx says which it is; where nobody does, that is said. */
#include "consumer/nginx/nginx-ask.h"

#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { LOG_MAX = 4096 };

/* What is asked, with what is logged meanwhile in `*ret_log` (owned by the caller). */
static NginxVersion ask(const char *check_command, char **ret_log) {
        char path[] = "/tmp/beachhead-ask-XXXXXX";
        int fd = mkostemp(path, O_CLOEXEC);
        sigset_t child;
        size_t size;

        (void)sigemptyset(&child);
        (void)sigaddset(&child, SIGCHLD);
        (void)sigprocmask(SIG_BLOCK, &child, NULL);
        ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
        log_setup(LOG_INFO, LOG_FORMAT_PLAIN);
        NginxVersion version = nginx_ask_version(check_command);
        ck_assert_int_eq(file_read(path, LOG_MAX, ret_log, &size), 0);
        (void)close(fd);
        (void)unlink(path);
        return version;
}

START_TEST(nginx_says_which_it_is) {
        _cleanup_free_ char *log = NULL;
        NginxVersion version = ask("nginx -t -q -c {main}", &log);

        ck_assert_uint_ge(version.number, NGINX_VERSION(1, 22, 1));
        ck_assert_str_eq(log, "");
}
END_TEST

START_TEST(where_nobody_says_it_an_old_one_is_assumed_and_that_is_said) {
        static const char *const commands[] = { "false", "/nonexistent/nginx -t", "echo nginx version:", "'" };

        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
                _cleanup_free_ char *log = NULL;
                NginxVersion version = ask(commands[i], &log);
                ck_assert_uint_eq(version.number, NGINX_VERSION(1, 22, 1));
                ck_assert(!version.has_http3);
                ck_assert_msg(strstr(log, "it is taken for 1.22.1; give its version with --nginx-version"), "%s", log);
                ck_assert_ptr_eq(strchr(log, '\n') + 1, log + strlen(log));
        }
}
END_TEST

TEST_MAIN("nginx-ask", nginx_says_which_it_is, where_nobody_says_it_an_old_one_is_assumed_and_that_is_said)
