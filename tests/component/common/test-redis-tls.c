/* rediss:// against a real Redis with TLS: only the right server is believed. A build whose hiredis has no TLS says so
 * before anything connects. */
#include "common/redis-settings.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

#if !HAVE_HIREDIS_SSL

START_TEST(a_build_without_tls_says_so_and_what_to_do) {
        RedisSettings settings = { .url = (char *)"rediss://redis.example.org", .host = (char *)"localhost" };
        _cleanup_free_ char *message = NULL;
        RedisUrl *url = NULL;

        ck_assert_int_eq(redis_settings_resolve(&settings, &url, &message), -EOPNOTSUPP);
        ck_assert_ptr_null(url);
        ck_assert_ptr_nonnull(strstr(message, "needs a hiredis with TLS (1.0 or newer, as in Debian 13)"));
        ck_assert_ptr_nonnull(strstr(message, "Use redis:// over a private network or a tunnel, or unix://"));
}
END_TEST

TEST_MAIN("redis-tls", a_build_without_tls_says_so_and_what_to_do)

#else

#include "common/redis-link.h"
#include "tests/component/redis-server.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
        STEP_SECONDS = 30,      /* for anything to become true */
        BIG = 16 * 1024 * 1024, /* more than a socket takes at once */
};

typedef struct Fixture {
        char directory[32]; /* of the certificates */
        char *ca, *certificate, *key;
        RedisServer server;
        char *port;
        sd_event *event;
        RedisUrl *url;
        RedisLink *link;
        bool up, answered;
        char *error;         /* why it went down last */
        const char *awaited; /* words of such an error */
} Fixture;

/* ---- certificates ---- */

/* NAME.crt and NAME.key, for the names of an extension; signed by itself or by a CA made so before. */
static void make_certificate(Fixture *f, const char *name, const char *names, const char *ca) {
        _cleanup_free_ char *signer = ca ? xasprintf("-CA %s.crt -CAkey %s.key", ca, ca) : xstrdup("");
        _cleanup_free_ char *command =
                xasprintf("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
                          "-nodes -keyout %s.key -out %s.crt -days 1 -subj /CN=%s "
                          "-addext subjectAltName=%s %s 2>openssl.log",
                          f->directory, name, name, name, names, signer);

        ck_assert_int_eq(system(command), 0);
}

static char *path_of(const Fixture *f, const char *name) {
        return xasprintf("%s/%s", f->directory, name);
}

static void trust(const Fixture *f, const char *name) {
        _cleanup_free_ char *path = path_of(f, name);

        ck_assert_int_eq(setenv("SSL_CERT_FILE", path, 1), 0);
        ck_assert_int_eq(setenv("SSL_CERT_DIR", f->directory, 1), 0);
}

/* ---- a server and a link ---- */

/* A port that was free a moment ago. */
static char *free_port(void) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
        (void)close(fd);
        return xasprintf("%u", ntohs(address.sin_port));
}

static Fixture *set_up(void) {
        Fixture *f = new0(Fixture);

        (void)snprintf(f->directory, sizeof f->directory, "/tmp/beachhead-tls.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(f->directory));
        f->ca = path_of(f, "ca.crt");
        f->certificate = path_of(f, "redis.crt");
        f->key = path_of(f, "redis.key");
        f->port = free_port();
        ck_assert_int_ge(sd_event_new(&f->event), 0);
        make_certificate(f, "ca", "DNS:ca", NULL);
        return f;
}

/* On one of the addresses that localhost may have. */
static void start_server(Fixture *f, const char *wants_clients) {
        const char *options[] = {
                "--bind",         "127.0.0.1", "--tls-port",         f->port, "--tls-cert-file",    f->certificate,
                "--tls-key-file", f->key,      "--tls-ca-cert-file", f->ca,   "--tls-auth-clients", wants_clients,
        };

        memcpy(f->server.options, options, sizeof options);
        redis_server_start(&f->server);
}

static void on_up(void *userdata) {
        Fixture *f = userdata;

        f->up = true;
}

static void on_down(void *userdata, const char *error) {
        Fixture *f = userdata;

        f->up = false;
        REPLACE_PTR(f->error, xstrdup(error));
}

static void start_link(Fixture *f, const char *host) {
        _cleanup_free_ char *text = xasprintf("rediss://default:sesame@%s:%s/3", host, f->port), *message = NULL;
        RedisSettings settings = { .url = text, .host = (char *)"localhost" };

        ck_assert_msg(redis_settings_resolve(&settings, &f->url, &message) == 0, "%s", message);
        redis_link_new(&f->link, f->event, f->url, (RedisLinkHandlers){ .up = on_up, .down = on_down, .userdata = f });
}

static void end_link(Fixture *f) {
        f->link = redis_link_free(f->link);
        f->url = redis_url_free(f->url);
        f->up = false;
        free(TAKE_PTR(f->error));
}

static void tear_down(Fixture *f) {
        _cleanup_free_ char *command = xasprintf("rm -r %s", f->directory);

        end_link(f);
        redis_server_stop(&f->server);
        ck_assert_int_eq(system(command), 0);
        f->event = sd_event_unref(f->event);
        free(f->port);
        free(f->ca);
        free(f->certificate);
        free(f->key);
        free(f);
}

/* With a server on localhost that is what it says it is, and a link to it. */
static Fixture *set_up_trusted(const char *wants_clients) {
        Fixture *f = set_up();

        make_certificate(f, "redis", "DNS:localhost", "ca");
        trust(f, "ca.crt");
        start_server(f, wants_clients);
        start_link(f, "localhost");
        return f;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        Fixture *f = userdata;

        (void)source, (void)usec;
        ck_abort_msg("it did not become true in time; the link was last down for: %s", f->error ? f->error : "-");
        return 0;
}

static void run_until(Fixture *f, bool (*until)(const Fixture *f)) {
        sd_event_source *limit = NULL;

        ck_assert_int_ge(sd_event_add_time_relative(f->event, &limit, CLOCK_MONOTONIC, STEP_SECONDS * 1000000ULL, 0,
                                                    on_timeout, f),
                         0);
        while (!until(f))
                ck_assert_int_ge(sd_event_run(f->event, UINT64_MAX), 0);
        limit = sd_event_source_disable_unref(limit);
}

static bool is_up(const Fixture *f) {
        return f->up;
}

static bool is_down(const Fixture *f) {
        return !f->up;
}

static bool is_answered(const Fixture *f) {
        return f->answered;
}

static bool is_awaited_error(const Fixture *f) {
        return f->error && strstr(f->error, f->awaited);
}

static void assert_refused(Fixture *f, const char *words) {
        f->awaited = words;
        run_until(f, is_awaited_error);
        ck_assert(!f->up);
}

/* ---- tests ---- */

static bool has_seen_a_password(const Fixture *f) {
        redisContext *c = redis_server_connect(&f->server);
        redisReply *reply = redisCommand(c, "INFO commandstats");
        bool seen = strstr(reply->str, "cmdstat_auth");

        freeReplyObject(reply);
        redisFree(c);
        return seen;
}

static void on_big_reply(void *userdata, redisReply *reply) {
        Fixture *f = userdata;

        ck_assert_msg(reply && reply->type == REDIS_REPLY_STRING, "%s", reply ? reply->str : "the link went down");
        ck_assert_uint_eq(reply->len, BIG);
        f->answered = true;
}

/* After every event, as libcurl or the check of a certificate may. */
static int leave_an_error(sd_event_source *source, void *userdata) {
        (void)source, (void)userdata;
        ERR_raise(ERR_LIB_PEM, ERR_R_PASSED_INVALID_ARGUMENT);
        return 0;
}

START_TEST(the_right_server_is_believed_by_name_and_by_address) {
        static const char *const hosts[] = { "localhost", "127.0.0.1" };
        _cleanup_free_ char *big = xcalloc(BIG + 1, 1);
        Fixture *f = set_up();
        sd_event_source *others = NULL;

        memset(big, 'x', BIG);
        make_certificate(f, "redis", "DNS:localhost,IP:127.0.0.1", "ca");
        trust(f, "ca.crt");
        start_server(f, "no");
        for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
                start_link(f, hosts[i]);
                run_until(f, is_up);
                ck_assert_int_ge(sd_event_add_post(f->event, &others, leave_an_error, NULL), 0);
                redis_link_call(f->link, NULL, NULL, "SET", "big", big, NULL);
                redis_link_call(f->link, on_big_reply, f, "GET", "big", NULL);
                f->answered = false;
                run_until(f, is_answered);
                others = sd_event_source_disable_unref(others);
                ck_assert_ptr_null(f->error);
                ck_assert(has_seen_a_password(f));
                end_link(f);
        }
        tear_down(f);
}
END_TEST

START_TEST(a_wrong_server_is_refused_and_told_no_password) {
        static const struct {
                const char *host, *names, *ca, *trusted, *words;
        } cases[] = {
                { "localhost", "DNS:localhost", "ca", "other.crt", "self-signed certificate in certificate chain" },
                { "localhost", "DNS:localhost", "ca", "no-such-file", "$SSL_CERT_FILE" },
                { "localhost", "DNS:localhost", NULL, "ca.crt", "self-signed certificate" },
                { "localhost", "DNS:redis.example.org", "ca", "ca.crt", "hostname mismatch" },
                { "localhost", "IP:127.0.0.1", "ca", "ca.crt", "hostname mismatch" },
                { "127.0.0.1", "DNS:localhost", "ca", "ca.crt", "IP address mismatch" },
                { "127.0.0.1", "IP:127.0.0.2", "ca", "ca.crt", "IP address mismatch" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *refused = xasprintf("the certificate of %s is refused", cases[i].host);
                Fixture *f = set_up();
                make_certificate(f, "other", "DNS:other", NULL);
                make_certificate(f, "redis", cases[i].names, cases[i].ca);
                trust(f, cases[i].trusted);
                start_server(f, "no");
                start_link(f, cases[i].host);
                assert_refused(f, refused);
                ck_assert_msg(strstr(f->error, cases[i].words), "case %zu: %s", i, f->error);
                ck_assert(!has_seen_a_password(f));
                tear_down(f);
        }
}
END_TEST

START_TEST(a_ca_that_is_added_counts_without_a_restart) {
        Fixture *f = set_up();
        _cleanup_free_ char *from = path_of(f, "ca.crt"), *to = path_of(f, "system.crt");

        make_certificate(f, "redis", "DNS:localhost", "ca");
        trust(f, "system.crt");
        start_server(f, "no");
        start_link(f, "localhost");
        assert_refused(f, "$SSL_CERT_FILE");
        ck_assert_int_eq(link(from, to), 0);
        run_until(f, is_up);
        tear_down(f);
}
END_TEST

START_TEST(a_server_that_comes_back_is_found_again) {
        Fixture *f = set_up_trusted("no");

        run_until(f, is_up);
        redis_server_kill(&f->server);
        run_until(f, is_down);
        ck_assert_str_eq(f->error, "Server closed the connection");
        redis_server_launch(&f->server);
        run_until(f, is_up);
        tear_down(f);
}
END_TEST

START_TEST(a_server_that_wants_a_client_certificate_is_named_with_the_way_out) {
        Fixture *f = set_up_trusted("yes");

        assert_refused(f, "set tls-auth-clients to no or optional");
        tear_down(f);
}
END_TEST

START_TEST(a_port_without_tls_is_asked_about) {
        Fixture *f = set_up();
        const char *options[] = { "--port", f->port };

        memcpy(f->server.options, options, sizeof options);
        redis_server_start(&f->server);
        start_link(f, "127.0.0.1");
        assert_refused(f, "TLS");
        tear_down(f);
}
END_TEST

TEST_MAIN("redis-tls", the_right_server_is_believed_by_name_and_by_address,
          a_wrong_server_is_refused_and_told_no_password, a_ca_that_is_added_counts_without_a_restart,
          a_server_that_comes_back_is_found_again, a_server_that_wants_a_client_certificate_is_named_with_the_way_out,
          a_port_without_tls_is_asked_about)

#endif
