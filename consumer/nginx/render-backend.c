/* How a request is handed on to the backend. */
#include "consumer/nginx/render-backend.h"

#include <ctype.h>
#include <string.h>

/* What the directives of a protocol begin with. */
typedef enum Family { PROXY, GRPC, UWSGI, FASTCGI } Family;

static const char *const family_names[] = {
        [PROXY] = "proxy", [GRPC] = "grpc", [UWSGI] = "uwsgi", [FASTCGI] = "fastcgi"
};

static const struct {
        Family family;
        const char *scheme;
        bool tls;
} protocols[_PROTOCOL_COUNT] = {
        [PROTOCOL_HTTP] = { PROXY, "http://", false },   [PROTOCOL_HTTPS] = { PROXY, "https://", true },
        [PROTOCOL_GRPC] = { GRPC, "grpc://", false },    [PROTOCOL_GRPCS] = { GRPC, "grpcs://", true },
        [PROTOCOL_UWSGI] = { UWSGI, "uwsgi://", false }, [PROTOCOL_FASTCGI] = { FASTCGI, "", false },
};

static const struct {
        EdgeSetting setting;
        const char *directives[4]; /* by family */
} timeouts[] = {
        { EDGE_CONNECT_TIMEOUT,
          { "proxy_connect_timeout", "grpc_connect_timeout", "uwsgi_connect_timeout", "fastcgi_connect_timeout" } },
        { EDGE_READ_TIMEOUT,
          { "proxy_read_timeout", "grpc_read_timeout", "uwsgi_read_timeout", "fastcgi_read_timeout" } },
        { EDGE_SEND_TIMEOUT,
          { "proxy_send_timeout", "grpc_send_timeout", "uwsgi_send_timeout", "fastcgi_send_timeout" } },
};

/* What a backend is told about the request beside the client's own headers, and what it must not believe from them.
 * Host: the name that chose the server (which an absolute request target may name as well) with the client's port. */
static const struct {
        const char *name, *value;
} headers[] = {
        { "Host", "$host$beachhead_port" },
        { "X-Real-IP", "$remote_addr" },
        { "X-Forwarded-For", "$proxy_add_x_forwarded_for" },
        { "X-Forwarded-Host", "$beachhead_forwarded_host" },
        { "X-Forwarded-Proto", "$beachhead_forwarded_proto" },
        { "X-Forwarded-Ssl", "$beachhead_forwarded_ssl" },
        { "X-Forwarded-Port", "$beachhead_forwarded_port" },
        { "X-Original-URI", "$request_uri" },
        { "Proxy", "\"\"" },
};

#define BOTH (1u << UWSGI | 1u << FASTCGI)

/* As nginx ships them in uwsgi_params and fastcgi_params, which an nginx somewhere else may lack. SERVER_NAME is the
 * name of the request: that of the server may be a pattern. */
static const struct {
        const char *name, *value;
        unsigned families; /* 1u << Family */
} parameters[] = {
        { "QUERY_STRING", "$query_string", BOTH },
        { "REQUEST_METHOD", "$request_method", BOTH },
        { "CONTENT_TYPE", "$content_type", BOTH },
        { "CONTENT_LENGTH", "$content_length", BOTH },
        { "REQUEST_URI", "$request_uri", BOTH },
        { "DOCUMENT_ROOT", "$document_root", BOTH },
        { "SERVER_PROTOCOL", "$server_protocol", BOTH },
        { "REQUEST_SCHEME", "$scheme", BOTH },
        { "HTTPS", "$https if_not_empty", BOTH },
        { "REMOTE_ADDR", "$remote_addr", BOTH },
        { "REMOTE_PORT", "$remote_port", BOTH },
        { "SERVER_PORT", "$server_port", BOTH },
        { "SERVER_NAME", "$host", BOTH },
        { "PATH_INFO", "$document_uri", 1u << UWSGI },
        { "SCRIPT_FILENAME", "$document_root$fastcgi_script_name", 1u << FASTCGI },
        { "SCRIPT_NAME", "$fastcgi_script_name", 1u << FASTCGI },
        { "DOCUMENT_URI", "$document_uri", 1u << FASTCGI },
        { "GATEWAY_INTERFACE", "CGI/1.1", 1u << FASTCGI },
        { "SERVER_SOFTWARE", "nginx", 1u << FASTCGI },
        { "SERVER_ADDR", "$server_addr", 1u << FASTCGI },
        { "REMOTE_USER", "$remote_user", 1u << FASTCGI },
        { "REDIRECT_STATUS", "200", 1u << FASTCGI },
};

static void set_from(const Block *b, const char *directive, const EdgeSettings *e, EdgeSetting setting) {
        if (!edge_settings_has(e, setting))
                return;
        _cleanup_free_ char *value = edge_settings_text(e, setting);
        block_set(b, directive, value);
}

/* `defaults`: what is set around it already, or NULL. */
static void set_timeouts(const Block *b, Family family, const EdgeSettings *e, const EdgeSettings *defaults) {
        for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++)
                if (!defaults || !edge_settings_agree(e, defaults, timeouts[i].setting))
                        set_from(b, timeouts[i].directives[family], e, timeouts[i].setting);
}

/* An operator who sets a header sets them all, as nginx has it between its own levels. */
static void set_headers(const Block *b, const char *directive) {
        if (block_has(b, directive))
                return;
        for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
                block_add(b, directive, headers[i].name, headers[i].value);
}

static void set_defaults(const Block *server, const EdgeSettings *settings) {
        set_from(server, "client_max_body_size", settings, EDGE_BODY_MAX);
        set_timeouts(server, PROXY, settings, NULL);
        block_set(server, "proxy_next_upstream", "error timeout");
        block_set(server, "proxy_http_version", "1.1");
        if (!block_has(server, "proxy_set_header")) {
                block_line(server, "proxy_set_header Upgrade $http_upgrade;");
                block_line(server, "proxy_set_header Connection $beachhead_connection;");
        }
        set_headers(server, "proxy_set_header");
}

void backend_set_defaults(const Block *server, const EdgeSettings *settings) {
        Block everywhere = block_new(server->text, server->references, server->policy, server->policy->proxy_conf);
        Block here = *server;

        here.outer = &everywhere;
        set_defaults(&here, settings);
}

/* "HTTP_X_REAL_IP": how a header is called among the parameters of uwsgi and FastCGI, where it replaces the client's.
 */
static char *parameter_name(const char *header) {
        char *name = xasprintf("HTTP_%s", header);

        for (char *c = name; *c; c++) {
                *c = (char)toupper((unsigned char)*c);
                if (*c == '-')
                        *c = '_';
        }
        return name;
}

/* Those of an operator's file come on top. */
static void set_parameters(const Block *b, Family family) {
        const char *directive = family == FASTCGI ? "fastcgi_param" : "uwsgi_param";

        for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
                if (parameters[i].families & 1u << family)
                        block_add(b, directive, parameters[i].name, parameters[i].value);
        for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
                _cleanup_free_ char *parameter = parameter_name(headers[i].name);
                block_add(b, directive, parameter, headers[i].value);
        }
}

/* What runs in a container shows a certificate that it has signed itself, or one for the outside name; it is not
 * verified, and told that name. nginx before 1.23.4 leaves out TLS 1.3 unless told. */
static void set_tls(const Block *b, Family family, const Site *site) {
        const struct {
                const char *suffix, *value;
        } settings[] = {
                { "protocols", "TLSv1.2 TLSv1.3" },
                { "server_name", "on" },
                { "name", site->kind == SERVER_NAME_EXACT ? site->domain : "$host" },
        };

        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
                _cleanup_free_ char *directive = xasprintf("%s_ssl_%s", family_names[family], settings[i].suffix);
                block_set(b, directive, settings[i].value);
        }
}

static void set_fastcgi(const Block *b, const Upstream *u) {
        const EdgeSettings *e = u->settings;

        block_set(b, "root", edge_settings_has(e, EDGE_ROOT) ? e->root : "/var/www/public");
        if (upstream_is_kept(u))
                block_set(b, "fastcgi_keep_conn", "on");
}

/* nginx can replace the path in a location of a prefix, and for HTTP, alone. */
static void set_pass(const Block *b, const Upstream *u) {
        Protocol protocol = upstream_protocol(u);
        Family family = protocols[protocol].family;
        bool replaced = u->location->dest && u->location->path[0] == '/' && family == PROXY;
        _cleanup_text_ Text name = { 0 };

        upstream_append_name(&name, u);
        block_linef(b, "%s_pass %s%s%s;", family_names[family], protocols[protocol].scheme, name.data,
                    replaced ? u->location->dest : "");
}

void backend_set(const Block *location, const Upstream *u, const EdgeSettings *defaults) {
        Protocol protocol = upstream_protocol(u);
        Family family = protocols[protocol].family;

        if (!edge_settings_agree(u->settings, defaults, EDGE_BODY_MAX))
                set_from(location, "client_max_body_size", u->settings, EDGE_BODY_MAX);
        set_timeouts(location, family, u->settings, family == PROXY ? defaults : NULL);
        if (protocols[protocol].tls)
                set_tls(location, family, u->site);
        if (family == GRPC)
                set_headers(location, "grpc_set_header");
        if (family == FASTCGI)
                set_fastcgi(location, u);
        if (family == UWSGI || family == FASTCGI)
                set_parameters(location, family);
        set_pass(location, u);
}
