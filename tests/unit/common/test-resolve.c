/* Names are looked up off the loop, and a question can be dropped at any moment. getaddrinfo is ours here, so that its
 * threads wait for as long as a test wants. */
#include "common/resolve.h"
#include "common/text.h"
#include "tests/unit/check-main.h"
#include "tests/unit/common/threads.h"

#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static sem_t entered, gate;               /* a look-up has begun; it may go on */
static atomic_bool thread_blocks_signals; /* as of the last look-up */

typedef int GetAddrInfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* Only "localhost" exists. Does the real thing for addresses. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret) {
        GetAddrInfo *real;
        sigset_t mask;

        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
        if (hints->ai_flags & AI_NUMERICHOST)
                return real(name, service, hints, ret);
        (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
        atomic_store(&thread_blocks_signals, sigismember(&mask, SIGTERM) && sigismember(&mask, SIGCHLD));
        (void)sem_post(&entered);
        while (sem_wait(&gate) < 0)
                ;
        return strcmp(name, "localhost") == 0 ? real("127.0.0.1", service, hints, ret) : EAI_NONAME;
}

typedef struct Outcome {
        int calls;
        char *address, *error;
} Outcome;

static void note_answer(void *userdata, const StringList *addresses, const char *error) {
        Outcome *o = userdata;

        o->calls++;
        o->address = addresses->count > 0 ? xstrdup(addresses->items[0]) : NULL;
        o->error = error ? xstrdup(error) : NULL;
}

static void outcome_done(Outcome *o) {
        free(o->address);
        free(o->error);
        *o = (Outcome){ 0 };
}

static sd_event *event_new(void) {
        sd_event *event = NULL;

        threads_note();
        ck_assert_int_eq(sem_init(&entered, 0, 0), 0);
        ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
        ck_assert_int_ge(sd_event_new(&event), 0);
        return event;
}

static void run_until_answered(sd_event *event, Outcome *o) {
        while (o->calls == 0)
                ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
}

static void run_until_idle(sd_event *event) {
        while (sd_event_run(event, 0) > 0)
                ;
}

START_TEST(an_address_stands_for_itself) {
        static const struct {
                const char *host, *address;
        } cases[] = { { "10.1.2.3", "10.1.2.3" }, { "2001:db8:0::1", "2001:db8::1" }, { "::1", "::1" } };
        sd_event *event = event_new();

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(outcome_done) Outcome o = { 0 };
                Resolution *q = NULL;
                ck_assert_int_eq(resolve_start(&q, event, cases[i].host, note_answer, &o), 0);
                ck_assert_int_eq(o.calls, 0);
                run_until_idle(event);
                ck_assert_int_eq(o.calls, 1);
                ck_assert_str_eq(o.address, cases[i].address);
                ck_assert_ptr_null(o.error);
        }
        ck_assert_int_eq(sem_trywait(&entered), -1);
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(the_loop_runs_while_a_name_is_looked_up) {
        _cleanup_(outcome_done) Outcome o = { 0 };
        sd_event *event = event_new();
        Resolution *q = NULL;

        ck_assert_int_eq(resolve_start(&q, event, "localhost", note_answer, &o), 0);
        ck_assert_int_eq(sem_wait(&entered), 0);
        run_until_idle(event);
        ck_assert_int_eq(o.calls, 0);
        (void)sem_post(&gate);
        run_until_answered(event, &o);
        run_until_idle(event);
        ck_assert_int_eq(o.calls, 1);
        ck_assert_str_eq(o.address, "127.0.0.1");
        ck_assert_ptr_null(o.error);
        threads_wait();
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(an_unknown_name_is_said) {
        _cleanup_(outcome_done) Outcome o = { 0 };
        sd_event *event = event_new();
        Resolution *q = NULL;

        (void)sem_post(&gate);
        ck_assert_int_eq(resolve_start(&q, event, "nowhere", note_answer, &o), 0);
        run_until_answered(event, &o);
        ck_assert_ptr_null(o.address);
        ck_assert_str_eq(o.error, "Name or service not known");
        threads_wait();
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(a_dropped_question_gets_no_answer) {
        _cleanup_(outcome_done) Outcome o = { 0 };
        sd_event *event = event_new();

        for (int i = 0; i < 100; i++) {
                Resolution *early = NULL, *late = NULL, *numeric = NULL;
                ck_assert_int_eq(resolve_start(&early, event, "localhost", note_answer, &o), 0);
                ck_assert_int_eq(resolve_start(&late, event, "localhost", note_answer, &o), 0);
                ck_assert_int_eq(resolve_start(&numeric, event, "::1", note_answer, &o), 0);
                (void)resolve_free(early); /* while its thread runs */
                (void)resolve_free(numeric);
                (void)sem_post(&gate);
                (void)sem_post(&gate);
                threads_wait();
                (void)resolve_free(late); /* answered, but the loop has not seen it */
                run_until_idle(event);
        }
        ck_assert_int_eq(o.calls, 0);
        ck_assert_ptr_null(resolve_free(NULL));
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(many_questions_each_get_their_answer) {
        enum { COUNT = 50 };
        Outcome outcomes[COUNT] = { 0 };
        sd_event *event = event_new();

        for (int i = 0; i < COUNT; i++) {
                Resolution *q = NULL;
                const char *host = i % 2 ? "localhost" : "nowhere";
                ck_assert_int_eq(resolve_start(&q, event, host, note_answer, &outcomes[i]), 0);
        }
        for (int i = 0; i < COUNT; i++)
                (void)sem_post(&gate);
        for (int i = 0; i < COUNT; i++) {
                run_until_answered(event, &outcomes[i]);
                ck_assert_int_eq(outcomes[i].address != NULL, i % 2);
                outcome_done(&outcomes[i]);
        }
        threads_wait();
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(signals_go_to_the_loop_and_not_to_the_thread) {
        _cleanup_(outcome_done) Outcome o = { 0 };
        sd_event *event = event_new();
        Resolution *q = NULL;
        sigset_t ours;

        ck_assert_int_eq(resolve_start(&q, event, "localhost", note_answer, &o), 0);
        ck_assert_int_eq(sem_wait(&entered), 0);
        ck_assert(thread_blocks_signals);
        ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &ours), 0);
        ck_assert_int_eq(sigismember(&ours, SIGTERM), 0);
        (void)sem_post(&gate);
        run_until_answered(event, &o);
        threads_wait();
        (void)sd_event_unref(event);
}
END_TEST

TEST_MAIN("resolve", an_address_stands_for_itself, the_loop_runs_while_a_name_is_looked_up, an_unknown_name_is_said,
          a_dropped_question_gets_no_answer, many_questions_each_get_their_answer,
          signals_go_to_the_loop_and_not_to_the_thread)
