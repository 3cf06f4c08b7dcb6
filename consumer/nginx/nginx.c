/* The nginx output: what the consumer calls, and what that means here. */
#include "consumer/nginx/nginx.h"

#include "consumer/nginx/apply.h"
#include "consumer/nginx/certificates.h"
#include "consumer/nginx/explain.h"
#include "consumer/nginx/nginx-ask.h"
#include "consumer/nginx/policy.h"
#include "consumer/nginx/vhosts.h"
#include "consumer/options.h"

#include <string.h>

typedef struct NginxOutput {
        Output output; /* first, as in every output */
        NginxPolicy *policy;
        Certificates *certificates;
        SiteNotes *notes;
        Apply *apply;
} NginxOutput;

static Output *nginx_free(Output *o) {
        NginxOutput *n = (NginxOutput *)o;

        if (!n)
                return NULL;
        (void)apply_free(n->apply);
        (void)certificates_free(n->certificates);
        (void)site_notes_free(n->notes);
        (void)nginx_policy_free(n->policy);
        free(n);
        return NULL;
}

static void on_settled(void *userdata) {
        NginxOutput *n = userdata;

        output_settled(&n->output);
}

static NginxVersion find_version(const NginxSettings *s) {
        NginxVersion version;

        return s->version && nginx_version_parse(s->version, &version) == 0 ? version : nginx_ask_version(s->check);
}

static int nginx_new(Output **ret, sd_event *event, const Settings *settings, OutputHandlers handlers) {
        NginxOutput *n = new0(NginxOutput);

        n->output = (Output){ .class = &nginx_output_class, .handlers = handlers };
        n->policy = nginx_policy_new(&settings->nginx, settings->cert_dir, find_version(&settings->nginx));
        n->certificates = certificates_new(n->policy->cert_dir);
        n->notes = site_notes_new();
        int r = apply_new(&n->apply, event, n->policy, n->certificates, n->notes, on_settled, n);
        if (r < 0) {
                (void)nginx_free(&n->output);
                return r;
        }
        *ret = &n->output;
        return 0;
}

static void nginx_apply(Output *o, const Sites *sites) {
        apply_sites(((NginxOutput *)o)->apply, sites);
}

static OutputState nginx_state(const Output *o) {
        return apply_state(((const NginxOutput *)o)->apply);
}

static char *nginx_describe(const Output *o) {
        return apply_describe(((const NginxOutput *)o)->apply);
}

static char *nginx_preview(Output *o, const Sites *sites) {
        NginxOutput *n = (NginxOutput *)o;
        _cleanup_(vhosts_freep) Vhosts *vhosts = vhosts_new(sites, n->certificates, n->notes, n->policy);
        _cleanup_(rendering_freep) Rendering *rendering = render(vhosts->items, vhosts->count, vhosts->render);

        return TAKE_PTR(rendering->text);
}

static void nginx_explain(Output *o, const Sites *sites, const char *domain, StringList *lines) {
        NginxOutput *n = (NginxOutput *)o;
        _cleanup_(vhosts_freep) Vhosts *vhosts = vhosts_new(sites, n->certificates, n->notes, n->policy);
        _cleanup_(rendering_freep) Rendering *rendering = render(vhosts->items, vhosts->count, vhosts->render);
        const SiteRemark *remark = vhosts_remark(vhosts, domain);
        const Vhost *v = vhosts_find(vhosts, domain);

        if (!remark)
                string_list_addf(lines, "nginx: nothing that can be served is registered for %s", domain);
        for (size_t i = 0; remark && i < remark->notes.count; i++)
                string_list_addf(lines, "nginx: %s", remark->notes.items[i]);
        if (!v)
                return;
        explain_vhost(v, n->policy, lines);
        apply_explain(n->apply, rendering, domain, lines);
}

static void nginx_measure(const Output *o, Metrics *m) {
        const NginxOutput *n = (const NginxOutput *)o;
        NginxFigures figures;

        apply_figures(n->apply, &figures);
        nginx_figures_measure(&figures, apply_vhosts(n->apply), m);
}

/* The reason alone: the page says itself that a site is set aside. */
static const char *reason_of(const SiteRemark *left_out) {
        static const char said[] = "is set aside: ";
        const char *note = left_out->notes.items[left_out->notes.count - 1];

        return has_prefix(note, said) ? note + strlen(said) : note;
}

static void nginx_remark(const Output *o, const char *domain, OutputRemark *ret) {
        const NginxOutput *n = (const NginxOutput *)o;
        const Vhosts *vhosts = apply_vhosts(n->apply);
        const SiteRemark *remark = vhosts ? vhosts_remark(vhosts, domain) : NULL;
        const char *refusal = apply_refusal(n->apply, domain);

        if (refusal)
                ret->set_aside = refusal;
        else if (remark && remark->left_out)
                ret->set_aside = reason_of(remark);
        else if (remark)
                ret->notes = &remark->notes;
        if (remark)
                ret->certificate_not_after = remark->certificate_not_after;
}

static char *nginx_ailment(const Output *o) {
        return apply_ailment(((const NginxOutput *)o)->apply);
}

DEFINE_OUTPUT_CLASS(nginx, .measure = nginx_measure, .remark = nginx_remark, .ailment = nginx_ailment);
