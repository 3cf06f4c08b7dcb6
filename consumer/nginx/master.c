/* nginx's master process. */
#include "consumer/nginx/master.h"

#include "common/file.h"
#include "common/text.h"
#include "consumer/nginx/main-conf.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

enum {
        PID_FILE_MAX = 64,
        CMDLINE_MAX = 64 * 1024,
        CHILDREN_MAX = 1024 * 1024, /* bytes of a list of pids */
};

#define DEFAULT_PID_PATH "/run/nginx.pid"
#define DEFAULT_ERROR_LOG "/var/log/nginx/error.log"

static char *read_text(const char *path, size_t max) {
        char *text = NULL;
        size_t size;

        return file_read(path, max, &text, &size) < 0 ? NULL : text;
}

/* The pid in the file; `nginx -t` leaves an empty one where there is none. */
static int read_pid(const NginxPolicy *policy, pid_t *ret) {
        _cleanup_free_ char *conf = read_text(policy->main_path, MAIN_CONF_FILE_MAX);
        _cleanup_free_ char *there = main_conf_pid_path(conf ? conf : "", DEFAULT_PID_PATH);
        _cleanup_free_ char *path = path_here(&policy->path_maps, there), *text = read_text(path, PID_FILE_MAX);
        _cleanup_free_ char *digits = text ? trimmed(text) : NULL;
        uint64_t pid;

        if (!digits || parse_unsigned(digits, 2, INT_MAX, &pid) < 0)
                return -ESRCH;
        *ret = (pid_t)pid;
        return 0;
}

/* A pid file may be left behind, and its number be somebody else's by now, whom a SIGHUP would end. Where /proc hides
 * other users' processes, the file has to be believed. */
static bool is_nginx(pid_t pid) {
        _cleanup_free_ char *path = xasprintf("/proc/%d/cmdline", (int)pid);
        _cleanup_free_ char *cmdline = read_text(path, CMDLINE_MAX);

        return !cmdline || strstr(cmdline, "nginx") || strstr(cmdline, "master process");
}

static int find_master(const NginxPolicy *policy, pid_t *ret) {
        pid_t pid;
        int r = read_pid(policy, &pid);

        if (r < 0)
                return r;
        if ((kill(pid, 0) < 0 && errno == ESRCH) || !is_nginx(pid))
                return -ESRCH;
        *ret = pid;
        return 0;
}

bool nginx_runs(const NginxPolicy *policy) {
        pid_t pid;

        return find_master(policy, &pid) == 0;
}

int nginx_signal(const NginxPolicy *policy) {
        pid_t pid;
        int r = find_master(policy, &pid);

        if (r < 0)
                return r;
        return kill(pid, SIGHUP) < 0 ? -errno : 0;
}

/* By its title, as ngx_worker_process_cycle() sets it. */
static void count_worker(NginxWorkers *workers, const char *pid) {
        _cleanup_free_ char *path = xasprintf("/proc/%s/cmdline", pid), *title = read_text(path, CMDLINE_MAX);

        if (!title || !has_prefix(title, "nginx: worker process"))
                return;
        if (strstr(title, "is shutting down"))
                workers->ending++;
        else
                workers->serving++;
}

NginxWorkers nginx_workers(const NginxPolicy *policy) {
        NginxWorkers workers = { 0 };
        pid_t master;

        if (find_master(policy, &master) < 0)
                return workers;
        _cleanup_free_ char *path = xasprintf("/proc/%d/task/%d/children", (int)master, (int)master);
        _cleanup_free_ char *children = read_text(path, CHILDREN_MAX);
        const char *cursor = children ? children : "";
        for (char *pid; (pid = next_word(&cursor, " \n")); free(pid))
                count_worker(&workers, pid);
        return workers;
}

char *nginx_error_log_path(const NginxPolicy *policy) {
        _cleanup_free_ char *conf = read_text(policy->main_path, MAIN_CONF_FILE_MAX);

        _cleanup_free_ char *there = main_conf_error_log(conf ? conf : "", DEFAULT_ERROR_LOG);
        return there ? path_here(&policy->path_maps, there) : NULL;
}
