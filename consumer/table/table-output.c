/* The output "table": on the terminal, or line by line wherever standard output goes. */
#include "consumer/table/table-output.h"

#include "common/timer.h"
#include "consumer/options.h"
#include "consumer/table/page.h"
#include "consumer/table/screen.h"

#include <errno.h>
#include <stdio.h>

enum { REPAINT_USEC = 1000 * 1000 };

typedef struct TableOutput {
        Output output; /* first */
        sd_event *event;
        Screen *screen;     /* NULL: lines are printed */
        const Sites *shown; /* the sites that were printed last */
        sd_event_source *repaint, *reader;
} TableOutput;

static View look(const TableOutput *t) {
        return t->output.handlers.view(t->output.handlers.userdata);
}

static void stop(void *userdata) {
        TableOutput *t = userdata;

        (void)sd_event_exit(t->event, EXIT_SUCCESS);
}

/* Nobody reads on: that is no failure, and nothing to talk about. */
static void stop_if_gone(TableOutput *t, int r) {
        if (r < 0)
                stop(t);
}

static int on_reader_gone(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        (void)fd, (void)events;
        (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        stop(userdata);
        return 0;
}

/* Whoever reads what is printed may go long before there is more to print. A file cannot be watched so, nor go. */
static int watch_reader(TableOutput *t) {
        int r = sd_event_add_io(t->event, &t->reader, STDOUT_FILENO, 0, on_reader_gone, t);

        return r == -EPERM ? 0 : r;
}

/* ---- on a terminal ---- */

static int on_repaint(sd_event_source *source, uint64_t usec, void *userdata);

static void paint(void *userdata) {
        TableOutput *t = userdata;
        _cleanup_string_list_ StringList lines = { 0 };
        View view = look(t);

        page_make(&view, screen_width(t->screen), &lines);
        stop_if_gone(t, screen_paint(t->screen, &lines, PAGE_HEAD));
        timer_arm(&t->repaint, t->event, REPAINT_USEC, on_repaint, t);
}

static int on_repaint(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec;
        paint(userdata);
        return 0;
}

/* ---- anywhere else ---- */

/* The caller owns it. */
static char *page_text(const TableOutput *t) {
        _cleanup_string_list_ StringList lines = { 0 };
        View view = look(t);

        page_make(&view, 0, &lines);
        string_list_add(&lines, "");
        return string_list_join(&lines, "\n");
}

/* Full passes come without a change too: then the sites are the same ones. */
static void print(TableOutput *t, const Sites *sites) {
        if (sites == t->shown)
                return;
        _cleanup_free_ char *text = page_text(t);
        bool is_gone = (t->shown && putchar('\n') == EOF) || fputs(text, stdout) == EOF || fflush(stdout) == EOF;
        t->shown = sites;
        stop_if_gone(t, is_gone ? -1 : 0);
}

/* ---- the output ---- */

static Output *table_output_free(Output *o) {
        TableOutput *t = (TableOutput *)o;

        if (!t)
                return NULL;
        sd_event_source_disable_unref(t->repaint);
        sd_event_source_disable_unref(t->reader);
        (void)screen_free(t->screen);
        free(t);
        return NULL;
}

static int table_output_new(Output **ret, sd_event *event, const Settings *settings, OutputHandlers handlers) {
        TableOutput *t = new0(TableOutput);
        ScreenHandlers screen = { .look = paint, .quit = stop, .userdata = t };

        t->output = (Output){ &table_output_class, handlers };
        t->event = event;
        int r = watch_reader(t);
        if (r >= 0 && !settings_are_one_pass(settings) && screen_is_there())
                r = screen_open(&t->screen, event, screen);
        if (r < 0) {
                (void)table_output_free(&t->output);
                return r;
        }
        if (t->screen)
                timer_arm(&t->repaint, event, 0, on_repaint, t);
        *ret = &t->output;
        return 0;
}

static void table_output_apply(Output *o, const Sites *sites) {
        TableOutput *t = (TableOutput *)o;

        if (t->screen)
                paint(t);
        else
                print(t, sites);
}

static OutputState table_output_state(const Output *o) {
        (void)o;
        return OUTPUT_DONE;
}

static char *table_output_describe(const Output *o) {
        return xstrdup(((const TableOutput *)o)->screen ? "on the terminal" : "as lines");
}

static char *table_output_preview(Output *o, const Sites *sites) {
        (void)sites; /* those that are to be seen */
        return page_text((const TableOutput *)o);
}

/* What it would say is said already. */
static void table_output_explain(Output *o, const Sites *sites, const char *domain, StringList *lines) {
        (void)o, (void)sites, (void)domain, (void)lines;
}

/* By hand: table_new() and its like belong to the table. */
const OutputClass table_output_class = {
        .name = "table",
        .new = table_output_new,
        .apply = table_output_apply,
        .state = table_output_state,
        .describe = table_output_describe,
        .preview = table_output_preview,
        .explain = table_output_explain,
        .free = table_output_free,
};
