/* A directory for one test. */
#pragma once

#include "common/memory.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char scratch[64];

static inline void scratch_make(void) {
        strcpy(scratch, "/tmp/beachhead-unit-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(scratch));
}

static inline int scratch_remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static inline void scratch_remove(void) {
        (void)nftw(scratch, scratch_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* The caller owns it. */
static inline char *scratch_path(const char *name) {
        return xasprintf("%s/%s", scratch, name);
}

static inline void scratch_write(const char *name, const char *text) {
        _cleanup_free_ char *path = scratch_path(name);
        FILE *f = fopen(path, "we");

        ck_assert_ptr_nonnull(f);
        ck_assert_int_ge(fputs(text, f), 0);
        ck_assert_int_eq(fclose(f), 0);
}

static inline void scratch_delete(const char *name) {
        _cleanup_free_ char *path = scratch_path(name);

        ck_assert_int_eq(remove(path), 0);
}
