/* A private nginx on loopback ports, and the nginx output driven against it. */
#include "tests/component/consumer/nginx-ground.h"

#include "common/file.h"
#include "common/log.h"
#include "common/timer.h"
#include "consumer/nginx/nginx.h"
#include "consumer/sites-merge.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { PATIENCE_USEC = 30 * 1000 * 1000, FILE_MAX = 16 * 1024 * 1024 };

static int listen_on_loopback(uint16_t *ret_port) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(listen(fd, 8), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
        *ret_port = ntohs(address.sin_port);
        return fd;
}

uint16_t free_port(void) {
        uint16_t port;

        (void)close(listen_on_loopback(&port));
        return port;
}

uint16_t taken_port(int *ret_fd) {
        uint16_t port;

        *ret_fd = listen_on_loopback(&port);
        return port;
}

void ground_write(const Ground *g, const char *name, const char *text) {
        _cleanup_free_ char *path = xasprintf("%s/%s", g->directory, name);

        ck_assert_int_eq(file_replace(path, text, strlen(text), 0644), 0);
}

void ground_remove(const Ground *g, const char *name) {
        _cleanup_free_ char *path = xasprintf("%s/%s", g->directory, name);

        ck_assert_int_eq(remove(path), 0);
}

char *ground_read(const char *path) {
        char *text = NULL;
        size_t size;

        return file_read(path, FILE_MAX, &text, &size) < 0 ? NULL : text;
}

void ground_write_main(const Ground *g, const char *more) {
        const char *d = g->directory;
        _cleanup_free_ char *text = xasprintf("worker_processes 1;\n"
                                              "pid %s/nginx.pid;\n"
                                              "error_log %s/logs/error.log notice;\n"
                                              "events { worker_connections 64; }\n"
                                              "http {\n"
                                              "    access_log off;\n"
                                              "    client_body_temp_path %s/tmp;\n"
                                              "    proxy_temp_path %s/tmp;\n"
                                              "    fastcgi_temp_path %s/tmp;\n"
                                              "    uwsgi_temp_path %s/tmp;\n"
                                              "    scgi_temp_path %s/tmp;\n"
                                              "    %s\n"
                                              "}\n",
                                              d, d, d, d, d, d, d, more);

        ground_write(g, "etc/nginx.conf", text);
}

static void make_directories(const Ground *g) {
        static const char *const names[] = { "etc", "etc/conf.d", "logs", "tmp", "certs", "vhost.d", "htpasswd" };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                _cleanup_free_ char *path = xasprintf("%s/%s", g->directory, names[i]);
                ck_assert_int_eq(mkdir(path, 0755), 0);
        }
}

static void log_into(const char *path) {
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
        (void)close(fd);
        log_setup(LOG_DEBUG, LOG_FORMAT_PLAIN);
}

Ground *ground_new(void) {
        Ground *g = new0(Ground);
        char directory[] = "/tmp/beachhead-nginx-XXXXXX";
        sigset_t child;

        ck_assert_ptr_nonnull(mkdtemp(directory));
        (void)sigemptyset(&child);
        (void)sigaddset(&child, SIGCHLD);
        (void)sigprocmask(SIG_BLOCK, &child, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        g->directory = xstrdup(directory);
        make_directories(g);
        g->main_path = xasprintf("%s/etc/nginx.conf", directory);
        g->live_path = xasprintf("%s/etc/conf.d/beachhead.conf", directory);
        g->pid_path = xasprintf("%s/nginx.pid", directory);
        g->error_log = xasprintf("%s/logs/error.log", directory);
        g->log_path = xasprintf("%s/logs/ours", directory);
        log_into(g->log_path);
        g->http_port = free_port();
        g->https_port = free_port();
        ground_set(g, "--nginx-conf=%s", g->live_path);
        ground_set(g, "--nginx-main=%s", g->main_path);
        ground_set(g, "--http-port=127.0.0.1:%u", g->http_port);
        ground_set(g, "--https-port=127.0.0.1:%u", g->https_port);
        ground_set(g, "--cert-dir=%s/certs", directory);
        ground_set(g, "--vhost-dir=%s/vhost.d", directory);
        ground_set(g, "--htpasswd-dir=%s/htpasswd", directory);
        ground_set(g, "--reload-interval=0");
        ground_write_main(g, "include conf.d/*.conf;");
        ck_assert_int_ge(sd_event_new(&g->event), 0);
        return g;
}

Ground *ground_with_nginx(void) {
        Ground *g = ground_new();

        ground_start_nginx(g);
        ground_start_output(g);
        return g;
}

static void sites_clear(Sites *s) {
        for (size_t i = 0; i < s->count; i++)
                (void)site_unref(s->items[i]);
        free(s->items);
        *s = (Sites){ 0 };
}

Ground *ground_free(Ground *g) {
        _cleanup_free_ char *command = xasprintf("rm -rf '%s'", g->directory);

        ground_stop_output(g);
        ground_stop_nginx(g);
        sd_event_unref(g->event);
        ck_assert_int_eq(system(command), 0);
        sites_clear(&g->sites);
        string_list_clear(&g->options);
        free(g->main_path);
        free(g->live_path);
        free(g->pid_path);
        free(g->error_log);
        free(g->log_path);
        free(g->directory);
        free(g);
        return NULL;
}

static bool nginx_is_up(Ground *g) {
        _cleanup_free_ char *pid = ground_read(g->pid_path);

        return pid && *pid;
}

void ground_start_nginx(Ground *g) {
        g->nginx = fork();
        ck_assert_int_ge(g->nginx, 0);
        if (g->nginx == 0) {
                sigset_t none;
                (void)sigemptyset(&none);
                (void)sigprocmask(SIG_SETMASK, &none, NULL);
                (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
                (void)execlp("nginx", "nginx", "-c", g->main_path, "-g", "daemon off;", NULL);
                _exit(127);
        }
        ground_run_until(g, nginx_is_up);
}

void ground_stop_nginx(Ground *g) {
        if (g->nginx == 0)
                return;
        (void)kill(g->nginx, SIGTERM);
        while (waitpid(g->nginx, NULL, 0) < 0 && errno == EINTR)
                ;
        g->nginx = 0;
}

static void on_settled(void *userdata, Output *o) {
        Ground *g = userdata;

        ck_assert_ptr_eq(o, g->output);
        g->said_settled = true;
}

void ground_set(Ground *g, const char *format, ...) {
        char *option;
        va_list arguments;

        va_start(arguments, format);
        ck_assert_int_ge(vasprintf(&option, format, arguments), 0);
        va_end(arguments);
        string_list_take(&g->options, option);
}

static void read_options(Ground *g) {
        _cleanup_free_ char **argv = xcalloc(g->options.count + 2, sizeof *argv);
        _cleanup_free_ char *message = NULL;

        argv[0] = (char *)"consumer";
        for (size_t i = 0; i < g->options.count; i++)
                argv[i + 1] = g->options.items[i];
        int r = settings_read(&g->settings, (int)g->options.count + 1, argv, &message);
        ck_assert_msg(r == 0, "%s", message);
}

void ground_start_output(Ground *g) {
        OutputHandlers handlers = { .settled = on_settled, .userdata = g };

        read_options(g);
        ck_assert_int_eq(nginx_output_class.new(&g->output, g->event, g->settings, handlers), 0);
}

void ground_stop_output(Ground *g) {
        g->output = nginx_output_class.free(g->output);
        g->settings = settings_free(g->settings);
}

/* Owns `domain` from now on. */
static Site *site_new(char *domain) {
        Location *l = new0(Location);
        Site *s = new0(Site);

        *l = (Location){ .path = xstrdup("/"), .endpoints = { .items = new0(Endpoint), .count = 1 } };
        endpoint_set(&l->endpoints.items[0], "127.0.0.1", 1);
        *s = (Site){
                .references = 1,
                .domain = domain,
                .kind = server_name_kind(domain),
                .locations = l,
                .n_locations = 1,
        };
        string_list_addf(&s->publishers, "container-of-%s", domain);
        return s;
}

void ground_set_sites(Ground *g, const char *domains) {
        Sites sites = { 0 };

        for (char *domain; (domain = next_word(&domains, " "));) {
                array_grow(sites.items, sites.count);
                sites.items[sites.count++] = site_new(domain);
        }
        sites_clear(&g->sites);
        g->sites = sites;
}

Site *ground_site(Ground *g, const char *domain) {
        for (size_t i = 0; i < g->sites.count; i++)
                if (strcmp(g->sites.items[i]->domain, domain) == 0)
                        return g->sites.items[i];
        ck_abort_msg("there is no site %s", domain);
}

void ground_choose(Ground *g, const char *domain, EdgeSetting setting, const char *text) {
        const char *rule;

        ck_assert_int_eq(edge_settings_set(&ground_site(g, domain)->shape.settings, setting, text, &rule), 0);
}

/* What it says may still be about the change before. */
static bool has_said_settled(Ground *g) {
        return g->said_settled && ground_is_settled(g);
}

OutputState ground_apply(Ground *g) {
        g->said_settled = false;
        g->output->class->apply(g->output, &g->sites);
        if (!ground_is_settled(g))
                ground_run_until(g, has_said_settled);
        return g->output->class->state(g->output);
}

void ground_run_until(Ground *g, GroundCondition *condition) {
        for (uint64_t end = now_usec() + PATIENCE_USEC; !condition(g);) {
                ck_assert_msg(now_usec() < end, "in vain: see %s", g->log_path);
                ck_assert_int_ge(sd_event_run(g->event, 10 * 1000), 0);
        }
}

bool ground_is_settled(Ground *g) {
        return g->output->class->state(g->output) != OUTPUT_BUSY;
}

bool ground_is_done(Ground *g) {
        return g->output->class->state(g->output) == OUTPUT_DONE;
}

int ground_status(const Ground *g, const char *host) {
        return ground_status_at(g, host, "/");
}

int ground_status_at(const Ground *g, const char *host, const char *path) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                       .sin_port = htons(g->http_port) };
        _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        _cleanup_free_ char *request = xasprintf("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host);
        char answer[64] = "";
        int status = 0;

        if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
                return 0;
        ck_assert_int_gt(write(fd, request, strlen(request)), 0);
        for (size_t size = 0; size < 12;) {
                ssize_t n = read(fd, answer + size, sizeof answer - 1 - size);
                if (n <= 0)
                        return 0;
                size += (size_t)n;
        }
        ck_assert_int_eq(sscanf(answer, "HTTP/1.1 %d", &status), 1);
        return status;
}

static int count(const char *path, const char *words) {
        _cleanup_free_ char *text = ground_read(path);
        int n = 0;

        for (const char *found = text; found && (found = strstr(found, words)); found++)
                n++;
        return n;
}

int ground_count_reloads(const Ground *g) {
        return count(g->error_log, "signal 1 (SIGHUP) received");
}

int ground_count_logged(const Ground *g, const char *words) {
        return count(g->log_path, words);
}

bool ground_has_logged(const Ground *g, const char *words) {
        return ground_count_logged(g, words) > 0;
}

char *ground_describe(const Ground *g) {
        return g->output->class->describe(g->output);
}

void ground_assert_described(const Ground *g, const char *words) {
        _cleanup_free_ char *phrase = ground_describe(g);

        ck_assert_msg(strstr(phrase, words), "no \"%s\" in: %s", words, phrase);
}

void ground_assert_disk_is_good(const Ground *g) {
        _cleanup_free_ char *command = xasprintf(
                "nginx -t -q -c %s 2>/dev/null && test -z \"$(find %s/etc -name '.*')\"", g->main_path, g->directory);

        ck_assert_int_eq(system(command), 0);
}
