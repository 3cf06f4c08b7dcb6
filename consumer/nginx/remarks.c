/* What there was to say of each site. */
#include "consumer/nginx/remarks.h"

#include <string.h>

static void take_remark(void *userdata, const Vhost *v, const StringList *notes, bool left_out) {
        SiteRemarks *r = userdata;
        SiteRemark *remark = &r->items[r->count++];

        *remark = (SiteRemark){
                .domain = xstrdup(v->site->domain),
                .left_out = left_out,
                .certificate_not_after = v->certificate ? v->certificate->not_after : 0,
        };
        for (size_t i = 0; i < notes->count; i++)
                string_list_add(&remark->notes, notes->items[i]);
}

SiteRemarks *site_remarks_new(const Vhosts *vhosts) {
        SiteRemarks *r = new0(SiteRemarks);

        r->items = xcalloc(vhosts->n_owned, sizeof *r->items);
        vhosts_each(vhosts, take_remark, r);
        return r;
}

static int compare_domain(const void *domain, const void *remark) {
        return strcmp(domain, ((const SiteRemark *)remark)->domain);
}

const SiteRemark *site_remarks_find(const SiteRemarks *r, const char *domain) {
        return r && r->count > 0 ? bsearch(domain, r->items, r->count, sizeof *r->items, compare_domain) : NULL;
}

SiteRemarks *site_remarks_free(SiteRemarks *r) {
        if (!r)
                return NULL;
        for (size_t i = 0; i < r->count; i++) {
                free(r->items[i].domain);
                string_list_clear(&r->items[i].notes);
        }
        free(r->items);
        free(r);
        return NULL;
}
