/* The log: to the journal with fields, else as lines on standard error. */
#include "common/log.h"

#include "common/log-limit.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <time.h>

enum { LINE_MAX_BYTES = 8192 }; /* a longer message is cut */

static int max_level = LOG_INFO;
static LogFormat line_format = LOG_FORMAT_PLAIN;
static bool to_journal;
static LogLimit *limit; /* NULL before the first line */

/* Whether standard error is the stream that $JOURNAL_STREAM names. */
static bool stderr_is_journal(void) {
        const char *named = getenv("JOURNAL_STREAM");
        struct stat st;
        char ours[64];

        if (!named || fstat(STDERR_FILENO, &st) < 0)
                return false;
        (void)snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
        return strcmp(named, ours) == 0;
}

void log_setup(int level, LogFormat format) {
        max_level = level;
        line_format = format;
        to_journal = format == LOG_FORMAT_AUTO && stderr_is_journal();
}

bool log_is_written(int level) {
        return level <= max_level;
}

static const char *level_name(int level) {
        static const char *const names[] = {
                [LOG_ERR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"
        };
        return level >= LOG_ERR && level <= LOG_DEBUG && names[level] ? names[level] : "info";
}

static void write_journal(int level, const LogFields *fields, const char *message) {
        static const LogFields none = { 0 };
        const LogFields *f = fields ? fields : &none;
        const struct {
                const char *name, *value;
        } pairs[] = {
                { "MESSAGE", message }, { "CONTAINER", f->container }, { "DOMAIN", f->domain },
                { "KEY", f->key },      { "NODE", f->node },           { "REASON", f->reason },
        };
        char *strings[sizeof pairs / sizeof *pairs + 1];
        struct iovec parts[sizeof pairs / sizeof *pairs + 1];
        int count = 0;

        strings[count++] = xasprintf("PRIORITY=%d", level);
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
                if (pairs[i].value)
                        strings[count++] = xasprintf("%s=%s", pairs[i].name, pairs[i].value);
        for (int i = 0; i < count; i++)
                parts[i] = (struct iovec){ .iov_base = strings[i], .iov_len = strlen(strings[i]) };
        (void)sd_journal_sendv(parts, count);
        for (int i = 0; i < count; i++)
                free(strings[i]);
}

static void write_line(int level, const char *message) {
        char line[LINE_MAX_BYTES + 64];
        char clock[32] = "";
        int length;

        if (line_format == LOG_FORMAT_PREFIX) {
                length = snprintf(line, sizeof line, "<%d>%s\n", level, message);
        } else if (line_format == LOG_FORMAT_PLAIN) {
                length = snprintf(line, sizeof line, "%s: %s\n", level_name(level), message);
        } else {
                struct timespec now;
                struct tm parts;
                (void)clock_gettime(CLOCK_REALTIME, &now);
                (void)localtime_r(&now.tv_sec, &parts);
                (void)strftime(clock, sizeof clock, "%F %T", &parts);
                length = snprintf(line, sizeof line, "%s.%03ld %-7s %s\n", clock, now.tv_nsec / 1000000,
                                  level_name(level), message);
        }
        if (length >= (int)sizeof line) {
                length = sizeof line - 1;
                line[length - 1] = '\n';
        }
        (void)!write(STDERR_FILENO, line, (size_t)length);
}

static void write_message(int level, const LogFields *fields, char *message) {
        for (char *c = message; *c; c++) /* one event, one line, whatever a value holds */
                if ((unsigned char)*c < 0x20 || *c == 0x7f)
                        *c = ' ';
        if (to_journal)
                write_journal(level, fields, message);
        else
                write_line(level, message);
}

static void __attribute__((format(printf, 3, 0)))
write_formatted(int level, const LogFields *fields, const char *format, va_list arguments) {
        char message[LINE_MAX_BYTES];

        (void)vsnprintf(message, sizeof message, format, arguments);
        write_message(level, fields, message);
}

static void __attribute__((format(printf, 1, 2))) write_about_lines(const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        write_formatted(LOG_WARNING, NULL, format, arguments);
        va_end(arguments);
}

void log_tell_left_out(bool at_the_end) {
        const char *format;
        uint64_t count;

        while (limit && (format = log_limit_left_out(limit, at_the_end ? UINT64_MAX : now_usec(), &count)))
                write_about_lines("%" PRIu64 " lines like \"%s\" were left out", count, format);
}

static const char *subject_of(const LogFields *f) {
        const char *names[] = { f->container, f->key, f->domain, f->node };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (names[i])
                        return names[i];
        return NULL;
}

/* What is written for debugging was asked for, all of it. */
static LogPermit permit(int level, const LogFields *fields, const char *format) {
        if (level >= LOG_DEBUG)
                return LOG_PERMIT_WRITE;
        if (!limit)
                limit = log_limit_new();
        log_tell_left_out(false);
        return log_limit_take(limit, format, fields ? subject_of(fields) : NULL, now_usec());
}

void log_write(int level, const LogFields *fields, const char *format, ...) {
        va_list arguments;

        if (!log_is_written(level))
                return;
        LogPermit permitted = permit(level, fields, format);
        if (permitted == LOG_PERMIT_LEAVE_OUT)
                return;
        va_start(arguments, format);
        write_formatted(level, fields, format, arguments);
        va_end(arguments);
        if (permitted == LOG_PERMIT_LAST)
                write_about_lines("more lines like the last one come too fast: within %d s of the first one they are "
                                  "left out and counted",
                                  LOG_WINDOW_SECONDS);
}
