/* What takes long is done beside the loop, and can be given up at any moment. */
#include "common/work.h"
#include "tests/unit/check-main.h"
#include "tests/unit/common/threads.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

static sem_t entered, gate; /* a work has begun; it may go on */
static atomic_int freed;
static bool is_without_threads;

typedef int PthreadCreate(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

/* The real one, unless there are to be no more threads. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *userdata) {
        PthreadCreate *real;

        *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
        return is_without_threads ? EAGAIN : real(thread, attributes, run, userdata);
}

typedef struct Sum {
        int a, b, sum;
        bool blocked_signals;
} Sum;

static void add(void *data) {
        Sum *s = data;
        sigset_t mask;

        (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
        s->blocked_signals = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGCHLD);
        (void)sem_post(&entered);
        while (sem_wait(&gate) < 0)
                ;
        s->sum = s->a + s->b;
}

static void sum_free(void *data) {
        atomic_fetch_add(&freed, 1);
        free(data);
}

static Sum *sum_new(int a, int b) {
        Sum *s = new0(Sum);

        *s = (Sum){ .a = a, .b = b };
        return s;
}

typedef struct Outcome {
        int calls, sum, freed_before;
        bool blocked_signals;
} Outcome;

static void note_sum(void *data, void *userdata) {
        const Sum *s = data;
        Outcome *o = userdata;

        *o = (Outcome){ .calls = o->calls + 1,
                        .sum = s->sum,
                        .freed_before = atomic_load(&freed),
                        .blocked_signals = s->blocked_signals };
}

static sd_event *event_new(void) {
        sd_event *event = NULL;

        threads_note();
        ck_assert_int_eq(sem_init(&entered, 0, 0), 0);
        ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
        ck_assert_int_ge(sd_event_new(&event), 0);
        return event;
}

static Work *start(sd_event *event, int a, int b, Outcome *o) {
        Work *w = NULL;

        ck_assert_int_eq(work_start(&w, event, add, sum_new(a, b), sum_free, note_sum, o), 0);
        ck_assert_ptr_nonnull(w);
        return w;
}

static void run_until_idle(sd_event *event) {
        while (sd_event_run(event, 0) > 0)
                ;
}

static void run_until_called(sd_event *event, const Outcome *o) {
        while (o->calls == 0)
                ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
}

START_TEST(the_loop_runs_beside_the_work_and_then_gets_its_result) {
        Outcome o = { 0 };
        sd_event *event = event_new();

        (void)start(event, 2, 3, &o);
        ck_assert_int_eq(sem_wait(&entered), 0);
        run_until_idle(event);
        ck_assert_int_eq(o.calls, 0);
        (void)sem_post(&gate);
        run_until_called(event, &o);
        run_until_idle(event);
        ck_assert_int_eq(o.calls, 1);
        ck_assert_int_eq(o.sum, 5);
        ck_assert_int_eq(o.freed_before, 0);
        ck_assert_int_eq(atomic_load(&freed), 1);
        threads_wait();
        ck_assert_int_eq(atomic_load(&freed), 1);
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(signals_go_to_the_loop_and_not_to_the_thread) {
        Outcome o = { 0 };
        sd_event *event = event_new();
        sigset_t ours;

        (void)sem_post(&gate);
        (void)start(event, 2, 3, &o);
        run_until_called(event, &o);
        ck_assert(o.blocked_signals);
        ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &ours), 0);
        ck_assert_int_eq(sigismember(&ours, SIGTERM), 0);
        threads_wait();
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(what_was_given_up_is_freed_and_not_told) {
        Outcome o = { 0 };
        sd_event *event = event_new();

        for (int i = 0; i < 100; i++) {
                Work *early = start(event, 1, 1, &o), *late = start(event, 1, 1, &o);
                ck_assert_int_eq(sem_wait(&entered), 0);
                ck_assert_int_eq(sem_wait(&entered), 0);
                (void)work_free(early); /* while its thread runs */
                ck_assert_int_eq(atomic_load(&freed), 2 * i);
                (void)sem_post(&gate);
                (void)sem_post(&gate);
                threads_wait();
                (void)work_free(late); /* done, but the loop has not seen it */
                ck_assert_int_eq(atomic_load(&freed), 2 * i + 2);
                run_until_idle(event);
        }
        ck_assert_int_eq(o.calls, 0);
        ck_assert_ptr_null(work_free(NULL));
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(many_works_each_give_their_result) {
        enum { COUNT = 50 };
        Outcome outcomes[COUNT] = { 0 };
        sd_event *event = event_new();

        for (int i = 0; i < COUNT; i++)
                (void)start(event, i, 1000, &outcomes[i]);
        for (int i = 0; i < COUNT; i++)
                (void)sem_post(&gate);
        for (int i = 0; i < COUNT; i++) {
                run_until_called(event, &outcomes[i]);
                ck_assert_int_eq(outcomes[i].sum, i + 1000);
        }
        threads_wait();
        ck_assert_int_eq(atomic_load(&freed), COUNT);
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(where_there_is_no_thread_to_be_had_the_data_stay_the_callers) {
        Outcome o = { 0 };
        sd_event *event = event_new();
        Sum *s = sum_new(2, 3);
        Work *w = NULL;

        is_without_threads = true;
        ck_assert_int_eq(work_start(&w, event, add, s, sum_free, note_sum, &o), -EAGAIN);
        ck_assert_ptr_null(w);
        ck_assert_int_eq(atomic_load(&freed), 0);
        ck_assert_int_eq(s->a, 2);
        sum_free(s);
        run_until_idle(event);
        ck_assert_int_eq(o.calls, 0);
        (void)sd_event_unref(event);
}
END_TEST

TEST_MAIN("work", the_loop_runs_beside_the_work_and_then_gets_its_result, signals_go_to_the_loop_and_not_to_the_thread,
          what_was_given_up_is_freed_and_not_told, many_works_each_give_their_result,
          where_there_is_no_thread_to_be_had_the_data_stay_the_callers)
