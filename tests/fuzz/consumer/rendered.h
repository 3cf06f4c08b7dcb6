/* The strictest reader of rendered configuration: a statement a line, indented by its block, and of each block only
 * the lines that are listed here, down to every character of their arguments. It knows what the renderer may write,
 * but shares no code with it. */
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include "common/text.h"
#include "consumer/nginx/conf-syntax.h"
#include "consumer/nginx/vhosts.h"

#include <pcre2.h>
#include <stdio.h>
#include <string.h>

enum {
        DEPTH_MAX = 4,
        NGINX_WORD_MAX = 4095, /* bytes, escapes included */
};

/* A block, and a bit, so that a line can be one of several. */
typedef enum Where {
        HTTP = 1 << 0,
        MAP = 1 << 1,
        UPSTREAM = 1 << 2,
        SERVER = 1 << 3,
        LOCATION = 1 << 4,
        IF = 1 << 5,
} Where;

/* What more there is to see to than how the line looks. */
typedef enum Matter {
        NOTHING,
        ENDPOINT,
        UPSTREAM_NAME,
        PASSED_ON,
        SERVER_START,
        LISTENING,
        SERVER_NAMED,
} Matter;

typedef struct Rule {
        unsigned where;
        const char *pattern; /* of the whole statement; its first group makes lines of the rule differ */
        Where opens;         /* 0: no block */
        Matter matter;
} Rule;

#define QUOTED "\"(?:[ !#-\\[\\]-~]|\\\\[\"\\\\])*\""
#define REGEX(before) "\"" before "\\(\\*LIMIT_MATCH=10000\\)(?:[!#-\\[\\]-~]|\\\\[\"\\\\])+\""
#define FILE_OF_OURS "\"/files/[a-z0-9.-]+\""
#define ADDRESS "(?:[0-9.]+|[0-9a-f:.]+)"
#define NETWORK ADDRESS "(?:/[0-9]+)?"
#define DOMAIN "(?:[a-z0-9_.*-]+|\\[[0-9a-f:.]+\\])"
#define PATH "/[A-Za-z0-9/._~!&()+,=:@-]*"
#define PORT "[1-9][0-9]{0,4}"
#define TIME "[1-9][0-9]*(?:ms|[smhd])"
#define UPSTREAM_PATTERN "[~a-z0-9_.*-]+\\.(?:http|tls)(?:\\.[0-9a-f]{40})?(?:\\.kept)?\\.beachhead"
#define SOCKET "(?:\\[::\\]:)?" PORT
#define VARIABLES                                                                                                     \
        "(?:\\$(?:host|scheme|https|remote_addr|remote_port|remote_user|server_addr|server_port|server_protocol|"     \
        "query_string|request_method|request_uri|content_type|content_length|document_root|document_uri|"             \
        "fastcgi_script_name|http_upgrade|proxy_add_x_forwarded_for|proxy_protocol_server_port|"                      \
        "http_x_forwarded_(?:host|proto|port)|"                                                                       \
        "beachhead_(?:connection|idle|port|host_port|forwarded_(?:host|proto|ssl|port)))(?![a-z0-9_]))+"
#define THUMBPRINT "[A-Za-z0-9_-]{43}"
#define HASH_KEY "\\$(?:request_uri|uri|args|host|remote_addr|binary_remote_addr|(?:cookie|http|arg)_[a-z0-9_]+)"

static const Rule rules[] = {
        /* before all servers */
        { HTTP, "server_names_hash_bucket_size (?:128|256|512);", 0, NOTHING },
        { HTTP, "set_real_ip_from (" NETWORK ");", 0, NOTHING },
        { HTTP, "real_ip_header (?:proxy_protocol|X-Forwarded-For);", 0, NOTHING },
        { HTTP, "real_ip_recursive on;", 0, NOTHING },
        { HTTP, "resolver [0-9.]+;", 0, NOTHING },
        { HTTP, "log_format beachhead escape=json " QUOTED ";", 0, NOTHING },
        { HTTP, "map (?:\"[^\"\\\\]*\"|\\$[a-z_]+) (\\$beachhead_[a-z_]+) \\{", MAP, NOTHING },
        { HTTP, "geo (?:\\$realip_remote_addr )?(\\$beachhead_[a-z_]+) \\{", MAP, NOTHING },
        { MAP, "hostnames;", 0, NOTHING },
        { MAP, "default (?:[0-9]|close|upgrade|off|\"\"|\\$request_filename|" THUMBPRINT "|" VARIABLES ");", 0,
          NOTHING },
        { MAP, "(" NETWORK ") 1;", 0, NOTHING },
        { MAP, "\\.kept\\.beachhead \"\";", 0, NOTHING },
        { MAP, "https on;", 0, NOTHING },
        { MAP, "\"\" \\$beachhead_idle;", 0, NOTHING },
        { MAP, "\"~\\^1:\\.\" " VARIABLES ";", 0, NOTHING },
        { MAP, "\"\" /;", 0, NOTHING },
        { MAP, "\"~\\^\\\\\\\\Q(" DOMAIN ")\\\\\\\\E\\$\" " THUMBPRINT ";", 0, NOTHING },
        { MAP,
          "\\Q\"~^(?<beachhead_account>[^/]+)/\\\\.well-known/acme-challenge/(?<beachhead_token>[A-Za-z0-9_-]{1,255})"
          "\\\\z\" $beachhead_token.$beachhead_account;\\E",
          0, NOTHING },
        { MAP, "\"~\\(\\?<beachhead_host_port>:\\[0-9\\]\\+\\)\\$\" \\$beachhead_host_port;", 0, NOTHING },

        /* of a site: its upstreams */
        { HTTP, "upstream (" UPSTREAM_PATTERN ") \\{", UPSTREAM, UPSTREAM_NAME },
        { UPSTREAM, "(?:least_conn|ip_hash|random(?: two(?: least_conn)?)?|hash " HASH_KEY "(?: consistent)?);", 0,
          NOTHING },
        { UPSTREAM, "server ((?:[A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:.]+\\]):" PORT ") max_fails=1 fail_timeout=1s;", 0,
          ENDPOINT },
        { UPSTREAM, "keepalive [1-9][0-9]*;", 0, NOTHING },

        /* its servers */
        { HTTP, "server \\{", SERVER, SERVER_START },
        { SERVER, "listen (" SOCKET "(?: ssl)?)(?: http2)?(?: default_server)?(?: proxy_protocol)?;", 0, LISTENING },
        { SERVER, "listen (" SOCKET " quic)(?: reuseport| default_server)?;", 0, LISTENING },
        { SERVER, "http2 (?:on|off);", 0, NOTHING },
        { SERVER, "server_name (" DOMAIN "|" REGEX("~") ");", 0, SERVER_NAMED },
        { SERVER, "server_tokens (?:on|off);", 0, NOTHING },
        { SERVER, "access_log (?:off|\"/var/log/nginx/access\\.log\" beachhead);", 0, NOTHING },
        { SERVER, "error_page 500 502 503 504 /50x\\.html;", 0, NOTHING },
        { SERVER,
          "ssl_(certificate|certificate_key|dhparam|trusted_certificate|client_certificate|crl) " FILE_OF_OURS ";", 0,
          NOTHING },
        { SERVER, "ssl_(stapling|stapling_verify|prefer_server_ciphers|session_tickets|reject_handshake) (?:on|off);",
          0, NOTHING },
        { SERVER, "ssl_session_cache shared:beachhead:10m;", 0, NOTHING },
        { SERVER, "ssl_protocols TLSv1[TLSv123. ]*;", 0, NOTHING },
        { SERVER, "ssl_ciphers [A-Z0-9:@=-]+;", 0, NOTHING },
        { SERVER, "ssl_verify_client (?:on|optional|optional_no_ca);", 0, NOTHING },
        { SERVER, "if \\(\\$beachhead_asker = 0\\) \\{", IF, NOTHING },
        { IF, "return 403;", 0, NOTHING },
        { IF, "return 200 \\$beachhead_challenge;", 0, NOTHING },
        { SERVER, "proxy_next_upstream error timeout;", 0, NOTHING },
        { SERVER, "proxy_http_version 1\\.1;", 0, NOTHING },
        { SERVER | LOCATION, "client_max_body_size [0-9]+[kmg]?;", 0, NOTHING },
        { SERVER | LOCATION, "proxy_(connect|read|send)_timeout " TIME ";", 0, NOTHING },
        { SERVER, "proxy_set_header ([A-Za-z-]+) (?:\"\"|" VARIABLES ");", 0, NOTHING },
        { SERVER | LOCATION,
          "add_header (Strict-Transport-Security) \"max-age=[0-9]+(?:; includeSubDomains)?(?:; preload)?\" always;", 0,
          NOTHING },
        { SERVER | LOCATION, "add_header (Alt-Svc) 'h3=\":" PORT "\"; ma=86400' always;", 0, NOTHING },

        /* their locations */
        { SERVER, "location (?:\\^~ )?((?:= )?" PATH ") \\{", LOCATION, NOTHING },
        { SERVER, "location ~ (" REGEX("") ") \\{", LOCATION, NOTHING },
        { LOCATION, "allow (all|" NETWORK ");", 0, NOTHING },
        { LOCATION, "deny all;", 0, NOTHING },
        { LOCATION, "internal;", 0, NOTHING },
        { LOCATION, "auth_basic off;", 0, NOTHING },
        { LOCATION, "default_type (?:text/plain|application/json);", 0, NOTHING },
        { LOCATION, "root (?:" FILE_OF_OURS "|/[A-Za-z0-9._/-]*);", 0, NOTHING },
        { LOCATION, "if \\(!-e \\$beachhead_challenge_file\\) \\{", IF, NOTHING },
        { LOCATION, "try_files \\$uri =404;", 0, NOTHING },
        { LOCATION, "(?:grpc|uwsgi|fastcgi)_(connect|read|send)_timeout " TIME ";", 0, NOTHING },
        { LOCATION, "(?:proxy|grpc)_ssl_protocols TLSv1\\.2 TLSv1\\.3;", 0, NOTHING },
        { LOCATION, "(?:proxy|grpc)_ssl_server_name on;", 0, NOTHING },
        { LOCATION, "(?:proxy|grpc)_ssl_name (?:\\$host|[a-z0-9_.-]+);", 0, NOTHING },
        { LOCATION, "grpc_set_header ([A-Za-z-]+) (?:\"\"|" VARIABLES ");", 0, NOTHING },
        { LOCATION, "(?:uwsgi|fastcgi)_param ([A-Z_]+) (?:\"\"|CGI/1\\.1|nginx|200|" VARIABLES ")(?: if_not_empty)?;",
          0, NOTHING },
        { LOCATION, "fastcgi_keep_conn on;", 0, NOTHING },
        { LOCATION,
          "(?:proxy_pass https?://|grpc_pass grpcs?://|uwsgi_pass uwsgi://|fastcgi_pass )(" UPSTREAM_PATTERN
          ")(?:" PATH ")?;",
          0, PASSED_ON },
        { LOCATION, "add_header (Retry-After) 5 always;", 0, NOTHING },
        { LOCATION, "error_page 404 /50x\\.html;", 0, NOTHING },
        { LOCATION, "if \\(\\$request_method !~ \"\\^\\(GET\\|HEAD\\)\\$\"\\) \\{", IF, NOTHING },
        { LOCATION | IF, "return (?:301|307|308) https://\\$host(?::" PORT ")?\\$request_uri;", 0, NOTHING },
        { LOCATION, "return (?:403|404|502|503);", 0, NOTHING },
        { LOCATION, "return 200 \"[0-9a-f]{64}\\\\n\";", 0, NOTHING },
        { LOCATION, "return 200 '\\{[ !\"#%&(-\\[\\]-~]*\\}';", 0, NOTHING },
};

enum { RULES = sizeof rules / sizeof *rules };

/* A block that is being read. */
typedef struct Frame {
        Where where;
        StringList taken; /* what may not come again in it */
} Frame;

/* What one server says about itself. */
typedef struct ServerSeen {
        StringList sockets, names;
        bool tls;
} ServerSeen;

typedef struct Reader {
        const Rendering *rendering;
        const Vhosts *vhosts;
        const StringList *endpoints; /* of the registrations, as nginx writes them */
        const char *cursor;
        size_t line; /* of the statement */
        ConfStatement statement;
        Frame frames[DEPTH_MAX];
        size_t depth;
        ServerSeen server;
        StringList upstreams, passed_on, names_on_sockets;
        size_t *servers, *tls_servers; /* one a vhost, and a last one for those of none */
} Reader;

static inline void require_rendered(const Reader *r, bool holds, const char *what) {
        if (holds)
                return;
        (void)fprintf(stderr, "line %zu: %s\n%s\n", r->line, what, r->rendering->text);
        abort();
}

static inline pcre2_code *rule_code(size_t i) {
        static pcre2_code *codes[RULES];
        int error;
        size_t at;

        if (codes[i])
                return codes[i];
        codes[i] = pcre2_compile((PCRE2_SPTR)rules[i].pattern, PCRE2_ZERO_TERMINATED,
                                 PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &at, NULL);
        if (!codes[i])
                abort();
        (void)pcre2_jit_compile(codes[i], PCRE2_JIT_COMPLETE);
        return codes[i];
}

/* Whether the statement is such a line; what its first group holds is the caller's then, "" without one. */
static inline bool rule_matches(size_t i, const ConfStatement *s, char **ret_word) {
        static pcre2_match_data *match;

        if (!match)
                match = pcre2_match_data_create(4, NULL);
        int n = pcre2_match(rule_code(i), (PCRE2_SPTR)s->start, (size_t)(s->end - s->start), 0, 0, match, NULL);
        if (n < 0)
                return false;
        const size_t *at = pcre2_get_ovector_pointer(match);
        *ret_word = n > 1 ? xstrndup(s->start + at[2], at[3] - at[2]) : xstrdup("");
        return true;
}

static inline const Rule *find_rule(Reader *r, char **ret_word) {
        const ConfStatement *s = &r->statement;

        for (size_t i = 0; i < RULES; i++)
                if ((rules[i].where & r->frames[r->depth].where) && rule_matches(i, s, ret_word))
                        return &rules[i];
        require_rendered(r, false, "nothing that may stand there");
        return NULL;
}

/* The vhost that the line is of; their number: of none. */
static inline size_t vhost_of_line(const Reader *r) {
        const Rendering *rendering = r->rendering;

        for (size_t i = 0; i < rendering->n_parts; i++)
                if (r->line >= rendering->parts[i].first && r->line <= rendering->parts[i].last)
                        return i;
        return rendering->n_parts;
}

static inline void take(const Reader *r, StringList *list, char *item) {
        require_rendered(r, !string_list_contains(list, item), item);
        string_list_take(list, item);
}

/* A site bears its own name; a regular expression behind a limit, in quotes. */
static inline void require_own_name(const Reader *r, const char *name) {
        size_t i = vhost_of_line(r);
        const char *domain = i < r->vhosts->count ? r->vhosts->items[i].site->domain : NULL;

        if (domain && *domain == '~')
                require_rendered(r, name[0] == '"' && name[1] == '~', "not the regular expression of the site");
        else if (domain)
                require_rendered(r, strcmp(name, domain) == 0, "not the name of the site");
}

static inline void see_to(Reader *r, const Rule *rule, const char *word) {
        switch (rule->matter) {
        case NOTHING:
                break;
        case ENDPOINT:
                require_rendered(r, string_list_contains(r->endpoints, word), "an endpoint of nobody's");
                break;
        case UPSTREAM_NAME:
                string_list_add(&r->upstreams, word);
                break;
        case PASSED_ON:
                string_list_add(&r->passed_on, word);
                break;
        case SERVER_START:
                r->servers[vhost_of_line(r)]++;
                break;
        case LISTENING:
                string_list_add(&r->server.sockets, word);
                r->server.tls = r->server.tls || strstr(word, " ssl");
                break;
        case SERVER_NAMED:
                require_own_name(r, word);
                string_list_add(&r->server.names, word);
                break;
        }
}

/* nginx ignores the second server of a name on a socket. */
static inline void end_server(Reader *r) {
        ServerSeen *s = &r->server;

        require_rendered(r, s->sockets.count > 0 && s->names.count > 0, "a server without a socket or a name");
        for (size_t i = 0; i < s->sockets.count; i++)
                for (size_t j = 0; j < s->names.count; j++)
                        take(r, &r->names_on_sockets, xasprintf("%s %s", s->sockets.items[i], s->names.items[j]));
        r->tls_servers[vhost_of_line(r)] += s->tls;
        string_list_clear(&s->sockets);
        string_list_clear(&s->names);
        s->tls = false;
}

static inline void end_block(Reader *r) {
        require_rendered(r, r->depth > 0, "a block ends that has not begun");
        if (r->frames[r->depth].where == SERVER)
                end_server(r);
        string_list_clear(&r->frames[r->depth--].taken);
}

static inline void read_line(Reader *r) {
        _cleanup_free_ char *word = NULL;
        const Rule *rule = find_rule(r, &word);
        bool opens = r->statement.type == CONF_BLOCK_START;

        require_rendered(r, (rule->opens != 0) == opens, "a block is begun where there is none");
        require_rendered(r, r->depth > 0 || vhost_of_line(r) == r->vhosts->count || rule->matter != NOTHING,
                         "a site's lines hold what is no upstream and no server");
        if (rule->matter != SERVER_START && rule->matter != ENDPOINT)
                take(r, &r->frames[r->depth].taken, xasprintf("%zu %s", (size_t)(rule - rules), word));
        see_to(r, rule, word);
        if (!opens)
                return;
        require_rendered(r, r->depth + 1 < DEPTH_MAX, "blocks too deep");
        r->frames[++r->depth].where = rule->opens;
}

/* Nothing but line ends and, at the very top, two lines of comment stand between two statements. */
static inline void require_gap(Reader *r, const char *from) {
        const char *start = r->statement.start;
        bool ends = r->statement.type == CONF_BLOCK_END;
        size_t indent = r->statement.type == CONF_END ? 0 : 4 * (r->depth - (ends && r->depth > 0));

        if (from == r->rendering->text) {
                require_rendered(r, has_prefix(from, "# Written by "), "no first line");
                from = strchr(from, '\n') + 1;
                require_rendered(r, has_prefix(from, "# generation "), "no second line");
                from = strchr(from, '\n');
                r->line++;
        }
        for (; *from == '\n'; from++)
                r->line++;
        require_rendered(r, (size_t)(start - from) == indent && strspn(from, " ") >= indent,
                         "not on a line of its own");
}

static inline void require_counts(const Reader *r) {
        size_t count = r->vhosts->count, all_tls = 0;

        for (size_t i = 0; i < count; i++) {
                const Vhost *v = &r->vhosts->items[i];
                bool tls = v->certificate && (v->site->shape.method_implied || v->site->shape.https);
                require_rendered(r, r->servers[i] == 1u + tls && r->tls_servers[i] == tls, "servers of a site");
                all_tls += tls;
        }
        bool unknown_tls = all_tls > 0 || r->vhosts->render->default_certificate;
        require_rendered(r, r->servers[count] == 2u + unknown_tls, "servers of no site");
        for (size_t i = 0; i < r->passed_on.count; i++)
                require_rendered(r, string_list_contains(&r->upstreams, r->passed_on.items[i]), r->passed_on.items[i]);
}

static inline void reader_done(Reader *r) {
        conf_statement_clear(&r->statement);
        for (size_t i = 0; i < DEPTH_MAX; i++)
                string_list_clear(&r->frames[i].taken);
        string_list_clear(&r->upstreams);
        string_list_clear(&r->passed_on);
        string_list_clear(&r->names_on_sockets);
        free(r->servers);
        free(r->tls_servers);
}

/* Aborts where `rendering` of the vhosts is anything but what may be written for them. `endpoints`: HOST:PORT of all
 * registrations, as nginx writes them. */
static inline void require_strict(const Rendering *rendering, const Vhosts *vhosts, const StringList *endpoints) {
        _cleanup_(reader_done) Reader r = { .rendering = rendering, .vhosts = vhosts, .endpoints = endpoints };

        r.frames[0].where = HTTP;
        r.line = 1;
        r.cursor = rendering->text;
        r.servers = xcalloc(vhosts->count + 1, sizeof *r.servers);
        r.tls_servers = xcalloc(vhosts->count + 1, sizeof *r.tls_servers);
        require_rendered(&r, strlen(rendering->text) == rendering->size, "a NUL");
        do {
                const char *from = r.cursor;
                require_rendered(&r, conf_read(&r.cursor, &r.statement) == 0, "no syntax of nginx'");
                require_gap(&r, from);
                require_rendered(&r, r.statement.end - r.statement.start <= NGINX_WORD_MAX, "too long for nginx");
                if (r.statement.type == CONF_BLOCK_END)
                        end_block(&r);
                else if (r.statement.type != CONF_END)
                        read_line(&r);
        } while (r.statement.type != CONF_END);
        require_rendered(&r, r.depth == 0, "a block does not end");
        require_counts(&r);
}
