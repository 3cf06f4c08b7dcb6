/* In place of libFuzzer, where only coverage is wanted: gives a fuzz target each file of a corpus once. */
#include "common/file.h"
#include "common/memory.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUT_MAX = 16 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
        DIR *corpus = argc == 2 ? opendir(argv[1]) : NULL;

        if (!corpus) {
                (void)fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
                return EXIT_FAILURE;
        }
        for (const struct dirent *file; (file = readdir(corpus));) {
                _cleanup_free_ char *path = xasprintf("%s/%s", argv[1], file->d_name), *bytes = NULL;
                size_t size;

                if (file->d_type == DT_REG && file_read(path, INPUT_MAX, &bytes, &size) == 0)
                        (void)LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
        }
        (void)closedir(corpus);
        return EXIT_SUCCESS;
}
