/* What node_exporter reads of the registrar. */
#include "common/memory.h"
#include "registrar/figures.h"
#include "tests/unit/check-main.h"

#include <string.h>

START_TEST(every_figure_has_its_line) {
        Histogram h = { .n_bounds = 1, .bounds = { 0.5 }, .counts = { 3, 1 }, .sum = 1.5 };
        const RegistrarFigures f = {
                .has_engine = true,
                .engine_up = true,
                .redis_up = false,
                .suspended = true,
                .clash = false,
                .containers = 12,
                .failed = 2,
                .services = 4,
                .services_unhealthy = 1,
                .registrations = 9,
                .event_to_publish = &h,
        };
        static const char *const lines[] = {
                "\nbeachhead_registrar_build_info{version=\"" BEACHHEAD_VERSION "\"} 1\n",
                "\nbeachhead_registrar_engine_up 1\n",
                "\nbeachhead_registrar_redis_up 0\n",
                "\nbeachhead_registrar_suspended 1\n",
                "\nbeachhead_registrar_name_clash 0\n",
                "\nbeachhead_registrar_containers 12\n",
                "\nbeachhead_registrar_containers_failed 2\n",
                "\nbeachhead_registrar_services 4\n",
                "\nbeachhead_registrar_services_unhealthy 1\n",
                "\nbeachhead_registrar_registrations 9\n",
                "\nbeachhead_registrar_event_to_publish_seconds_bucket{le=\"0.5\"} 3\n",
                "\nbeachhead_registrar_event_to_publish_seconds_bucket{le=\"+Inf\"} 4\n",
                "\nbeachhead_registrar_event_to_publish_seconds_sum 1.5\n",
                "\nbeachhead_registrar_event_to_publish_seconds_count 4\n",
        };
        _cleanup_free_ char *text = registrar_figures_text(&f);

        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
                ck_assert_msg(strstr(text, lines[i]), "no %s in:\n%s", lines[i] + 1, text);
}
END_TEST

START_TEST(without_an_engine_none_is_said_to_be_down) {
        static const Histogram h = { 0 };
        const RegistrarFigures f = { .event_to_publish = &h };
        _cleanup_free_ char *text = registrar_figures_text(&f);

        ck_assert_ptr_null(strstr(text, "engine_up"));
}
END_TEST

TEST_MAIN("figures", every_figure_has_its_line, without_an_engine_none_is_said_to_be_down)
