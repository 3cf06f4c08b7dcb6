/* What is the same for all sites. */
#include "consumer/nginx/surroundings.h"

char *surroundings_lack_http3(const RenderPolicy *render) {
        unsigned v = render->nginx_version;

        return xasprintf(
                "served without HTTP/3: that needs nginx 1.25.0 or later, built with it, and this is %u.%u.%u",
                v / 1000000, v / 1000 % 1000, v % 1000);
}

static void add_default_certificate(Surroundings *s, Certificates *certificates, int64_t now, StringList *said) {
        const char *reason;
        const Certificate *c = certificates_find(certificates, &(CertificateQuery){ 0 }, now, &reason);

        s->default_certificate = c ? certificate_copy(c) : NULL;
        s->render.default_certificate = s->default_certificate;
        if (reason)
                string_list_addf(said, "the certificate for unknown hosts %s: %s",
                                 c ? "is used nevertheless" : "cannot be used", reason);
}

Surroundings *surroundings_new(Certificates *certificates, SiteNotes *notes, const NginxPolicy *policy, int64_t now) {
        _cleanup_string_list_ StringList said = { 0 };
        Surroundings *s = new0(Surroundings);

        s->references = 1;
        s->policy = policy;
        s->render = policy->render;
        override_dirs_read(&s->dirs, policy->vhost_dir, policy->htpasswd_dir, policy->proxy_conf);
        s->render.proxy_conf = s->dirs.everywhere.path ? &s->dirs.everywhere : NULL;
        add_default_certificate(s, certificates, now, &said);
        certificates_read_thumbprints(certificates, &s->thumbprints, &said);
        s->render.thumbprints = &s->thumbprints;
        if (policy->defaults.http3 && !policy->render.nginx_has_http3) {
                _cleanup_free_ char *lack = surroundings_lack_http3(&policy->render);
                string_list_addf(&said, "all sites are %s", lack);
        }
        if (policy->proxy_conf && !s->render.proxy_conf)
                string_list_addf(&said, "%s, which --proxy-conf names, is not there", policy->proxy_conf);
        site_notes_say(notes, "", &(StringList){ 0 }, &said);
        return s;
}

const EdgeSettings *surroundings_share(Surroundings *s, EdgeSettings *unchosen) {
        EdgeSettings *shared = &s->unchosen[unchosen->verify_client != VERIFY_OFF];

        if (shared->given == 0)
                *shared = *unchosen;
        else
                edge_settings_done(unchosen);
        free(unchosen);
        return shared;
}

Surroundings *surroundings_ref(Surroundings *s) {
        s->references++;
        return s;
}

Surroundings *surroundings_unref(Surroundings *s) {
        if (!s || --s->references > 0)
                return NULL;
        override_dirs_done(&s->dirs);
        for (size_t i = 0; i < sizeof s->unchosen / sizeof *s->unchosen; i++)
                edge_settings_done(&s->unchosen[i]);
        (void)certificate_free(s->default_certificate);
        thumbprint_files_done(&s->thumbprints);
        free(s);
        return NULL;
}
