/* What lies on disk for nginx, watched. */
#include "consumer/nginx/disk-watch.h"

#include "common/file.h"
#include "common/watch.h"
#include "consumer/nginx/file-stamp.h"

enum { WATCHES = 5 };

struct DiskWatch {
        const NginxPolicy *policy;
        DiskWatchHandlers handlers;
        char *main_directory, *proxy_conf_directory;
        FileStamp main_stamp;
        Watch *watches[WATCHES];
};

static void on_files_changed(void *userdata) {
        DiskWatch *w = userdata;

        w->handlers.files(w->handlers.userdata);
}

/* Our own copy of it comes and goes beside it. */
static void on_main_changed(void *userdata) {
        DiskWatch *w = userdata;
        FileStamp stamp = file_stamp(w->policy->main_path);

        if (file_stamp_equal(&stamp, &w->main_stamp))
                return;
        w->main_stamp = stamp;
        w->handlers.main(w->handlers.userdata);
}

DiskWatch *disk_watch_new(sd_event *event, const NginxPolicy *policy, DiskWatchHandlers handlers) {
        const char *const directories[] = { policy->cert_dir, policy->vhost_dir, policy->htpasswd_dir };
        DiskWatch *w = new0(DiskWatch);

        *w = (DiskWatch){
                .policy = policy,
                .handlers = handlers,
                .main_directory = file_directory(policy->main_path),
                .proxy_conf_directory = policy->proxy_conf ? file_directory(policy->proxy_conf) : NULL,
                .main_stamp = file_stamp(policy->main_path),
        };
        size_t n = 0;
        for (; n < sizeof directories / sizeof *directories; n++)
                w->watches[n] = watch_new(event, directories[n], WATCH_ALL_IN_IT, on_files_changed, w);
        w->watches[n++] = watch_new(event, w->proxy_conf_directory, WATCH_ITSELF, on_files_changed, w);
        w->watches[n++] = watch_new(event, w->main_directory, WATCH_ITSELF, on_main_changed, w);
        return w;
}

void disk_watch_refresh(DiskWatch *w) {
        for (size_t i = 0; i < WATCHES; i++)
                watch_refresh(w->watches[i]);
}

bool disk_watch_is_in_transit(const DiskWatch *w) {
        for (size_t i = 0; i < WATCHES; i++)
                if (watch_is_in_transit(w->watches[i]))
                        return true;
        return false;
}

DiskWatch *disk_watch_free(DiskWatch *w) {
        if (!w)
                return NULL;
        for (size_t i = 0; i < WATCHES; i++)
                (void)watch_free(w->watches[i]);
        free(w->main_directory);
        free(w->proxy_conf_directory);
        free(w);
        return NULL;
}
