/* Any text as nginx's main configuration and as the files it includes: neither may crash, hang, or lose the candidate,
 * and what was rewritten parses again. The files are in memory: glob(3) is the target's own. */
#include "common/text.h"
#include "consumer/nginx/conf-syntax.h"
#include "consumer/nginx/main-conf.h"

#include <errno.h>
#include <glob.h>
#include <stdint.h>
#include <string.h>

#define LIVE "/etc/nginx/conf.d/beachhead.conf"

enum { READS_MAX = 50 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static size_t n_read;

/* Whatever the pattern, two other files. */
int glob(const char *restrict pattern, int flags, int (*on_error)(const char *, int), glob_t *restrict found) {
        static char *files[] = { (char *)"/etc/nginx/conf.d/a.conf", (char *)"/etc/nginx/conf.d/z[1].conf", NULL };

        (void)pattern, (void)flags, (void)on_error;
        found->gl_pathc = 2;
        found->gl_pathv = files;
        return 0;
}

void globfree(glob_t *found) {
        *found = (glob_t){ 0 };
}

/* The main configuration is the text to its first NUL, every other file the text behind it. */
static int read_piece(void *userdata, const char *path, char **ret) {
        const char *text = userdata;

        if (++n_read > READS_MAX)
                return -ENOENT;
        *ret = xstrdup(strcmp(path, "/etc/nginx/nginx.conf") == 0 ? text : text + strlen(text) + 1);
        return 0;
}

static void require(bool true_for_all_inputs) {
        if (!true_for_all_inputs)
                abort();
}

static void check_rewritten(const char *text) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };

        require(strstr(text, "include \"/candidate\";") != NULL);
        do
                require(conf_read(&text, &s) == 0);
        while (s.type != CONF_END);
}

static const PathMaps no_maps;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        /* Two NULs behind it: there are always two texts. */
        _cleanup_free_ char *texts = xcalloc(size + 2, 1), *rewritten = NULL;
        _cleanup_string_list_ StringList names = { 0 };

        if (size > 0)
                memcpy(texts, bytes, size);
        n_read = 0;
        if (main_conf_with_candidate("/etc/nginx/nginx.conf", LIVE, "/candidate", &no_maps, read_piece, texts,
                                     &rewritten) == 0)
                check_rewritten(rewritten);
        conf_add_directives(texts, &names);
        _cleanup_free_ char *pid = main_conf_pid_path(texts, "/run/nginx.pid");
        _cleanup_free_ char *log = main_conf_error_log(texts, "/var/log/nginx/error.log");
        require(*pid == '/' && (!log || *log == '/'));
        return 0;
}
