/* A walk over all keys of all keyspaces, in steps: one SCAN each, and what that finds read into a reading. */
#pragma once

#include "consumer/key-reader.h"

typedef void ScanStepFunc(void *userdata, bool ok);

typedef struct Scan {
        KeyReader *reader; /* borrowed */
        size_t keyspace;   /* that the next step is over; as many as there are: the walk has come to its end */
        char *cursor;      /* where the next step begins; NULL: at the start */
        /* the step under way */
        Reading *reading;
        ScanStepFunc *done;
        void *userdata;
} Scan;

/* Back to the start; no step may be under way. */
void scan_rewind(Scan *s);
bool scan_has_ended(const Scan *s);
/* `ok` and when `done` is called are as of keys_read(). */
void scan_step(Scan *s, Reading *reading, ScanStepFunc *done, void *userdata);
