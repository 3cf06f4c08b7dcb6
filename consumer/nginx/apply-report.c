/* How an Apply stands, for people and their tools. */
#include "consumer/nginx/apply-state.h"
#include "consumer/nginx/master.h"

#include <string.h>
#include <sys/stat.h>

char *apply_describe(const Apply *a) {
        Text t = { 0 };

        switch (a->phase) {
        case APPLY_IDLE:
                text_appendf(&t, "%zu site%s live", a->n_live, plural(a->n_live));
                refused_sites_describe(a->refused, &a->left_out, &t);
                break;
        case APPLY_GATHERING:
                text_appendf(&t, "%zu site%s live, gathering changes%s", a->n_live, plural(a->n_live),
                             a->gathering.paced_usec > 0 ? " while old workers of nginx linger" : "");
                break;
        case APPLY_TRYING:
                text_appendf(&t, "applying %zu site%s", a->vhosts->count, plural(a->vhosts->count));
                break;
        case APPLY_HUNTING:
                text_append(&t, "looking for the site that nginx does not take");
                break;
        case APPLY_WAITING:
                text_appendf(&t, "%zu site%s ready", a->n_live, plural(a->n_live));
                refused_sites_describe(a->refused, &a->left_out, &t);
                text_append(&t, ", waits for nginx to start");
                break;
        case APPLY_FAILED:
                text_append(&t, a->failure);
                break;
        }
        return text_take(&t);
}

void apply_figures(const Apply *a, NginxFigures *ret) {
        struct stat st;

        *ret = a->figures;
        ret->runs = nginx_runs(a->policy);
        ret->generation_time = stat(a->policy->live_path, &st) == 0 ? st.st_mtime : 0;
        ret->n_live = a->n_live;
        ret->n_set_aside = refused_sites_count(a->refused) + a->left_out.count;
}

const Vhosts *apply_vhosts(const Apply *a) {
        return a->vhosts;
}

const char *apply_refusal(const Apply *a, const char *domain) {
        const Refused *refused = refused_sites_find(a->refused, domain);

        return refused ? refused->words : NULL;
}

/* The live file is there only where nginx accepted it, in this life of ours or in an earlier one. Where a command
 * reloads nginx, its process may be out of sight. */
char *apply_ailment(const Apply *a) {
        if (!a->policy->reload_command && !nginx_runs(a->policy))
                return xstrdup("nginx does not run");
        if (*a->confirmed_generation || access(a->policy->live_path, F_OK) == 0)
                return NULL;
        return a->failure ? xasprintf("nginx has accepted no configuration yet: %s", a->failure)
                          : xstrdup("nginx has accepted no configuration yet");
}

void apply_explain(Apply *a, const Rendering *rendering, const char *domain, StringList *lines) {
        const Refused *refused = refused_sites_find(a->refused, domain);
        bool confirmed = strcmp(a->confirmed_generation, rendering->generation) == 0;

        if (refused)
                string_list_addf(lines, "set aside, nginx says: %s", refused->words);
        if (live_file_is(a->ground.live, rendering))
                string_list_addf(lines, "live file: %s is up to date, generation %s%s", a->policy->live_path,
                                 rendering->generation, confirmed ? ", confirmed by nginx" : "");
        else
                string_list_addf(lines, "live file: %s is not what would be written now", a->policy->live_path);
}
