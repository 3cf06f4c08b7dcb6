/* What a container may choose about how the edge serves it, as types. Each setting has one text form, which is the
 * same on a container, in the object `settings` of a route, and among a consumer's options: nothing else than what
 * edge_settings_set() accepts ever gets into the struct. Includes nothing of ours; see beachhead-registration(5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum EdgeSetting {
        /* of a whole site */
        EDGE_CERT_NAME,
        EDGE_TLS_POLICY,
        EDGE_HSTS,
        EDGE_SERVER_TOKENS,
        EDGE_ACME_LOCATION,
        EDGE_HTTP2,
        EDGE_HTTP3,
        EDGE_TRUST_DEFAULT_CERT,
        EDGE_HTTP_ON_MISSING_CERT,
        EDGE_DEBUG_ENDPOINT,
        EDGE_NON_GET_REDIRECT,
        EDGE_VERIFY_CLIENT,
        EDGE_HTTP_PORT,
        EDGE_HTTPS_PORT,
        _EDGE_OF_SITE_COUNT,
        /* of one path of it */
        EDGE_BALANCE = _EDGE_OF_SITE_COUNT,
        EDGE_KEEPALIVE,
        EDGE_ROOT,
        EDGE_BODY_MAX,
        EDGE_CONNECT_TIMEOUT,
        EDGE_READ_TIMEOUT,
        EDGE_SEND_TIMEOUT,
        _EDGE_SETTING_COUNT,
} EdgeSetting;

enum {
        EDGE_TEXT_MAX = 255,              /* bytes of any text form */
        EDGE_TIMEOUT_MAX_SEC = 24 * 3600, /* of each timeout */
        EDGE_KEEPALIVE_MAX = 1000,        /* idle connections a worker keeps to one upstream */
};
#define EDGE_BODY_MAX_BYTES (INT64_C(1) << 40) /* of a request; 0: not limited at all */

/* Mozilla's, and those of AWS' load balancers (as nginx-proxy names them, in any case). */
typedef enum TlsPolicy {
        TLS_MOZILLA_MODERN,
        TLS_MOZILLA_INTERMEDIATE,
        TLS_MOZILLA_OLD,
        TLS_AWS_TLS13_1_3_2021_06,
        TLS_AWS_TLS13_1_2_2021_06,
        TLS_AWS_TLS13_1_2_RES_2021_06,
        TLS_AWS_TLS13_1_2_EXT1_2021_06,
        TLS_AWS_TLS13_1_2_EXT2_2021_06,
        TLS_AWS_TLS13_1_1_2021_06,
        TLS_AWS_TLS13_1_0_2021_06,
        TLS_AWS_FS_1_2_RES_2020_10,
        TLS_AWS_FS_1_2_RES_2019_08,
        TLS_AWS_FS_1_2_2019_08,
        TLS_AWS_FS_1_1_2019_08,
        TLS_AWS_FS_2018_06,
        TLS_AWS_TLS_1_2_EXT_2018_06,
        TLS_AWS_TLS_1_2_2017_01,
        TLS_AWS_TLS_1_1_2017_01,
        TLS_AWS_2016_08,
        TLS_AWS_2015_05,
        TLS_AWS_2015_03,
        TLS_AWS_2015_02,
        _TLS_POLICY_COUNT,
} TlsPolicy;

/* "off", or "max-age=SECONDS[; includeSubDomains][; preload]", in any case and order. */
typedef struct Hsts {
        bool off;
        uint32_t max_age_sec;
        bool include_subdomains, preload;
} Hsts;

/* Whether the edge answers HTTP-01 challenges in the site: "true"; "false"; "legacy": where it has TLS alone. */
typedef enum AcmeLocation { ACME_LOCATION_ON, ACME_LOCATION_OFF, ACME_LOCATION_LEGACY } AcmeLocation;

typedef enum ClientVerification { VERIFY_OFF, VERIFY_ON, VERIFY_OPTIONAL, VERIFY_OPTIONAL_NO_CA } ClientVerification;

/* "round_robin", "least_conn", "ip_hash", "random [two [least_conn]]", "hash KEY [consistent]"; a last ";", as people
 * write it on the label of nginx-proxy, is dropped. KEY: one of $request_uri, $uri, $args, $host, $remote_addr,
 * $binary_remote_addr, or $cookie_NAME, $http_NAME, $arg_NAME with NAME of [a-z0-9_]. */
typedef enum BalanceMethod {
        BALANCE_ROUND_ROBIN,
        BALANCE_LEAST_CONN,
        BALANCE_IP_HASH,
        BALANCE_RANDOM,
        BALANCE_RANDOM_TWO,
        BALANCE_RANDOM_TWO_LEAST_CONN,
        BALANCE_HASH
} BalanceMethod;

typedef struct Balance {
        BalanceMethod method;
        char *key;       /* of BALANCE_HASH, with its "$" */
        bool consistent; /* BALANCE_HASH */
} Balance;

enum { KEEPALIVE_AUTO = -1 }; /* twice as many as there are servers; 0: "disabled" */

typedef struct EdgeSettings {
        uint32_t given;  /* 1u << EdgeSetting: those that mean something */
        char *cert_name; /* without an ending: letters, digits, "-", "_", ".", "*", "@"; no leading dot or dash */
        TlsPolicy tls_policy;
        Hsts hsts;
        bool server_tokens;
        AcmeLocation acme_location;
        bool http2, http3;
        bool trust_default_cert;
        bool http_on_missing_cert;
        bool debug_endpoint;
        uint16_t non_get_redirect; /* 301, 307, 308 */
        ClientVerification verify_client;
        uint16_t http_port, https_port;
        Balance balance;
        int keepalive; /* a number, KEEPALIVE_AUTO or 0 */
        char *root;    /* absolute; of [A-Za-z0-9._/-], without ".." */
        int64_t body_max_bytes;
        uint32_t connect_timeout_msec, read_timeout_msec, send_timeout_msec;
} EdgeSettings;

/* Its name in JSON, and a consumer's option with "_" for "-": "hsts", "ssl_policy", "client_max_body_size". */
const char *edge_setting_name(EdgeSetting setting);
/* The Requirement bits without which a reader must not serve a route with these settings; 0: all are harmless to
 * ignore. Some are so with one value alone: ssl_verify_client=off needs nothing. */
unsigned edge_settings_requirements(const EdgeSettings *e);

/* Takes a setting from its text (white space around it is ignored). Returns 0, or -EINVAL with what it has to be in
 * *ret_rule ("must be …"; static). */
int edge_settings_set(EdgeSettings *e, EdgeSetting setting, const char *text, const char **ret_rule);
/* The setting in the one canonical form of its text; NULL where it is not given. The caller owns it. */
char *edge_settings_text(const EdgeSettings *e, EdgeSetting setting);
static inline bool edge_settings_has(const EdgeSettings *e, EdgeSetting setting) {
        return e->given & (1u << setting);
}
/* Takes from `from` what `e` does not have yet, among the settings from `first` up to but without `end`. */
void edge_settings_inherit(EdgeSettings *e, const EdgeSettings *from, EdgeSetting first, EdgeSetting end);
/* Whether both have it with the same value, or neither has it. */
bool edge_settings_agree(const EdgeSettings *a, const EdgeSettings *b, EdgeSetting setting);
void edge_settings_done(EdgeSettings *e);
