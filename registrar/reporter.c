/* Says what becomes of each item, when it changes. */
#include "registrar/reporter.h"

#include "common/log.h"
#include "common/text.h"

#include <string.h>
#include <uthash.h>

typedef struct Report {
        char *name;
        char *said;        /* in the last report */
        uint64_t revision; /* of the announcement that was reported; 0: another report */
        bool published;
        bool named;
        UT_hash_handle hh;
} Report;

struct Reporter {
        const char *noun;
        Report *reports;
};

Reporter *reporter_new(const char *noun) {
        Reporter *r = new0(Reporter);

        r->noun = noun;
        return r;
}

static void forget(Reporter *r, Report *report) {
        HASH_DEL(r->reports, report);
        free(report->name);
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

static Report *report_of(Reporter *r, const char *name) {
        Report *report;

        HASH_FIND_STR(r->reports, name, report);
        if (!report) {
                report = new0(Report);
                report->name = xstrdup(name);
                HASH_ADD_KEYPTR(hh, r->reports, report->name, strlen(report->name), report);
        }
        report->named = true;
        return report;
}

void reporter_keep(Reporter *r, const char *name) {
        (void)report_of(r, name);
}

/* Whether these words are news. */
static bool is_news(Report *report, const char *words) {
        if (streq_or_null(report->said, words))
                return false;
        REPLACE_PTR(report->said, xstrdup(words));
        return true;
}

static void report_published(const Reporter *r, const char *name, const Announcement *a) {
        log_info_about(ABOUT(.container = name, .key = a->instance), "%s %s is published as %s", r->noun, name,
                       a->instance);
}

void reporter_announced(Reporter *r, const char *name, const Announcement *a, uint64_t revision) {
        Report *report = report_of(r, name);

        if (report->revision == revision)
                return;
        report->revision = revision;
        _cleanup_free_ char *warnings = string_list_join(&a->warnings, "; ");
        _cleanup_free_ char *words =
                xasprintf("%d %s %s %s", a->outcome, a->value ? a->value : "", a->reason ? a->reason : "", warnings);
        if (!is_news(report, words))
                return;
        const LogFields *about = ABOUT(.container = name, .reason = a->reason);
        for (size_t i = 0; i < a->warnings.count; i++)
                log_warning_about(about, "%s %s: %s", r->noun, name, a->warnings.items[i]);
        if (a->outcome == ANNOUNCED)
                report_published(r, name, a);
        else if (a->outcome == ANNOUNCED_ERROR)
                log_error_about(about, "%s %s is not published: %s", r->noun, name, a->reason);
        else
                log_write(report->published || a->outcome == ANNOUNCED_LATER ? LOG_INFO : LOG_DEBUG, about,
                          "%s %s is not published: %s", r->noun, name, a->reason);
        report->published = a->outcome == ANNOUNCED;
}

void reporter_withheld(Reporter *r, const char *name, int level, const char *why) {
        Report *report = report_of(r, name);

        report->revision = 0;
        if (!is_news(report, why))
                return;
        log_write(level, ABOUT(.container = name, .reason = why), "%s %s %s", r->noun, name, why);
        report->published = false;
}

void reporter_end(Reporter *r) {
        Report *report, *next;

        HASH_ITER (hh, r->reports, report, next) {
                if (report->named)
                        continue;
                if (report->published)
                        log_info_about(ABOUT(.container = report->name), "%s %s is gone: its registration is deleted",
                                       r->noun, report->name);
                forget(r, report);
        }
}
