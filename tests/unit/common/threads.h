/* How many threads the process has, to wait for those that nobody joins. */
#pragma once

#include <check.h>
#include <sched.h>
#include <sys/stat.h>

static int usual_threads;

/* By the links of the directory, not by its entries: while threads end, reading these may miss some that still run. */
static inline int threads_count(void) {
        struct stat st;

        ck_assert_int_eq(stat("/proc/self/task", &st), 0);
        return (int)st.st_nlink - 2; /* "." and ".." */
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
