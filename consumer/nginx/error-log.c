/* nginx's error log, from a moment on. */
#include "consumer/nginx/error-log.h"

#include "consumer/nginx/master.h"
#include "consumer/nginx/refusal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { ERROR_LOG_READ_MAX = 64 * 1024 }; /* bytes at one look; a busy log is read on at the next one */

struct ErrorLog {
        char *path; /* NULL: it is no file */
        ino_t inode;
        off_t position;
        char *bind_words;
};

ErrorLog *error_log_new(const NginxPolicy *policy) {
        ErrorLog *l = new0(ErrorLog);
        struct stat st;

        l->path = nginx_error_log_path(policy);
        if (l->path && stat(l->path, &st) == 0) {
                l->inode = st.st_ino;
                l->position = st.st_size;
        }
        return l;
}

ErrorLog *error_log_free(ErrorLog *l) {
        if (!l)
                return NULL;
        free(l->path);
        free(l->bind_words);
        free(l);
        return NULL;
}

/* Opens the log at the position; from its start where it is another file or was cut. */
static int open_log(ErrorLog *l) {
        int fd = l->path ? open(l->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
        struct stat st;

        if (fd < 0)
                return -1;
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                (void)close(fd);
                return -1;
        }
        if (st.st_ino != l->inode || st.st_size < l->position)
                l->position = 0;
        l->inode = st.st_ino;
        return fd;
}

char *error_log_failure(ErrorLog *l) {
        _cleanup_close_ int fd = open_log(l);
        _cleanup_free_ char *text = xcalloc(ERROR_LOG_READ_MAX + 1, 1);
        ssize_t n = fd < 0 ? 0 : pread(fd, text, ERROR_LOG_READ_MAX, l->position);

        if (n <= 0)
                return NULL;
        char *end = memrchr(text, '\n', (size_t)n);
        if (!end && n < ERROR_LOG_READ_MAX)
                return NULL; /* the line is still being written */
        size_t whole = end ? (size_t)(end - text) + 1 : (size_t)n;
        text[whole] = '\0';
        l->position += (off_t)whole;
        return reload_failure(text, &l->bind_words);
}

const char *error_log_complaint(const ErrorLog *l) {
        return l->bind_words;
}
