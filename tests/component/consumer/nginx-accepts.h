/* Runs the unit tests of a rendering again: nginx itself must accept whatever is rendered in them. Include this before
 * the file with the tests. What they call /files is a directory with all that a rendering may name. */
#pragma once

#include "common/file.h"
#include "consumer/nginx/render.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define RENDERING_MADE(vhosts, count, policy, rendering) nginx_accepts(vhosts, count, policy, rendering)

/* A certificate, which is its own CA with a CRL, and what may lie beside it. */
#define MAKE_FILES                                                                                                    \
        "cd \"$d\" && mkdir -m 755 acme && : >index && "                                                              \
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=a.org "         \
        "-keyout a.key -out a.crt 2>errors && cp a.crt ca.crt && cp a.crt a.chain.pem && "                            \
        "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\ndefault_md=sha256\\n' >ca.conf && "                     \
        "openssl ca -gencrl -config ca.conf -keyfile a.key -cert a.crt -crldays 30 -out crl.pem 2>errors && "         \
        "openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out a.dhparam.pem 2>errors"

/* In a network of its own: a check binds the ports, the privileged ones too. A stapling is ignored aloud where the
 * certificate names nobody to ask. */
#define CHECK                                                                                                         \
        "unshare -n sh -c 'ip link set lo up && nginx -t -q -p \"$0\" -c nginx.conf' \"$d\" 2>\"$d/errors\" && "      \
        "! grep -v ssl_stapling \"$d/errors\""

#define MAIN                                                                                                          \
        "pid nginx.pid;\nerror_log stderr;\nevents { }\n"                                                             \
        "http {\naccess_log off;\nclient_body_temp_path tmp;\nproxy_temp_path tmp;\nfastcgi_temp_path tmp;\n"         \
        "uwsgi_temp_path tmp;\nscgi_temp_path tmp;\n%s%s\n}\n"
#define ROOM_FOR_NAMES "server_names_hash_bucket_size 512;\n"

static char accepted_in[] = "/tmp/beachhead-accepts-XXXXXX";
static pid_t accepted_by;

/* A shell command, in which $d is the directory. */
static bool run(const char *shell_command) {
        _cleanup_free_ char *command = xasprintf("d='%s'; %s", accepted_in, shell_command);

        return system(command) == 0;
}

/* Before Check forks for each test, and after all. */
__attribute__((constructor)) static void begin_accepting(void) {
        accepted_by = getpid();
        if (!mkdtemp(accepted_in) || !run(MAKE_FILES))
                abort();
}

__attribute__((destructor)) static void end_accepting(void) {
        if (getpid() == accepted_by)
                (void)run("rm -rf \"$d\"");
}

/* "/files/NAME" as it is called here. */
static char *file_here(const char *path) {
        ck_assert(has_prefix(path, "/files/"));
        return xasprintf("%s/%s", accepted_in, path + strlen("/files/"));
}

static void write_file(const OverrideFile *file) {
        if (!file || !file->path)
                return;
        _cleanup_free_ char *path = file_here(file->path);
        const char *text = file->text ? file->text : "";
        ck_assert_int_eq(file_replace(path, text, strlen(text), 0644), 0);
}

static void write_overrides(const Vhost *v) {
        if (!v->overrides)
                return;
        write_file(&v->overrides->server);
        for (size_t i = 0; i < v->overrides->n_locations; i++) {
                write_file(&v->overrides->locations[i].include);
                write_file(&v->overrides->locations[i].replacing);
                write_file(&v->overrides->locations[i].htpasswd);
        }
}

static char *with_files_here(const char *text) {
        Text t = { 0 };

        for (const char *found; (found = strstr(text, "/files/")); text = found + strlen("/files")) {
                text_append_bytes(&t, text, (size_t)(found - text));
                text_append(&t, accepted_in);
        }
        text_append(&t, text);
        return text_take(&t);
}

/* The main configuration with the rendering in its http block, and all that it names. */
static void write_configuration(const Vhost *vhosts, size_t count, const RenderPolicy *policy, const Rendering *r) {
        _cleanup_free_ char *text = with_files_here(r->text), *main_text = NULL;

        main_text = xasprintf(MAIN, policy->sets_names_hash ? "" : ROOM_FOR_NAMES, text);
        write_file(policy->proxy_conf);
        for (size_t i = 0; i < count; i++)
                write_overrides(&vhosts[i]);
        write_file(&(OverrideFile){ .path = (char *)"/files/nginx.conf", .text = main_text });
}

static inline void nginx_accepts(const Vhost *vhosts, size_t count, const RenderPolicy *policy, const Rendering *r) {
        write_configuration(vhosts, count, policy, r);
        if (run(CHECK))
                return;
        (void)run("cat \"$d/nginx.conf\" \"$d/errors\" >&2");
        ck_abort_msg("nginx refuses a rendering");
}
