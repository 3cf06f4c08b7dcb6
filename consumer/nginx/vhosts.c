/* All sites with what holds for them here. A change may take longer than the sites that it began with live, so that
 * they are held. */
#include "consumer/nginx/vhosts.h"

#include "consumer/nginx/port-claims.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- ports of their own ---- */

static bool has_own_port(const KeptVhost *k) {
        return kept_vhost_own_port(k, false) > 0 || kept_vhost_own_port(k, true) > 0;
}

static void refuse_claimed(KeptVhost *k, uint16_t port, bool tls, const char *other) {
        string_list_addf(&k->remark.notes, "is set aside: it asks for port %u %s, and %s has it %s", port,
                         tls ? "by TLS" : "in clear", other, tls ? "in clear" : "by TLS");
        k->remark.left_out = true;
}

/* Both of its ports, or none. */
static void claim_ports(KeptVhost *k, PortClaims *claims) {
        const uint16_t ports[] = { kept_vhost_own_port(k, false), kept_vhost_own_port(k, true) };

        if (ports[false] > 0 && ports[false] == ports[true])
                refuse_claimed(k, ports[true], true, "itself");
        for (int tls = false; tls <= true && !k->remark.left_out; tls++) {
                const char *other = ports[tls] > 0 ? port_claims_other(claims, ports[tls], tls) : NULL;
                if (other)
                        refuse_claimed(k, ports[tls], tls, other);
        }
        for (int tls = false; tls <= true && !k->remark.left_out; tls++)
                if (ports[tls] > 0)
                        port_claims_add(claims, ports[tls], tls, k->site->domain);
}

static int compare_age(const void *a, const void *b) {
        return site_compare_age((*(KeptVhost *const *)a)->site, (*(KeptVhost *const *)b)->site);
}

/* Of sites that want a port differently, the one whose container was created first has it: a late one takes nobody's
 * away. */
static void settle_ports(const Vhosts *v) {
        _cleanup_(port_claims_freep) PortClaims *claims = port_claims_new();
        _cleanup_free_ KeptVhost **claimants = xcalloc(v->n_kept, sizeof *claimants);
        size_t count = 0;

        for (size_t i = 0; i < v->n_kept; i++)
                if (!v->kept[i]->remark.left_out && has_own_port(v->kept[i]))
                        claimants[count++] = v->kept[i];
        if (count > 1)
                qsort(claimants, count, sizeof *claimants, compare_age);
        for (size_t i = 0; i < count; i++)
                claim_ports(claimants[i], claims);
}

/* ---- all of them ---- */

/* Of `surroundings`, which it takes over, without any site yet. */
static Vhosts *vhosts_on(Surroundings *surroundings, size_t room) {
        Vhosts *v = new0(Vhosts);

        *v = (Vhosts){
                .surroundings = surroundings,
                .render = &surroundings->render,
                .dirs = &surroundings->dirs,
                .items = xcalloc(room, sizeof *v->items),
                .kept = xcalloc(room, sizeof(KeptVhost *)),
        };
        return v;
}

/* Those that are there, less those that are left out. */
static void settle(Vhosts *v) {
        settle_ports(v);
        for (size_t i = 0; i < v->n_kept; i++)
                if (!v->kept[i]->remark.left_out)
                        v->items[v->count++] = v->kept[i]->vhost;
}

static void say(const KeptVhost *k, SiteNotes *notes) {
        site_notes_say(notes, k->site->domain, &k->site->publishers, &k->remark.notes);
}

Vhosts *vhosts_new(const Sites *sites, Certificates *certificates, SiteNotes *notes, const NginxPolicy *policy) {
        int64_t now = time(NULL);
        Vhosts *v = vhosts_on(surroundings_new(certificates, notes, policy, now), sites->count);

        for (size_t i = 0; i < sites->count; i++)
                v->kept[v->n_kept++] = kept_vhost_new(sites->items[i], v->surroundings, certificates, now);
        settle(v);
        for (size_t i = 0; i < v->n_kept; i++)
                say(v->kept[i], notes);
        certificates_end_look(certificates);
        site_notes_forget_unused(notes);
        return v;
}

/* The same site, as it was looked at before; NULL without it. *cursor runs through `before` once. */
static KeptVhost *find_before(const Vhosts *before, size_t *cursor, const Site *site) {
        while (*cursor < before->n_kept && strcmp(before->kept[*cursor]->site->domain, site->domain) < 0)
                (*cursor)++;
        return *cursor < before->n_kept && before->kept[*cursor]->site == site ? before->kept[*cursor] : NULL;
}

/* Who has a port of its own may have it, or not, because of others: that is looked at anew. */
Vhosts *vhosts_update(const Vhosts *before, const Sites *sites, Certificates *certificates, SiteNotes *notes) {
        int64_t now = time(NULL);
        Vhosts *v = vhosts_on(surroundings_ref(before->surroundings), sites->count);
        _cleanup_free_ KeptVhost **looked_at = xcalloc(sites->count, sizeof(KeptVhost *));
        size_t cursor = 0, count = 0;

        for (size_t i = 0; i < sites->count; i++) {
                KeptVhost *same = find_before(before, &cursor, sites->items[i]);
                if (same && !has_own_port(same))
                        v->kept[v->n_kept++] = kept_vhost_ref(same);
                else
                        looked_at[count++] = v->kept[v->n_kept++] =
                                kept_vhost_new(sites->items[i], v->surroundings, certificates, now);
        }
        settle(v);
        for (size_t i = 0; i < count; i++)
                say(looked_at[i], notes);
        certificates_end_look_at_some(certificates);
        return v;
}

void vhosts_remove(Vhosts *v, size_t index) {
        memmove(&v->items[index], &v->items[index + 1], (v->count - index - 1) * sizeof *v->items);
        v->count--;
}

Vhosts *vhosts_free(Vhosts *v) {
        if (!v)
                return NULL;
        for (size_t i = 0; i < v->n_kept; i++)
                (void)kept_vhost_unref(v->kept[i]);
        free(v->kept);
        free(v->items);
        (void)surroundings_unref(v->surroundings);
        free(v);
        return NULL;
}

static int compare_domain(const void *domain, const void *vhost) {
        return strcmp(domain, ((const Vhost *)vhost)->site->domain);
}

const Vhost *vhosts_find(const Vhosts *v, const char *domain) {
        return v->count > 0 ? bsearch(domain, v->items, v->count, sizeof *v->items, compare_domain) : NULL;
}

static int compare_kept(const void *domain, const void *kept) {
        return strcmp(domain, (*(KeptVhost *const *)kept)->site->domain);
}

const SiteRemark *vhosts_remark(const Vhosts *v, const char *domain) {
        KeptVhost **found = v->n_kept > 0 ? bsearch(domain, v->kept, v->n_kept, sizeof *v->kept, compare_kept) : NULL;

        return found ? &(*found)->remark : NULL;
}

void vhosts_left_out(const Vhosts *v, StringList *ret) {
        for (size_t i = 0; i < v->n_kept; i++)
                if (v->kept[i]->remark.left_out)
                        string_list_add(ret, v->kept[i]->site->domain);
}
