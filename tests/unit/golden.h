/* The golden values: tests/golden/<kind>.json, one a kind of route, read from the top of the tree. */
#pragma once

#include "common/memory.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static inline char *golden_read(const char *kind) {
        _cleanup_free_ char *path = xasprintf("tests/golden/%s.json", kind);
        FILE *file = fopen(path, "re");
        char *value = NULL;
        size_t capacity = 0;

        ck_assert_msg(file, "%s cannot be read: run the tests from the top of the tree", path);
        ssize_t length = getline(&value, &capacity, file);
        ck_assert_int_gt(length, 0);
        (void)fclose(file);
        value[strcspn(value, "\n")] = '\0';
        return value;
}
