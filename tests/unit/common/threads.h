/* How many threads the process has, to wait for those that nobody joins. */
#pragma once

#include <check.h>
#include <dirent.h>
#include <sched.h>

static int usual_threads;

static inline int threads_count(void) {
        DIR *tasks = opendir("/proc/self/task");
        int count = -2; /* "." and ".." */

        ck_assert_ptr_nonnull(tasks);
        while (readdir(tasks))
                count++;
        (void)closedir(tasks);
        return count;
}

/* Before the first one is started. */
static inline void threads_note(void) {
        usual_threads = threads_count();
}

/* Until those that came since are gone, and with them all that they held. */
static inline void threads_wait(void) {
        while (threads_count() > usual_threads)
                (void)sched_yield();
}
