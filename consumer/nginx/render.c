/* Sites into nginx configuration: the file as a whole, its generation, which line belongs to whom. Pure. */
#include "consumer/nginx/render.h"

#include "common/text.h"
#include "consumer/digest.h"
#include "consumer/nginx/render-http.h"
#include "consumer/nginx/render-old-names.h"
#include "consumer/nginx/render-server.h"
#include "consumer/nginx/render-site.h"
#include "consumer/nginx/render-unknown.h"

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

/* Who may ask which generation it is. */
static void append_askers(Text *t, const RenderPolicy *policy) {
        static const char *const loopback[] = { "127.0.0.0/8", "::1" };
        _cleanup_string_list_ StringList networks = { 0 };

        for (size_t i = 0; policy->confirm_internal && i < policy->internal_networks->count; i++)
                string_list_add(&networks, policy->internal_networks->items[i]);
        for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
                if (!string_list_contains(&networks, loopback[i]))
                        string_list_add(&networks, loopback[i]);
        render_geo(t, "$beachhead_asker", &networks);
}

/* "return" comes before allow and deny, hence the "if". */
static void append_confirm_server(Text *t, const RenderPolicy *policy, Places *places) {
        append_askers(t, policy);
        text_append(t, "server {\n");
        render_listen(t, policy, false, 0, "");
        text_appendf(t,
                     "    server_name %s;\n"
                     "    access_log off;\n"
                     "    if ($beachhead_asker = 0) {\n"
                     "        return 403;\n"
                     "    }\n"
                     "    location = / {\n"
                     "        default_type text/plain;\n"
                     "        return 200 \"",
                     policy->confirm_host);
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

static SiteText *render_alone(const Vhost *v, const RenderPolicy *policy) {
        _cleanup_text_ Text text = { 0 }, references = { 0 };
        SiteText *t = new0(SiteText);

        render_site(&text, &references, v, policy);
        const struct iovec pieces[] = { { text.data, text.size }, { references.data, references.size } };
        digest_hex(pieces, 2, t->digest);
        t->size = text.size;
        t->n_lines = count_lines(text.data, text.size);
        t->bytes = xrealloc(text_take(&text), t->size + 1, 1); /* it stays for long */
        return t;
}

/* Kept, or made for the caller alone, who frees what is then in *made. */
static const SiteText *site_text(const Vhost *v, const RenderPolicy *policy, SiteText **made) {
        if (v->text && *v->text)
                return *v->text;
        SiteText *t = render_alone(v, policy);
        *(v->text ? v->text : made) = t;
        return t;
}

SiteText *site_text_free(SiteText *t) {
        if (!t)
                return NULL;
        free(t->bytes);
        free(t);
        return NULL;
}

void render_digest(const Vhost *vhost, const RenderPolicy *policy, char ret[static DIGEST_SIZE]) {
        _cleanup_(site_text_freep) SiteText *made = NULL;

        memcpy(ret, site_text(vhost, policy, &made)->digest, DIGEST_SIZE);
}

/* Each site behind an empty line of its own. */
static void append_sites(Rendering *r, Text *t, const Vhost *vhosts, const RenderPolicy *policy) {
        size_t lines = count_lines(t->data, t->size);

        for (size_t i = 0; i < r->n_parts; i++) {
                _cleanup_(site_text_freep) SiteText *made = NULL;
                const SiteText *text = site_text(&vhosts[i], policy, &made);
                text_append(t, "\n");
                text_append_bytes(t, text->bytes, text->size);
                r->parts[i].first = lines + 2;
                lines += 1 + text->n_lines;
                r->parts[i].last = lines;
                memcpy(r->parts[i].digest, text->digest, DIGEST_SIZE);
        }
}

/* Over what stands before the sites, what that refers to, and what each site came to. */
static void set_generation(Rendering *r, Text *text, size_t head_size, const Text *references, const Places *places) {
        _cleanup_free_ struct iovec *pieces = xcalloc(r->n_parts + 2, sizeof *pieces);

        pieces[0] = (struct iovec){ text->data, head_size };
        pieces[1] = (struct iovec){ references->data, references->size };
        for (size_t i = 0; i < r->n_parts; i++)
                pieces[i + 2] = (struct iovec){ r->parts[i].digest, DIGEST_SIZE };
        digest_hex(pieces, r->n_parts + 2, r->generation);
        for (size_t i = 0; i < places->count; i++)
                memcpy(text->data + places->offsets[i], r->generation, GENERATION_SIZE);
}

static void append_proxy_conf(Text *t, Text *references, const RenderPolicy *policy) {
        if (!policy->proxy_conf || !policy->proxy_conf->path)
                return;
        render_include(t, policy, policy->proxy_conf->path);
        text_append(references, policy->proxy_conf->digest);
}

/* A bucket holds two pointers beside a name and its length, all aligned (NGX_HASH_ELT_SIZE() in ngx_hash.h), and 64
 * bytes by default. */
static void append_names_hash(Text *t, const Vhost *vhosts, size_t count) {
        size_t longest = 0, bucket = 64;

        for (size_t i = 0; i < count; i++) {
                size_t length = vhosts[i].site->kind == SERVER_NAME_REGEX ? 0 : strlen(vhosts[i].site->domain);
                longest = length > longest ? length : longest;
        }
        while (bucket < 2 * sizeof(void *) + longest + 2)
                bucket *= 2;
        if (bucket > 64)
                text_appendf(t, "server_names_hash_bucket_size %zu;\n", bucket);
}

Rendering *render(const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        Rendering *r = new0(Rendering);
        _cleanup_text_ Text text = { 0 }, references = { 0 };
        Places places = { 0 };

        text_append(&text, FIRST_LINE GENERATION_LINE);
        append_generation(&text, &places);
        text_append(&text, "\n\n");
        if (policy->sets_names_hash)
                append_names_hash(&text, vhosts, count);
        render_http(&text, policy);
        old_variables_append(&text, vhosts, count, policy);
        append_proxy_conf(&text, &references, policy);
        text_append(&text, "\n");
        render_unknown_hosts(&text, &references, vhosts, count, policy);
        if (policy->confirm_host) {
                text_append(&text, "\n");
                append_confirm_server(&text, policy, &places);
        }
        size_t head_size = text.size;
        r->parts = xcalloc(count, sizeof *r->parts);
        r->n_parts = count;
        append_sites(r, &text, vhosts, policy);
        set_generation(r, &text, head_size, &references, &places);
        r->size = text.size;
        r->text = text_take(&text);
        return r;
}

Rendering *rendering_free(Rendering *r) {
        if (!r)
                return NULL;
        free(r->text);
        free(r->parts);
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
