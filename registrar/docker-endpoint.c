/* The Engine's URL, and what every request to it has in common. */
#include "registrar/docker-endpoint.h"

#include "common/curl-event.h"
#include "common/hostname.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>
#include <sys/un.h>

enum {
        DOCKER_PORT = 2375, /* the Engine's own defaults for tcp:// */
        DOCKER_TLS_PORT = 2376,
        QUOTE_MAX = 200,
        KEEPALIVE_IDLE_SECONDS = 30, /* a silent stream is probed: its end may have vanished without a word */
        KEEPALIVE_INTERVAL_SECONDS = 10,
};

DockerEndpoint *docker_endpoint_free(DockerEndpoint *e) {
        if (!e)
                return NULL;
        free(e->base);
        free(e->socket_path);
        free(e->ca);
        free(e->cert);
        free(e->key);
        free(e);
        return NULL;
}

/* "unix://var/run/docker.sock", companion's default, means /var/run/docker.sock too. */
static int parse_unix(DockerEndpoint *e, const char *path) {
        e->socket_path = xasprintf("%s%s", *path == '/' ? "" : "/", path);
        e->base = xstrdup("http://docker");
        return *path && strlen(e->socket_path) < sizeof((struct sockaddr_un *)NULL)->sun_path ? 0 : -EINVAL;
}

/* "host", "host:port", "[IPv6]:port", perhaps with a last slash. `standard_port` 0: the scheme's. */
static int parse_tcp(DockerEndpoint *e, const char *scheme, const char *authority, uint16_t standard_port) {
        bool bracketed = *authority == '[';
        const char *host_end = authority + strcspn(authority, bracketed ? "]" : ":/");
        uint16_t port = standard_port;

        _cleanup_free_ char *host = xstrndup(authority + bracketed, (size_t)(host_end - authority) - bracketed);
        if ((bracketed && *host_end++ != ']') || !endpoint_host_is_valid(host) || address_is_ipv6(host) != bracketed)
                return -EINVAL;
        if (*host_end == ':') {
                size_t length = strcspn(++host_end, "/");
                _cleanup_free_ char *number = xstrndup(host_end, length);
                if (parse_port(number, &port) < 0)
                        return -EINVAL;
                host_end += length;
        }
        if (*host_end == '/')
                host_end++;
        if (*host_end)
                return -EINVAL;
        _cleanup_free_ char *suffix = port > 0 ? xasprintf(":%u", port) : xstrdup("");
        e->base = bracketed ? xasprintf("%s://[%s]%s", scheme, host, suffix)
                            : xasprintf("%s://%s%s", scheme, host, suffix);
        return 0;
}

static int parse_url(DockerEndpoint *e, const char *url, bool tls) {
        if (has_prefix(url, "unix://"))
                return parse_unix(e, url + strlen("unix://"));
        if (has_prefix(url, "tcp://"))
                return parse_tcp(e, tls ? "https" : "http", url + strlen("tcp://"),
                                 tls ? DOCKER_TLS_PORT : DOCKER_PORT);
        if (has_prefix(url, "http://"))
                return parse_tcp(e, "http", url + strlen("http://"), 0);
        if (has_prefix(url, "https://"))
                return parse_tcp(e, "https", url + strlen("https://"), 0);
        return -EINVAL;
}

int docker_endpoint_parse(const char *url, const DockerTls *tls, DockerEndpoint **ret, char **ret_message) {
        _cleanup_(docker_endpoint_freep) DockerEndpoint *e = new0(DockerEndpoint);
        const char *directory = tls ? tls->directory : NULL;

        if (parse_url(e, url, directory != NULL) < 0) {
                _cleanup_free_ char *quoted = printable(url, strlen(url), QUOTE_MAX);
                *ret_message = xasprintf("\"%s\" is no address of a Docker Engine: give unix:///path, "
                                         "tcp://host:port, http://host:port or https://host:port",
                                         quoted);
                return -EINVAL;
        }
        e->verify = !directory || tls->verify;
        if (directory) {
                e->ca = xasprintf("%s/ca.pem", directory);
                e->cert = xasprintf("%s/cert.pem", directory);
                e->key = xasprintf("%s/key.pem", directory);
        }
        *ret = TAKE_PTR(e);
        return 0;
}

/* What fails here fails in the transfer, and is reported there. */
static void set_connection(const DockerEndpoint *e, CURL *easy) {
        if (e->socket_path)
                (void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, e->socket_path);
        (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)DOCKER_CONNECT_SECONDS);
        (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_SECONDS);
        (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_INTERVAL_SECONDS);
        if (e->ca) {
                (void)curl_easy_setopt(easy, CURLOPT_CAINFO, e->ca);
                (void)curl_easy_setopt(easy, CURLOPT_SSLCERT, e->cert);
                (void)curl_easy_setopt(easy, CURLOPT_SSLKEY, e->key);
        }
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, e->verify ? 1L : 0L);
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, e->verify ? 2L : 0L);
}

CURL *docker_endpoint_get(const DockerEndpoint *e, const char *path, char *error) {
        _cleanup_free_ char *url = xasprintf("%s%s", e->base, path);
        CURL *easy = curl_event_get(url, "beachhead-registrar/" BEACHHEAD_VERSION, error);

        set_connection(e, easy);
        return easy;
}

char *docker_transfer_error(const DockerEndpoint *e, CURL *easy, CURLcode result, const char *error) {
        long number = 0;

        (void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
        if (result == CURLE_COULDNT_CONNECT && e->socket_path && number > 0)
                return xasprintf("cannot connect to %s: %s", e->socket_path, strerror((int)number));
        return xstrdup(*error ? error : curl_easy_strerror(result));
}
