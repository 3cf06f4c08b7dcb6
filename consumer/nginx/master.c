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
        PID_LIMIT = 1 << 22,        /* PID_MAX_LIMIT of Linux */
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

typedef void WorkerFunc(void *userdata, const char *pid, const char *title);

static void worker_call(WorkerFunc *each, void *userdata, const char *pid) {
        _cleanup_free_ char *path = xasprintf("/proc/%s/cmdline", pid), *title = read_text(path, CMDLINE_MAX);

        if (title && has_prefix(title, "nginx: worker process")) /* as ngx_worker_process_cycle() sets it */
                each(userdata, pid, title);
}

static void each_worker(const NginxPolicy *policy, WorkerFunc *each, void *userdata) {
        pid_t master;

        if (find_master(policy, &master) < 0)
                return;
        _cleanup_free_ char *path = xasprintf("/proc/%d/task/%d/children", (int)master, (int)master);
        _cleanup_free_ char *children = read_text(path, CHILDREN_MAX);
        const char *cursor = children ? children : "";
        for (char *pid; (pid = next_word(&cursor, " \n")); free(pid))
                worker_call(each, userdata, pid);
}

static void count_worker(void *userdata, const char *pid, const char *title) {
        NginxWorkers *workers = userdata;

        (void)pid;
        if (strstr(title, "is shutting down"))
                workers->ending++;
        else
                workers->serving++;
}

NginxWorkers nginx_workers(const NginxPolicy *policy) {
        NginxWorkers workers = { 0 };

        each_worker(policy, count_worker, &workers);
        return workers;
}

/* When it began, in ticks since the boot: the 22nd field of proc(5), the 20th after the name; 0: it has ended. */
static uint64_t begin_of(const char *pid) {
        _cleanup_free_ char *path = xasprintf("/proc/%s/stat", pid), *text = read_text(path, CMDLINE_MAX),
                            *word = NULL;
        const char *cursor = text ? strrchr(text, ')') : NULL;
        uint64_t ticks;

        for (size_t i = 0; cursor && i <= 20; i++)
                REPLACE_PTR(word, next_word(&cursor, " "));
        return word && parse_unsigned(word, 0, UINT64_MAX, &ticks) == 0 ? ticks : 0;
}

/* Two that began in the same tick differ by their pids. */
static void keep_newest(void *userdata, const char *pid, const char *title) {
        uint64_t *newest = userdata, number = 0;

        (void)title;
        (void)parse_unsigned(pid, 1, PID_LIMIT - 1, &number);
        number += begin_of(pid) * PID_LIMIT;
        *newest = number > *newest ? number : *newest;
}

uint64_t nginx_newest_worker(const NginxPolicy *policy) {
        uint64_t newest = 0;

        each_worker(policy, keep_newest, &newest);
        return newest;
}

char *nginx_error_log_path(const NginxPolicy *policy) {
        _cleanup_free_ char *conf = read_text(policy->main_path, MAIN_CONF_FILE_MAX);

        _cleanup_free_ char *there = main_conf_error_log(conf ? conf : "", DEFAULT_ERROR_LOG);
        return there ? path_here(&policy->path_maps, there) : NULL;
}
