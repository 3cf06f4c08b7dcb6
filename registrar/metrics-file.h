/* --metrics-file: the registrar's figures in a file, for node_exporter's textfile collector. */
#pragma once

#include "common/memory.h"
#include "registrar/figures.h"

#include <stdint.h>
#include <systemd/sd-event.h>

typedef struct MetricsFile MetricsFile;

typedef void MetricsFileFunc(void *userdata, RegistrarFigures *ret);

/* Replaces the file at every interval, and soon for the first time (0: only when it is asked to); a failure is logged
 * once, until it is over. Borrows `path`. */
void metrics_file_new(MetricsFile **ret, sd_event *event, const char *path, uint64_t interval_usec,
                      MetricsFileFunc *figures, void *userdata);
/* Now; takes NULL. */
void metrics_file_write(MetricsFile *f);
/* The file stays. */
MetricsFile *metrics_file_free(MetricsFile *f);
DEFINE_CLEANUP(MetricsFile *, metrics_file_free);
