/* The state directory. */
#include "consumer/state.h"

#include "common/file.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

struct State {
        char *directory;
        int lock;
};

static char *table_path(const char *directory) {
        return xasprintf("%s/table.json", directory);
}

static int take_lock(State *s) {
        _cleanup_free_ char *path = xasprintf("%s/lock", s->directory);

        if (mkdir(s->directory, 0755) < 0 && errno != EEXIST)
                return -errno;
        s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (s->lock < 0)
                return -errno;
        if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? -EBUSY : -errno;
        return 0;
}

int state_open(State **ret, const char *directory, char **ret_message) {
        _cleanup_(state_freep) State *s = new0(State);

        s->directory = xstrdup(directory);
        s->lock = -1;
        int r = take_lock(s);
        if (r == -EBUSY)
                *ret_message = xasprintf("another consumer uses the state directory %s: give each its own --state-dir",
                                         directory);
        else if (r < 0)
                *ret_message = xasprintf("the state directory %s cannot be used: %s; make it, or give another "
                                         "--state-dir",
                                         directory, strerror(-r));
        else
                *ret = TAKE_PTR(s);
        return r;
}

const char *state_directory(const State *s) {
        return s->directory;
}

State *state_free(State *s) {
        if (!s)
                return NULL;
        closep(&s->lock);
        free(s->directory);
        free(s);
        return NULL;
}

void state_load(const char *directory, Table *table, uint64_t now_realtime_usec) {
        _cleanup_free_ char *path = table_path(directory), *bytes = NULL;
        size_t size;
        int r = file_read(path, STATE_TABLE_MAX, &bytes, &size);

        if (r >= 0)
                r = table_load(table, bytes, size, now_realtime_usec);
        if (r < 0 && r != -ENOENT)
                log_warning("the memory %s cannot be read (%s): only what is in Redis is known", path, strerror(-r));
}

int state_save(const State *s, const Table *table) {
        _cleanup_free_ char *path = table_path(s->directory), *bytes = table_save(table);

        return file_replace(path, bytes, strlen(bytes), 0600);
}
