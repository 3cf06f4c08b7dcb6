/* nginx's main configuration: what of it must be read, and the private copy in which a candidate is checked. Source of
 * the rules: nginx's ngx_conf_include(), and glob(3), which it calls. */
#include "consumer/nginx/main-conf.h"

#include "common/file.h"
#include "common/text.h"
#include "consumer/nginx/conf-syntax.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <string.h>

/* Its paths are nginx's. */
typedef struct Rewriter {
        char *directory; /* of the main configuration */
        char *live, *candidate;
        const PathMaps *maps;
        MainConfReadFunc *read;
        void *userdata;
        unsigned depth;
        size_t n_read;
        int error;          /* the first one that kept us from looking into a file */
        const char *wanted; /* a directive; or NULL */
        bool has_wanted;
} Rewriter;

static void rewriter_done(Rewriter *w) {
        free(w->directory);
        free(w->live);
        free(w->candidate);
}

/* `path` against `directory`, with "//" and "/./" as "/". */
static char *full_path(const char *directory, const char *path) {
        _cleanup_free_ char *joined = *path == '/' ? xstrdup(path) : xasprintf("%s/%s", directory, path);
        char *full = xstrdup(joined), *to = full;

        for (const char *c = joined; *c;) {
                if (has_prefix(c, "//"))
                        c++;
                else if (has_prefix(c, "/./"))
                        c += 2;
                else
                        *to++ = *c++;
        }
        *to = '\0';
        return full;
}

/* The files that nginx reads for the argument of an include, in its order; the live one also where it does not exist
 * yet. */
static void find_files(const Rewriter *w, const char *pattern, StringList *files) {
        _cleanup_free_ char *here = path_here(w->maps, pattern);
        glob_t found = { 0 };

        if (!conf_is_pattern(pattern)) {
                string_list_add(files, pattern);
                return;
        }
        if (glob(here, GLOB_NOSORT, NULL, &found) == 0)
                for (size_t i = 0; i < found.gl_pathc; i++)
                        string_list_take(files, path_there(w->maps, found.gl_pathv[i]));
        globfree(&found);
        if (fnmatch(pattern, w->live, FNM_PATHNAME | FNM_PERIOD) == 0 && !string_list_contains(files, w->live))
                string_list_add(files, w->live);
        string_list_sort(files);
}

static int rewrite_text(Rewriter *w, const char *text, Text *to, bool *found);

static int rewrite_file(Rewriter *w, const char *path, Text *to, bool *found) {
        _cleanup_free_ char *here = path_here(w->maps, path), *text = NULL;

        if (w->depth >= MAIN_CONF_DEPTH_MAX)
                return -ELOOP;
        if (w->n_read >= MAIN_CONF_FILES_MAX)
                return -E2BIG;
        w->n_read++;
        int r = w->read(w->userdata, here, &text);
        if (r < 0)
                return r;
        if (strlen(text) > MAIN_CONF_FILE_MAX)
                return -EFBIG;
        w->depth++;
        r = rewrite_text(w, text, to, found);
        w->depth--;
        return r;
}

/* One file of an include: the candidate, its own text where that leads to the candidate, or its name. */
static bool rewrite_included(Rewriter *w, const char *path, Text *to) {
        _cleanup_text_ Text text = { 0 };
        bool found = false;

        if (strcmp(path, w->live) == 0) {
                conf_append_include(to, w->candidate);
                return true;
        }
        int r = rewrite_file(w, path, &text, &found);
        if (r < 0 && w->error == 0)
                w->error = r;
        if (r < 0 || !found) {
                conf_append_include(to, path);
                return false;
        }
        text_append(to, "\n");
        text_append_bytes(to, text.data, text.size);
        text_append(to, "\n");
        return true;
}

/* An include that does not lead to the live file stays as it was written. */
static void rewrite_include(Rewriter *w, const ConfStatement *s, Text *to, bool *found) {
        _cleanup_free_ char *pattern = full_path(w->directory, s->words.items[1]);
        _cleanup_string_list_ StringList files = { 0 };
        _cleanup_text_ Text text = { 0 };
        bool leads = false;

        find_files(w, pattern, &files);
        for (size_t i = 0; i < files.count; i++) {
                if (i > 0)
                        text_append(&text, " ");
                if (rewrite_included(w, files.items[i], &text))
                        leads = true;
        }
        if (leads)
                text_append_bytes(to, text.data, text.size);
        else
                text_append_bytes(to, s->start, (size_t)(s->end - s->start));
        *found |= leads;
}

static bool is_include(const ConfStatement *s) {
        return s->type == CONF_DIRECTIVE && s->words.count == 2 && strcmp(s->words.items[0], "include") == 0;
}

/* Copies `text` with its includes rewritten. Its blocks must be balanced: put in whole, it would otherwise close or
 * open those of others. */
static int rewrite_text(Rewriter *w, const char *text, Text *to, bool *found) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };
        const char *copied = text;
        size_t depth = 0;

        for (;;) {
                int r = conf_read(&text, &s);
                if (r < 0)
                        return r;
                if (s.type == CONF_END)
                        break;
                if (s.type == CONF_BLOCK_START)
                        depth++;
                if (s.type == CONF_BLOCK_END && depth-- == 0)
                        return -EBADMSG;
                if (w->wanted && s.words.count > 0 && strcmp(s.words.items[0], w->wanted) == 0)
                        w->has_wanted = true;
                if (is_include(&s)) {
                        text_append_bytes(to, copied, (size_t)(s.start - copied));
                        rewrite_include(w, &s, to, found);
                        copied = s.end;
                }
        }
        text_append(to, copied);
        return depth == 0 ? 0 : -EBADMSG;
}

static Rewriter rewriter_new(const char *main_path, const char *live_path, const PathMaps *maps,
                             MainConfReadFunc *read, void *userdata) {
        _cleanup_free_ char *live = path_there(maps, live_path);

        return (Rewriter){
                .directory = file_directory(main_path),
                .live = full_path("", live),
                .maps = maps,
                .read = read,
                .userdata = userdata,
        };
}

int main_conf_with_candidate(const char *main_path, const char *live_path, const char *candidate_path,
                             const PathMaps *maps, MainConfReadFunc *read, void *userdata, char **ret) {
        _cleanup_free_ char *main = path_there(maps, main_path);
        _cleanup_(rewriter_done) Rewriter w = rewriter_new(main, live_path, maps, read, userdata);
        _cleanup_text_ Text text = { 0 };
        bool found = false;

        w.candidate = path_there(maps, candidate_path);
        int r = rewrite_file(&w, main, &text, &found);
        if (r < 0)
                return r;
        if (!found)
                return w.error < 0 ? w.error : -ENOENT;
        *ret = text_take(&text);
        return 0;
}

bool main_conf_has(const char *main_path, const char *live_path, const PathMaps *maps, MainConfReadFunc *read,
                   void *userdata, const char *name) {
        _cleanup_free_ char *main = path_there(maps, main_path);
        _cleanup_(rewriter_done) Rewriter w = rewriter_new(main, live_path, maps, read, userdata);
        _cleanup_text_ Text text = { 0 };
        bool found = false;

        w.candidate = xstrdup(w.live);
        w.wanted = name;
        (void)rewrite_file(&w, main, &text, &found);
        return w.has_wanted;
}

/* The first argument of the next directive `name` at the top level; NULL without one. */
static char *next_argument(const char **text, const char *name) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };
        size_t depth = 0;

        while (conf_read(text, &s) >= 0 && s.type != CONF_END) {
                if (s.type == CONF_DIRECTIVE && depth == 0 && s.words.count > 1 && strcmp(s.words.items[0], name) == 0)
                        return TAKE_PTR(s.words.items[1]);
                if (s.type == CONF_BLOCK_START)
                        depth++;
                if (s.type == CONF_BLOCK_END && depth-- == 0)
                        break;
        }
        return NULL;
}

char *main_conf_pid_path(const char *text, const char *otherwise) {
        _cleanup_free_ char *path = next_argument(&text, "pid");

        return path ? full_path(MAIN_CONF_PREFIX, path) : xstrdup(otherwise);
}

static bool is_log_file(const char *log) {
        return strcmp(log, "stderr") != 0 && !has_prefix(log, "syslog:") && !has_prefix(log, "memory:");
}

char *main_conf_error_log(const char *text, const char *otherwise) {
        bool any = false;

        for (;;) {
                _cleanup_free_ char *log = next_argument(&text, "error_log");
                if (!log)
                        return any ? NULL : xstrdup(otherwise);
                if (is_log_file(log))
                        return full_path(MAIN_CONF_PREFIX, log);
                any = true;
        }
}
