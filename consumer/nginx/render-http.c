/* What stands before all servers. Pure. */
#include "consumer/nginx/render-http.h"

#include "consumer/nginx/conf-syntax.h"
#include "consumer/nginx/render-challenge.h"

/* nginx-proxy's LOG_JSON. */
#define JSON_LOG_FORMAT                                                                                               \
        "{\"time_local\":\"$time_iso8601\",\"client_ip\":\"$http_x_forwarded_for\",\"remote_addr\":\"$remote_addr\"," \
        "\"request\":\"$request\",\"status\":\"$status\",\"body_bytes_sent\":\"$body_bytes_sent\","                   \
        "\"request_time\":\"$request_time\",\"upstream_response_time\":\"$upstream_response_time\","                  \
        "\"upstream_addr\":\"$upstream_addr\",\"http_referrer\":\"$http_referer\","                                   \
        "\"http_user_agent\":\"$http_user_agent\",\"request_id\":\"$request_id\",\"host\":\"$host\"}"

static void append_resolvers(Text *t, const StringList *resolvers) {
        if (!resolvers || resolvers->count == 0)
                return;
        _cleanup_free_ char *all = string_list_join(resolvers, " ");
        text_appendf(t, "resolver %s;\n", all);
}

/* The "$" in the operator's format is meant: it names nginx' variables. */
static void append_log_format(Text *t, const RenderPolicy *policy) {
        const char *escape = policy->log_format_escape ? policy->log_format_escape
                             : policy->log_json        ? "json"
                                                       : "default";

        if (!policy->log_format && !policy->log_json)
                return;
        text_appendf(t, "log_format beachhead escape=%s ", escape);
        conf_append_quoted(t, policy->log_format ? policy->log_format : JSON_LOG_FORMAT);
        text_append(t, ";\n");
}

/* Who tells where a client really comes from. */
static void append_real_ip(Text *t, const RenderPolicy *policy) {
        if (!policy->trusted_proxies || policy->trusted_proxies->count == 0)
                return;
        for (size_t i = 0; i < policy->trusted_proxies->count; i++)
                text_appendf(t, "set_real_ip_from %s;\n", policy->trusted_proxies->items[i]);
        text_append(t, policy->proxy_protocol ? "real_ip_header proxy_protocol;\n"
                                              : "real_ip_header X-Forwarded-For;\n"
                                                "real_ip_recursive on;\n");
}

void render_geo(Text *t, const char *variable, const StringList *networks) {
        text_appendf(t,
                     "geo %s {\n"
                     "    default 0;\n",
                     variable);
        for (size_t i = 0; i < networks->count; i++)
                text_appendf(t, "    %s 1;\n", networks->items[i]);
        text_append(t, "}\n");
}

/* Whether the one who connects is to be believed: $realip_remote_addr is what it was before set_real_ip_from. */
static void append_trust(Text *t, const StringList *trusted) {
        if (trusted && trusted->count > 0)
                render_geo(t, "$realip_remote_addr $beachhead_trusted", trusted);
        else
                text_append(t, "geo $beachhead_trusted {\n"
                               "    default 1;\n"
                               "}\n");
}

static void append_forwarded(Text *t, const RenderPolicy *policy, const char *what, const char *seen_here) {
        if (policy->trust_downstream_proxy)
                text_appendf(t,
                             "map \"$beachhead_trusted:$http_x_forwarded_%s\" $beachhead_forwarded_%s {\n"
                             "    default %s;\n"
                             "    \"~^1:.\" $http_x_forwarded_%s;\n"
                             "}\n",
                             what, what, seen_here, what);
        else
                text_appendf(t,
                             "map \"\" $beachhead_forwarded_%s {\n"
                             "    default %s;\n"
                             "}\n",
                             what, seen_here);
}

/* "close": no second request follows where no connection is kept, as an upstream's name says. */
static void append_variables(Text *t, const RenderPolicy *policy) {
        text_append(t, "map $proxy_host $beachhead_idle {\n"
                       "    hostnames;\n"
                       "    default close;\n"
                       "    .kept.beachhead \"\";\n"
                       "}\n"
                       "map $http_upgrade $beachhead_connection {\n"
                       "    default upgrade;\n"
                       "    \"\" $beachhead_idle;\n"
                       "}\n"
                       "map $http_host $beachhead_port {\n"
                       "    default \"\";\n"
                       "    \"~(?<beachhead_host_port>:[0-9]+)$\" $beachhead_host_port;\n"
                       "}\n");
        if (policy->trust_downstream_proxy)
                append_trust(t, policy->trusted_proxies);
        append_forwarded(t, policy, "proto", "$scheme");
        append_forwarded(t, policy, "host", "$host$beachhead_port");
        append_forwarded(t, policy, "port", policy->proxy_protocol ? "$proxy_protocol_server_port" : "$server_port");
        text_append(t, "map $beachhead_forwarded_proto $beachhead_forwarded_ssl {\n"
                       "    default off;\n"
                       "    https on;\n"
                       "}\n");
}

void render_http(Text *t, const RenderPolicy *policy) {
        append_real_ip(t, policy);
        append_resolvers(t, policy->resolvers);
        append_log_format(t, policy);
        append_variables(t, policy);
        challenge_write_maps(t, policy->thumbprints);
}
