/* Work in a thread. The thread and the loop share a Job, which goes with the last of them: most of what is worth a
 * thread cannot be interrupted, so it may well outlive whoever asked for it. */
#include "common/work.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>

typedef struct Job {
        atomic_uint references;
        atomic_bool finished; /* `data` is the thread's before, the loop's afterwards */
        int fd;               /* an eventfd that wakes the loop */
        WorkFunc *work;
        void *data;
        void (*free_data)(void *data);
} Job;

struct Work {
        Job *job;
        sd_event_source *source;
        WorkDoneFunc *done;
        void *userdata;
};

static void job_free_data(Job *j) {
        void *data = TAKE_PTR(j->data);

        if (data)
                j->free_data(data);
}

static void job_unref(Job *j) {
        if (atomic_fetch_sub(&j->references, 1) > 1)
                return;
        job_free_data(j);
        closep(&j->fd);
        free(j);
}

static void *run(void *userdata) {
        Job *j = userdata;

        j->work(j->data);
        atomic_store(&j->finished, true);
        (void)eventfd_write(j->fd, 1);
        job_unref(j);
        return NULL;
}

static int on_finished(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Work *w = userdata;

        (void)source, (void)fd, (void)events;
        if (!atomic_load(&w->job->finished))
                return 0;
        w->done(w->job->data, w->userdata);
        job_free_data(w->job);
        (void)work_free(w);
        return 0;
}

/* With all signals blocked, so that the loop goes on to get them. Returns 0 or -errno. */
static int start_thread(Job *j) {
        sigset_t all, before;
        pthread_attr_t attributes;
        pthread_t thread;

        (void)sigfillset(&all);
        (void)pthread_attr_init(&attributes);
        (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        atomic_fetch_add(&j->references, 1);
        (void)pthread_sigmask(SIG_BLOCK, &all, &before);
        int r = pthread_create(&thread, &attributes, run, j);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        (void)pthread_attr_destroy(&attributes);
        if (r != 0)
                job_unref(j);
        return -r;
}

/* Watches before it starts the thread, since the thread cannot be taken back. */
static int start(Work *w, sd_event *event) {
        Job *j = w->job;

        j->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (j->fd < 0)
                return -errno;
        int r = sd_event_add_io(event, &w->source, j->fd, EPOLLIN, on_finished, w);
        return r < 0 ? r : start_thread(j);
}

int work_start(Work **ret, sd_event *event, WorkFunc *work, void *data, void (*free_data)(void *data),
               WorkDoneFunc *done, void *userdata) {
        _cleanup_(work_freep) Work *w = new0(Work);

        *w = (Work){ .job = new0(Job), .done = done, .userdata = userdata };
        *w->job = (Job){ .references = 1, .fd = -1, .work = work, .data = data, .free_data = free_data };
        int r = start(w, event);
        if (r < 0) {
                w->job->data = NULL;
                return r;
        }
        *ret = TAKE_PTR(w);
        return 0;
}

Work *work_free(Work *w) {
        if (!w)
                return NULL;
        (void)sd_event_source_disable_unref(w->source);
        job_unref(w->job);
        free(w);
        return NULL;
}
