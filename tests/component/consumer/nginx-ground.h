/* A private nginx on loopback ports, and the nginx output driven against it. */
#pragma once

#include "consumer/options.h"
#include "consumer/output.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

typedef struct Ground {
        char *directory;
        char *main_path, *live_path, *pid_path, *error_log, *log_path; /* log_path: what we log */
        uint16_t http_port, https_port;
        pid_t nginx;        /* 0: it does not run */
        StringList options; /* of the consumer, as on a command line */
        Settings *settings; /* what they come to; NULL: the output does not run */
        sd_event *event;
        Output *output;
        Sites sites;
        bool said_settled; /* by the output, since the last ground_apply() */
} Ground;

/* A directory with a main configuration, and the options for it; neither nginx nor the output is started. */
Ground *ground_new(void);
Ground *ground_free(Ground *g);
/* The same, with both. */
Ground *ground_with_nginx(void);
void ground_start_nginx(Ground *g);
void ground_stop_nginx(Ground *g);
void ground_start_output(Ground *g);
void ground_stop_output(Ground *g);

/* One option more, in force from the next start of the output on; of those that can be given once, the last one
 * counts.
 */
void ground_set(Ground *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replaces the sites: words separated by blanks. Each has one endpoint, where nobody listens. */
void ground_set_sites(Ground *g, const char *domains);
/* One of them, to be changed before it is applied. */
Site *ground_site(Ground *g, const char *domain);
/* As one of its containers chose. */
void ground_choose(Ground *g, const char *domain, EdgeSetting setting, const char *text);
/* Gives them to the output and runs the loop until it says that it has settled. */
OutputState ground_apply(Ground *g);
/* Runs the loop until `condition` holds; fails the test after half a minute. */
typedef bool GroundCondition(Ground *g);
void ground_run_until(Ground *g, GroundCondition *condition);
bool ground_is_settled(Ground *g);
bool ground_is_done(Ground *g);

enum { LIVE = 502, UNKNOWN = 503 };
/* What the HTTP port answers for the host: a status, 0 where nobody answers. Live sites answer 502, others 503. */
int ground_status(const Ground *g, const char *host);
/* The same for a path. */
int ground_status_at(const Ground *g, const char *host, const char *path);
/* How often nginx was told to read its configuration. */
int ground_count_reloads(const Ground *g);
int ground_count_logged(const Ground *g, const char *words);
bool ground_has_logged(const Ground *g, const char *words);
char *ground_describe(const Ground *g);
void ground_assert_described(const Ground *g, const char *words);
/* Nothing of ours is left beside the two files, and nginx accepts what is on disk. */
void ground_assert_disk_is_good(const Ground *g);

/* In the directory; `name` may be below it. The caller owns what is read; NULL where there is no such file. */
void ground_write(const Ground *g, const char *name, const char *text);
void ground_remove(const Ground *g, const char *name);
char *ground_read(const char *path);
/* The main configuration, with `more` in its http block. */
void ground_write_main(const Ground *g, const char *more);

/* A free port; or one that is taken as long as *ret_fd is open. */
uint16_t free_port(void);
uint16_t taken_port(int *ret_fd);
