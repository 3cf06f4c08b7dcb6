/* The log: one line an event. Under the journal each line also carries its fields (CONTAINER=, DOMAIN=, KEY=, …); on a
 * terminal it has a time and a level. Lines of one kind (one format), and of one kind about one subject, have limits
 * (log-limit.h), but for LOG_DEBUG. */
#pragma once

#include <stdbool.h>
#include <syslog.h> /* LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG */

/* What a line is about; each may be NULL. */
typedef struct LogFields {
        const char *container, *domain, *key, *node, *reason;
} LogFields;

typedef enum LogFormat {
        LOG_FORMAT_AUTO,   /* the journal where standard error is connected to it, else a terminal's */
        LOG_FORMAT_PREFIX, /* "<4>text": for a service manager that reads standard error */
        LOG_FORMAT_PLAIN,  /* without a time */
} LogFormat;

/* `level` is the least important level that is still written. */
void log_setup(int level, LogFormat format);
bool log_is_written(int level);

/* Says how many lines were left out: of what was counted long enough, or of everything. Every line does the former;
 * this is for when none comes. */
void log_tell_left_out(bool at_the_end);

void log_write(int level, const LogFields *fields, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define ABOUT(...) (&(const LogFields){ __VA_ARGS__ })

#define log_error(...) log_write(LOG_ERR, NULL, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, NULL, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, NULL, __VA_ARGS__)

/* log_warning_about(ABOUT(.container = name, .domain = domain), "…", …) */
#define log_error_about(fields, ...) log_write(LOG_ERR, fields, __VA_ARGS__)
#define log_warning_about(fields, ...) log_write(LOG_WARNING, fields, __VA_ARGS__)
#define log_info_about(fields, ...) log_write(LOG_INFO, fields, __VA_ARGS__)
#define log_debug_about(fields, ...) log_write(LOG_DEBUG, fields, __VA_ARGS__)
