/* Says what becomes of each container, when it changes. */
#include "registrar/reporter.h"

#include "common/log.h"
#include "common/text.h"

#include <string.h>
#include <uthash.h>

typedef struct Report {
        char *container;
        char *said;        /* in the last report */
        uint64_t revision; /* of the announcement that was reported; 0: another report */
        bool published;
        bool named;
        UT_hash_handle hh;
} Report;

struct Reporter {
        Report *reports;
};

Reporter *reporter_new(void) {
        return new0(Reporter);
}

static void forget(Reporter *r, Report *report) {
        HASH_DEL(r->reports, report);
        free(report->container);
        free(report->said);
        free(report);
}

Reporter *reporter_free(Reporter *r) {
        Report *report, *next;

        if (!r)
                return NULL;
        HASH_ITER (hh, r->reports, report, next)
                forget(r, report);
        free(r);
        return NULL;
}

void reporter_begin(Reporter *r) {
        for (Report *report = r->reports; report; report = report->hh.next)
                report->named = false;
}

static Report *report_of(Reporter *r, const char *container) {
        Report *report;

        HASH_FIND_STR(r->reports, container, report);
        if (!report) {
                report = new0(Report);
                report->container = xstrdup(container);
                HASH_ADD_KEYPTR(hh, r->reports, report->container, strlen(report->container), report);
        }
        report->named = true;
        return report;
}

void reporter_keep(Reporter *r, const char *container) {
        (void)report_of(r, container);
}

/* Whether these words are news. */
static bool is_news(Report *report, const char *words) {
        if (streq_or_null(report->said, words))
                return false;
        REPLACE_PTR(report->said, xstrdup(words));
        return true;
}

static void report_published(const char *container, const Announcement *a) {
        log_info_about(ABOUT(.container = container, .key = a->instance), "container %s is published as %s", container,
                       a->instance);
}

void reporter_announced(Reporter *r, const char *container, const Announcement *a, uint64_t revision) {
        Report *report = report_of(r, container);

        if (report->revision == revision)
                return;
        report->revision = revision;
        _cleanup_free_ char *warnings = string_list_join(&a->warnings, "; ");
        _cleanup_free_ char *words =
                xasprintf("%d %s %s %s", a->outcome, a->value ? a->value : "", a->reason ? a->reason : "", warnings);
        if (!is_news(report, words))
                return;
        const LogFields *about = ABOUT(.container = container, .reason = a->reason);
        for (size_t i = 0; i < a->warnings.count; i++)
                log_warning_about(about, "container %s: %s", container, a->warnings.items[i]);
        if (a->outcome == ANNOUNCED)
                report_published(container, a);
        else if (a->outcome == ANNOUNCED_ERROR)
                log_error_about(about, "container %s is not published: %s", container, a->reason);
        else
                log_write(report->published || a->outcome == ANNOUNCED_LATER ? LOG_INFO : LOG_DEBUG, about,
                          "container %s is not published: %s", container, a->reason);
        report->published = a->outcome == ANNOUNCED;
}

void reporter_withheld(Reporter *r, const char *container, const char *why) {
        Report *report = report_of(r, container);

        report->revision = 0;
        if (!is_news(report, why))
                return;
        log_info_about(ABOUT(.container = container, .reason = why), "container %s %s", container, why);
        report->published = false;
}

void reporter_end(Reporter *r) {
        Report *report, *next;

        HASH_ITER (hh, r->reports, report, next) {
                if (report->named)
                        continue;
                if (report->published)
                        log_info_about(ABOUT(.container = report->container),
                                       "container %s is gone: its registration is deleted", report->container);
                forget(r, report);
        }
}
