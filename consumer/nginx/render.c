/* Sites into nginx configuration: the file as a whole, its generation, which line belongs to whom. Pure. */
#include "consumer/nginx/render.h"

#include "common/text.h"
#include "consumer/nginx/digest.h"
#include "consumer/nginx/render-site.h"

#include <string.h>

#define FIRST_LINE "# Written by beachhead-consumer; changes are overwritten.\n"
#define GENERATION_LINE "# generation "

enum { GENERATION_SIZE = DIGEST_SIZE - 1 };

/* The generation is a hash of the text that holds it: zeros stand in its places until all the rest is there. */
typedef struct Places {
        size_t offsets[2];
        size_t count;
} Places;

static void append_generation(Text *t, Places *places) {
        places->offsets[places->count++] = t->size;
        text_appendf(t, "%0*d", GENERATION_SIZE, 0);
}

/* No map by these names can be anybody else's. "close": without a pool of connections no second request follows. */
static void append_maps(Text *t) {
        text_append(t, "\n"
                       "map $http_upgrade $beachhead_connection {\n"
                       "    default upgrade;\n"
                       "    \"\" close;\n"
                       "}\n"
                       "map $http_host $beachhead_port {\n"
                       "    default \"\";\n"
                       "    \"~(?<beachhead_host_port>:[0-9]+)$\" $beachhead_host_port;\n"
                       "}\n"
                       "map $scheme $beachhead_ssl {\n"
                       "    default off;\n"
                       "    https on;\n"
                       "}\n");
}

/* The first server of an address answers for unknown hosts, unless somebody claims to be the default_server. */
static void append_unknown_hosts(Text *t, const RenderPolicy *policy, bool tls) {
        text_appendf(t,
                     "\n"
                     "server {\n"
                     "    listen %s;\n"
                     "    server_name _;\n"
                     "    server_tokens off;\n"
                     "    return 503;\n"
                     "}\n",
                     policy->http_listen);
        if (tls)
                text_appendf(t,
                             "server {\n"
                             "    listen %s ssl;\n"
                             "    server_name _;\n" RENDER_TLS_SETTINGS "    ssl_reject_handshake on;\n"
                             "}\n",
                             policy->https_listen);
}

/* "return" comes before allow and deny, hence the "if". */
static void append_confirm_server(Text *t, const RenderPolicy *policy, Places *places) {
        text_appendf(t,
                     "\n"
                     "server {\n"
                     "    listen %s;\n"
                     "    server_name %s;\n"
                     "    access_log off;\n"
                     "    if ($remote_addr !~ \"^(127\\.|::1$)\") {\n"
                     "        return 403;\n"
                     "    }\n"
                     "    location = / {\n"
                     "        default_type text/plain;\n"
                     "        return 200 \"",
                     policy->http_listen, policy->confirm_host);
        append_generation(t, places);
        text_append(t, "\\n\";\n"
                       "    }\n"
                       "}\n");
}

static size_t count_lines(const char *bytes, size_t size) {
        const char *end = bytes + size;
        size_t lines = 0;

        while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes)))) {
                bytes++;
                lines++;
        }
        return lines;
}

/* Each site behind an empty line of its own. */
static LineRange *append_sites(Text *t, Text *references, const Vhost *vhosts, size_t count,
                               const RenderPolicy *policy) {
        LineRange *ranges = xcalloc(count, sizeof *ranges);
        size_t lines = count_lines(t->data, t->size);

        for (size_t i = 0; i < count; i++) {
                text_append(t, "\n");
                size_t start = t->size;
                render_site(t, references, &vhosts[i], policy);
                ranges[i].first = lines + 2;
                lines += 1 + count_lines(t->data + start, t->size - start);
                ranges[i].last = lines;
        }
        return ranges;
}

static bool any_tls(const Vhost *vhosts, size_t count) {
        for (size_t i = 0; i < count; i++)
                if (vhost_has_tls(&vhosts[i]))
                        return true;
        return false;
}

static void set_generation(Rendering *r, Text *text, const Text *references, const Places *places) {
        const struct iovec pieces[] = { { text->data, text->size }, { references->data, references->size } };

        digest_hex(pieces, 2, r->generation);
        for (size_t i = 0; i < places->count; i++)
                memcpy(text->data + places->offsets[i], r->generation, GENERATION_SIZE);
}

Rendering *render(const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        Rendering *r = new0(Rendering);
        _cleanup_text_ Text text = { 0 }, references = { 0 };
        Places places = { 0 };

        text_append(&text, FIRST_LINE GENERATION_LINE);
        append_generation(&text, &places);
        text_append(&text, "\n");
        append_maps(&text);
        append_unknown_hosts(&text, policy, any_tls(vhosts, count));
        if (policy->confirm_host)
                append_confirm_server(&text, policy, &places);
        r->ranges = append_sites(&text, &references, vhosts, count, policy);
        r->n_ranges = count;
        set_generation(r, &text, &references, &places);
        r->size = text.size;
        r->text = text_take(&text);
        return r;
}

Rendering *rendering_free(Rendering *r) {
        if (!r)
                return NULL;
        free(r->text);
        free(r->ranges);
        free(r);
        return NULL;
}

char *rendering_generation(const char *text) {
        if (!has_prefix(text, FIRST_LINE GENERATION_LINE))
                return NULL;
        text += strlen(FIRST_LINE GENERATION_LINE);
        if (strspn(text, "0123456789abcdef") != GENERATION_SIZE || text[GENERATION_SIZE] != '\n')
                return NULL;
        return xstrndup(text, GENERATION_SIZE);
}
