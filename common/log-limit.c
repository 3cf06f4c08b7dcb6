/* How many lines of one kind the log takes. Pure. */
#include "common/log-limit.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

typedef struct Subject {
        char *name;
        unsigned lines;
        UT_hash_handle hh;
} Subject;

/* There are as many as the program has formats; the subjects of one are no more than its lines. */
typedef struct Kind {
        const char *format;
        uint64_t window_end_usec;
        unsigned lines;
        uint64_t left_out;
        Subject *subjects;
        UT_hash_handle hh;
} Kind;

struct LogLimit {
        Kind *kinds;
};

LogLimit *log_limit_new(void) {
        return new0(LogLimit);
}

static void forget_subjects(Kind *k) {
        Subject *s, *next;

        HASH_ITER (hh, k->subjects, s, next) {
                HASH_DEL(k->subjects, s);
                free(s->name);
                free(s);
        }
}

static void begin_window(Kind *k, uint64_t now_usec) {
        forget_subjects(k);
        k->lines = 0;
        k->window_end_usec = now_usec + LOG_WINDOW_SECONDS * UINT64_C(1000000);
}

static Kind *find_kind(LogLimit *l, const char *format) {
        Kind *k;

        HASH_FIND_PTR(l->kinds, &format, k);
        if (!k) {
                k = new0(Kind);
                k->format = format;
                HASH_ADD_PTR(l->kinds, format, k);
        }
        return k;
}

static Subject *find_subject(Kind *k, const char *name) {
        Subject *s;

        HASH_FIND_STR(k->subjects, name, s);
        if (!s) {
                s = new0(Subject);
                s->name = xstrdup(name);
                HASH_ADD_KEYPTR(hh, k->subjects, s->name, strlen(s->name), s);
        }
        return s;
}

LogPermit log_limit_take(LogLimit *l, const char *kind, const char *subject, uint64_t now_usec) {
        Kind *k = find_kind(l, kind);

        if (now_usec >= k->window_end_usec)
                begin_window(k, now_usec);
        Subject *s = subject && k->lines < LOG_KIND_LINES ? find_subject(k, subject) : NULL;
        if (k->lines == LOG_KIND_LINES || (s && s->lines == LOG_SUBJECT_LINES)) {
                k->left_out++;
                return LOG_PERMIT_LEAVE_OUT;
        }
        k->lines++;
        bool last = (s && ++s->lines == LOG_SUBJECT_LINES) || k->lines == LOG_KIND_LINES;
        return last ? LOG_PERMIT_LAST : LOG_PERMIT_WRITE;
}

const char *log_limit_left_out(LogLimit *l, uint64_t now_usec, uint64_t *ret_count) {
        for (Kind *k = l->kinds; k; k = k->hh.next) {
                if (k->left_out == 0 || now_usec < k->window_end_usec)
                        continue;
                *ret_count = k->left_out;
                k->left_out = 0;
                return k->format;
        }
        return NULL;
}

LogLimit *log_limit_free(LogLimit *l) {
        Kind *k, *next;

        if (!l)
                return NULL;
        HASH_ITER (hh, l->kinds, k, next) {
                HASH_DEL(l->kinds, k);
                forget_subjects(k);
                free(k);
        }
        free(l);
        return NULL;
}
