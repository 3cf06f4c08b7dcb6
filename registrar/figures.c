/* The registrar's figures for Prometheus. */
#include "registrar/figures.h"

#include "common/metrics.h"

static void gauge(Metrics *m, const char *name, const char *help, double value) {
        metrics_single(m, METRIC_GAUGE, name, help, value);
}

char *registrar_figures_text(const RegistrarFigures *f) {
        Metrics m = { 0 };

        metrics_family(&m, METRIC_GAUGE, "beachhead_registrar_build_info", "Always 1; the version is a label.");
        metrics_sample(&m, LABELS({ "version", BEACHHEAD_VERSION }), 1);
        if (f->has_engine)
                gauge(&m, "beachhead_registrar_engine_up", "Whether the Docker Engine answers.", f->engine_up);
        gauge(&m, "beachhead_registrar_redis_up", "Whether Redis answers.", f->redis_up);
        gauge(&m, "beachhead_registrar_suspended",
              "Whether nothing is refreshed because the Engine has been away for longer than --engine-grace.",
              f->suspended);
        gauge(&m, "beachhead_registrar_name_clash",
              "Whether nothing is published because another machine has this host's --node.", f->clash);
        gauge(&m, "beachhead_registrar_containers", "Containers that run.", (double)f->containers);
        gauge(&m, "beachhead_registrar_containers_failed",
              "Containers and services that are not published because of a mistake in what they ask for.",
              (double)f->failed);
        gauge(&m, "beachhead_registrar_services", "Services that files describe.", (double)f->services);
        gauge(&m, "beachhead_registrar_services_unhealthy", "Services whose health check fails.",
              (double)f->services_unhealthy);
        gauge(&m, "beachhead_registrar_registrations", "Registrations of this host that Redis holds.",
              (double)f->registrations);
        metrics_family(&m, METRIC_HISTOGRAM, "beachhead_registrar_event_to_publish_seconds",
                       "From an event of the Engine until Redis holds what follows.");
        metrics_histogram(&m, NO_LABELS, f->event_to_publish);
        return text_take(&m.text);
}
