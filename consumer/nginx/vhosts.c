/* Sites with what stands on disk for them. A change may take longer than the sites that it began with live, so that
 * they are copied. */
#include "consumer/nginx/vhosts.h"

#include "common/file.h"
#include "common/log.h"
#include "consumer/nginx/digest.h"
#include "consumer/nginx/file-stamp.h"

#include <string.h>
#include <time.h>

typedef struct VhostOwned {
        Site site;
        Certificate certificate;
        char *include_path, *include_text;
        char include_digest[DIGEST_SIZE];
} VhostOwned;

static void endpoints_copy(Endpoints *to, const Endpoints *from) {
        to->items = xcalloc(from->count, sizeof *to->items);
        to->count = from->count;
        for (size_t i = 0; i < from->count; i++)
                to->items[i] = (Endpoint){ .host = xstrdup(from->items[i].host), .port = from->items[i].port };
}

static void endpoints_done(Endpoints *e) {
        for (size_t i = 0; i < e->count; i++)
                free(e->items[i].host);
        free(e->items);
}

/* All but the notes, which are not for nginx. */
static void site_copy(Site *to, const Site *from) {
        *to = (Site){ .domain = xstrdup(from->domain), .state = from->state, .shape = from->shape };
        endpoints_copy(&to->endpoints, &from->endpoints);
        endpoints_copy(&to->tls_endpoints, &from->tls_endpoints);
        for (size_t i = 0; i < from->publishers.count; i++)
                string_list_add(&to->publishers, from->publishers.items[i]);
}

static void owned_done(VhostOwned *o) {
        free(o->site.domain);
        endpoints_done(&o->site.endpoints);
        endpoints_done(&o->site.tls_endpoints);
        string_list_clear(&o->site.publishers);
        free(o->certificate.certificate_path);
        free(o->certificate.key_path);
        free(o->certificate.digest);
        free(o->include_path);
        free(o->include_text);
}

static void warn_about_certificate(const Site *site, const Certificate *certificate, const char *reason,
                                   const char *cert_dir) {
        bool refused = !certificate && site->shape.plain == PLAIN_REDIRECT_OR_REFUSE;
        _cleanup_free_ char *publishers = string_list_join(&site->publishers, ", ");
        LogFields fields = { .domain = site->domain, .container = publishers, .reason = reason };

        if (certificate && reason)
                log_warning_about(&fields, "%s (of %s): its certificate is used nevertheless: %s", site->domain,
                                  publishers, reason);
        else if (reason)
                log_warning_about(&fields, "%s (of %s): its certificate cannot be used, %s: %s", site->domain,
                                  publishers, refused ? "answered 503 until it can" : "served without HTTPS", reason);
        else if (refused)
                log_warning_about(&fields,
                                  "%s (of %s): asks for HTTPS alone, answered 503 until a certificate is in %s",
                                  site->domain, publishers, cert_dir ? cert_dir : "a directory that --cert-dir names");
}

static void add_certificate(Vhost *v, VhostOwned *owned, Certificates *certificates, const NginxPolicy *policy) {
        const char *reason;
        bool news;
        const Certificate *c = certificates_find(certificates, owned->site.domain, time(NULL), &reason, &news);

        if (news)
                warn_about_certificate(&owned->site, c, reason, policy->cert_dir);
        if (!c)
                return;
        owned->certificate = (Certificate){
                .certificate_path = xstrdup(c->certificate_path),
                .key_path = xstrdup(c->key_path),
                .digest = xstrdup(c->digest),
                .not_after = c->not_after,
        };
        v->certificate = &owned->certificate;
}

/* An include that cannot be read here is rendered all the same: without it the site might show what it is to hide.
 * nginx then decides. */
static void add_include(Vhost *v, VhostOwned *owned, const char *vhost_dir) {
        _cleanup_free_ char *path = xasprintf("%s/%s", vhost_dir, owned->site.domain);
        FileStamp stamp = file_stamp(path);
        size_t size = 0;

        if (stamp.inode == 0)
                return;
        owned->include_path = TAKE_PTR(path);
        if (file_read(owned->include_path, VHOST_INCLUDE_MAX, &owned->include_text, &size) < 0) {
                owned->include_text = xstrdup("");
                digest_hex(&(struct iovec){ &stamp, sizeof stamp }, 1, owned->include_digest);
        } else {
                digest_hex(&(struct iovec){ owned->include_text, size }, 1, owned->include_digest);
        }
        v->include_path = owned->include_path;
        v->include_text = owned->include_text;
        v->include_digest = owned->include_digest;
}

Vhosts *vhosts_new(const Sites *sites, Certificates *certificates, const NginxPolicy *policy) {
        Vhosts *v = new0(Vhosts);

        v->count = v->n_owned = sites->count;
        v->items = xcalloc(v->count, sizeof *v->items);
        v->owned = xcalloc(v->count, sizeof *v->owned);
        for (size_t i = 0; i < v->count; i++) {
                site_copy(&v->owned[i].site, &sites->items[i]);
                v->items[i].site = &v->owned[i].site;
                if (v->owned[i].site.shape.https)
                        add_certificate(&v->items[i], &v->owned[i], certificates, policy);
                if (policy->vhost_dir)
                        add_include(&v->items[i], &v->owned[i], policy->vhost_dir);
        }
        return v;
}

void vhosts_remove(Vhosts *v, size_t index) {
        memmove(&v->items[index], &v->items[index + 1], (v->count - index - 1) * sizeof *v->items);
        v->count--;
}

Vhosts *vhosts_free(Vhosts *v) {
        if (!v)
                return NULL;
        for (size_t i = 0; i < v->n_owned; i++)
                owned_done(&v->owned[i]);
        free(v->owned);
        free(v->items);
        free(v);
        return NULL;
}

const Vhost *vhosts_find(const Vhosts *v, const char *domain) {
        for (size_t i = 0; i < v->count; i++)
                if (strcmp(v->items[i].site->domain, domain) == 0)
                        return &v->items[i];
        return NULL;
}
