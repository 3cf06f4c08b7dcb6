/* The registrar's figures in a file. */
#include "registrar/metrics-file.h"

#include "common/file.h"
#include "common/log.h"
#include "common/timer.h"

#include <stdbool.h>
#include <string.h>

enum { FIRST_USEC = 1000 * 1000 };

struct MetricsFile {
        sd_event *event;
        const char *path;
        uint64_t interval_usec;
        MetricsFileFunc *figures;
        void *userdata;
        sd_event_source *timer;
        bool is_complaining; /* a failure was logged, and none is until a write succeeds */
};

void metrics_file_write(MetricsFile *f) {
        RegistrarFigures figures;

        if (!f)
                return;
        f->figures(f->userdata, &figures);
        _cleanup_free_ char *text = registrar_figures_text(&figures);
        int r = file_replace(f->path, text, strlen(text), 0644);
        if (r < 0 && !f->is_complaining)
                log_error("the figures cannot be written to %s: %s; %s, or give another --metrics-file", f->path,
                          strerror(-r), file_advice(r));
        f->is_complaining = r < 0;
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *userdata) {
        MetricsFile *f = userdata;

        (void)timer, (void)usec;
        timer_arm(&f->timer, f->event, f->interval_usec, on_timer, f);
        metrics_file_write(f);
        return 0;
}

void metrics_file_new(MetricsFile **ret, sd_event *event, const char *path, uint64_t interval_usec,
                      MetricsFileFunc *figures, void *userdata) {
        MetricsFile *f = new0(MetricsFile);

        *f = (MetricsFile){
                .event = sd_event_ref(event),
                .path = path,
                .interval_usec = interval_usec,
                .figures = figures,
                .userdata = userdata,
        };
        if (interval_usec > 0)
                timer_arm(&f->timer, event, FIRST_USEC < interval_usec ? FIRST_USEC : interval_usec, on_timer, f);
        *ret = f;
}

MetricsFile *metrics_file_free(MetricsFile *f) {
        if (!f)
                return NULL;
        f->timer = sd_event_source_disable_unref(f->timer);
        sd_event_unref(f->event);
        free(f);
        return NULL;
}
