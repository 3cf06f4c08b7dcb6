/* VIRTUAL_HOST_MULTIPORTS into hosts and paths: all that is wrong is left out by name, the rest stands. */
#include "registrar/multiports.h"

#include "registrar/problem.h"
#include "registrar/yaml-tree.h"

#include <errno.h>
#include <string.h>

/* What is being read, as messages call it, and where they go. */
typedef struct Place {
        const char *name, *where; /* `VIRTUAL_HOST_MULTIPORTS`, `a.org` or `a.org "/path"` */
        const char *what;         /* which is left out where something in it is wrong: "host", "path" */
        StringList *problems, *warnings;
} Place;

static const struct {
        const char *key;
        EdgeSetting setting;
} host_keys[] = {
        { "external_http_port", EDGE_HTTP_PORT },
        { "external_https_port", EDGE_HTTPS_PORT },
};

static const char *const path_keys[_PATH_PART_COUNT] = {
        [PATH_PART_DEST] = "dest",
        [PATH_PART_PROTO] = "proto",
        [PATH_PART_PORT] = "port",
};

/* `key "value" wrong`, without what is NULL. */
static int refuse(const Place *p, const char *key, const char *value, const char *wrong) {
        _cleanup_free_ char *shown = problem_value(value ? value : "");
        _cleanup_free_ char *quoted = value ? xasprintf("\"%s\" ", shown) : xstrdup("");

        string_list_addf(p->problems, "%s: %s: %s%s%s%s: the %s is left out", p->name, p->where, key ? key : "",
                         key ? " " : "", quoted, wrong, p->what);
        return -EINVAL;
}

/* The text of a value; NULL where it is null. */
static int read_text(const Place *p, const char *key, const YamlTree *value, const char **ret) {
        if (value->kind != YAML_NULL && value->kind != YAML_TEXT)
                return refuse(p, key, NULL, "must be one plain value");
        *ret = value->kind == YAML_TEXT && *value->text ? value->text : NULL;
        return 0;
}

static int read_path_part(const Place *p, PathPart part, const YamlTree *value, PathSpec *path) {
        _cleanup_free_ char *reason = NULL;
        const char *text = NULL;
        int r = read_text(p, path_keys[part], value, &text);

        if (r < 0 || !text || path_spec_set(path, part, text, &reason) == 0)
                return r;
        return refuse(p, path_keys[part], text, reason);
}

static int read_path_key(const Place *p, const char *key, const YamlTree *value, PathSpec *path) {
        for (PathPart part = 0; part < _PATH_PART_COUNT; part++)
                if (streq_or_null(path_keys[part], key))
                        return read_path_part(p, part, value, path);
        _cleanup_free_ char *shown = problem_value(key);
        string_list_addf(p->warnings, "%s: %s: the key \"%s\" is not known and is ignored", p->name, p->where, shown);
        return 0;
}

/* Reads what is said of a path, which itself stands already. */
static int read_path(const Place *p, const YamlTree *value, PathSpec *path) {
        bool dest_ignored;
        int r = 0;

        if (value->kind != YAML_MAPPING && value->kind != YAML_NULL)
                return refuse(p, NULL, NULL, "must be a mapping with port, dest and proto");
        for (size_t i = 0; i < value->count; i++)
                if (read_path_key(p, value->keys[i], value->items[i], path) < 0)
                        r = -EINVAL;
        const char *wrong = r == 0 ? path_spec_settle(path, &dest_ignored) : NULL;
        if (wrong)
                return refuse(p, "dest", path->dest, wrong);
        if (r == 0 && dest_ignored)
                string_list_addf(p->warnings, "%s: %s: dest means nothing with %s and is ignored", p->name, p->where,
                                 protocol_name(path->proto));
        return r;
}

static void add_path(const Place *host_place, HostSpec *host, const char *key, const YamlTree *value) {
        _cleanup_(path_spec_done) PathSpec path = { 0 };
        _cleanup_free_ char *reason = NULL, *shown = problem_value(key);
        _cleanup_free_ char *where = xasprintf("%s \"%s\"", host->domain, shown);
        Place p = *host_place;

        p.where = where;
        p.what = "path";
        if (path_spec_set(&path, PATH_PART_PATH, key, &reason) < 0)
                (void)refuse(&p, NULL, NULL, reason);
        else if (read_path(&p, value, &path) == 0)
                host_spec_take_path(host, path_spec_copy(&path));
}

/* Returns 0 where it is one of the keys that are no path, -EINVAL where its value is wrong, -ENOENT otherwise. */
static int read_host_key(const Place *p, HostSpec *host, const char *key, const YamlTree *value) {
        const char *text = NULL, *rule;

        for (size_t i = 0; i < sizeof host_keys / sizeof *host_keys; i++) {
                if (strcmp(key, host_keys[i].key) != 0)
                        continue;
                int r = read_text(p, key, value, &text);
                if (r < 0 || !text || edge_settings_set(&host->settings, host_keys[i].setting, text, &rule) == 0)
                        return r;
                return refuse(p, key, text, rule);
        }
        return -ENOENT;
}

/* Returns 0, or -EINVAL where nothing of the host may be published. */
static int read_host(const Place *p, const YamlTree *value, HostSpec *host) {
        bool has_paths = false;

        if (value->kind != YAML_MAPPING && value->kind != YAML_NULL)
                return refuse(p, NULL, NULL, "must be a mapping from paths to port, dest and proto");
        for (size_t i = 0; i < value->count; i++) {
                int r = read_host_key(p, host, value->keys[i], value->items[i]);
                if (r == -EINVAL)
                        return r;
                if (r == -ENOENT)
                        add_path(p, host, value->keys[i], value->items[i]);
                has_paths = has_paths || r == -ENOENT;
        }
        if (!has_paths)
                host_spec_take_path(host, (PathSpec){ 0 });
        return host->n_paths > 0 ? 0 : -EINVAL;
}

static void add_host(const Place *all, const char *key, const YamlTree *value, HostSpecs *hosts) {
        _cleanup_free_ char *shown = problem_value(key), *reason = NULL;
        _cleanup_(host_spec_done) HostSpec host = { 0 };
        Place p = *all;

        p.where = shown;
        p.what = "host";
        if (host_name_read(key, &host.domain, &host.kind, &reason) < 0)
                (void)refuse(&p, NULL, NULL, reason);
        else if (host_specs_contain(hosts, host.domain))
                string_list_addf(p.problems, "%s: \"%s\" is there twice: the first counts", p.name, host.domain);
        else if (read_host(&p, value, &host) == 0) {
                host_specs_take(hosts, host);
                host = (HostSpec){ 0 };
        }
}

static void add_all(StringList *to, const char *name, const StringList *from) {
        for (size_t i = 0; i < from->count; i++)
                string_list_addf(to, "%s: %s", name, from->items[i]);
}

int multiports_parse(const char *name, const char *text, size_t size, HostSpecs *ret, StringList *problems,
                     StringList *warnings, char **ret_message) {
        const Place all = { .name = name, .problems = problems, .warnings = warnings };
        _cleanup_(yaml_tree_freep) YamlTree *root = NULL;
        _cleanup_string_list_ StringList twice = { 0 };
        _cleanup_free_ char *wrong = NULL;
        HostSpecs hosts = { 0 };

        if (yaml_tree_parse(text, size, &root, &twice, &wrong) < 0 || root->kind != YAML_MAPPING) {
                *ret_message =
                        xasprintf("%s: %s", name, wrong ? wrong : "must be a mapping from hosts to their paths");
                return -EINVAL;
        }
        add_all(problems, name, &twice);
        for (size_t i = 0; i < root->count; i++)
                add_host(&all, root->keys[i], root->items[i], &hosts);
        *ret = hosts;
        return 0;
}
