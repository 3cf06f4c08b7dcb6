/* The terminal as a screen: what it was is put back, whichever way the program ends. */
#include "consumer/table/screen.h"

#include "common/file.h"
#include "common/log.h"
#include "consumer/table/keys.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

enum { WIDTH_UNKNOWN = 80, HEIGHT_UNKNOWN = 24, KEYS_MAX = 256 };

/* xterm's, and whatever else terminals are today. */
#define TO_OTHER_SCREEN "\033[?1049h\033[?25l\033[?7l" /* without a cursor, lines are not wrapped */
#define FROM_OTHER_SCREEN "\033[?7h\033[?25h\033[?1049l"
#define BEGIN_PAINT "\033[?2026h\033[H\033[J" /* what comes is shown at once, where the terminal can do that */
#define END_PAINT "\033[?2026l"
#define REVERSED "\033[7m"
#define NORMAL "\033[0m"

struct Screen {
        ScreenHandlers handlers;
        struct termios before;
        bool has_keys; /* standard input is a terminal, whose settings are in `before` */
        size_t width, height;
        size_t first, n_shown,
                n_rows; /* of the rows: the first that is shown, how many have room, how many there are */
        sd_event_source *keys, *resized;
};

bool screen_is_there(void) {
        return isatty(STDOUT_FILENO);
}

size_t screen_width(const Screen *s) {
        return s->width;
}

static void read_size(Screen *s) {
        struct winsize size = { 0 };

        (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
        s->width = size.ws_col > 0 ? size.ws_col : WIDTH_UNKNOWN;
        s->height = size.ws_row > 0 ? size.ws_row : HEIGHT_UNKNOWN;
}

static int put(const char *bytes, size_t size) {
        return file_write_all(STDOUT_FILENO, bytes, size);
}

static int on_resized(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        Screen *s = userdata;

        (void)source, (void)info;
        read_size(s);
        s->handlers.look(s->handlers.userdata);
        return 0;
}

/* ---- keys ---- */

static void scroll_up(Screen *s, size_t rows) {
        s->first -= rows < s->first ? rows : s->first;
}

/* Not beyond the last row. */
static void scroll_down(Screen *s, size_t rows) {
        size_t last = s->n_rows > s->n_shown ? s->n_rows - s->n_shown : 0;

        s->first = s->first + rows < last ? s->first + rows : last;
}

static void press(Screen *s, Key key) {
        switch (key) {
        case KEY_UP:
                scroll_up(s, 1);
                break;
        case KEY_DOWN:
                scroll_down(s, 1);
                break;
        case KEY_PAGE_UP:
                scroll_up(s, s->n_shown);
                break;
        case KEY_PAGE_DOWN:
                scroll_down(s, s->n_shown);
                break;
        case KEY_HOME:
                scroll_up(s, s->n_rows);
                break;
        case KEY_END:
                scroll_down(s, s->n_rows);
                break;
        default:
                break;
        }
}

static int on_keys(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Screen *s = userdata;
        char bytes[KEYS_MAX];
        const char *next = bytes;
        ssize_t n = read(fd, bytes, sizeof bytes);
        size_t size = n > 0 ? (size_t)n : 0;
        bool quits = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);

        (void)events;
        for (Key key; (key = key_next(&next, &size)) != KEY_NONE;) {
                quits |= key == KEY_QUIT;
                press(s, key);
        }
        if (!quits) {
                s->handlers.look(s->handlers.userdata);
                return 0;
        }
        (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        s->handlers.quit(s->handlers.userdata);
        return 0;
}

/* Keys come one by one and are not shown. Ctrl-C stays what it is; Ctrl-Z would leave the shell on our screen. */
static int take_keys(Screen *s, sd_event *event) {
        struct termios raw;

        if (tcgetattr(STDIN_FILENO, &s->before) < 0)
                return 0; /* no terminal: there are no keys then */
        raw = s->before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        raw.c_cc[VSUSP] = _POSIX_VDISABLE;
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
                return -errno;
        s->has_keys = true;
        return sd_event_add_io(event, &s->keys, STDIN_FILENO, EPOLLIN, on_keys, s);
}

/* ---- life ---- */

static int watch_size(Screen *s, sd_event *event) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGWINCH);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        return sd_event_add_signal(event, &s->resized, SIGWINCH, on_resized, s);
}

int screen_open(Screen **ret, sd_event *event, ScreenHandlers handlers) {
        _cleanup_(screen_freep) Screen *s = new0(Screen);

        s->handlers = handlers;
        read_size(s);
        int r = watch_size(s, event);
        if (r >= 0)
                r = take_keys(s, event);
        if (r >= 0)
                r = put(TO_OTHER_SCREEN, strlen(TO_OTHER_SCREEN));
        if (r < 0)
                return r;
        if (isatty(STDERR_FILENO))
                log_setup(LOG_EMERG, LOG_FORMAT_AUTO);
        *ret = TAKE_PTR(s);
        return 0;
}

int screen_paint(Screen *s, const StringList *lines, size_t n_head) {
        _cleanup_text_ Text t = { 0 };

        s->n_rows = lines->count - n_head;
        s->n_shown = s->height > n_head ? s->height - n_head : 1;
        scroll_down(s, 0); /* there may be fewer than before */
        text_append(&t, BEGIN_PAINT);
        for (size_t i = 0; i < n_head; i++)
                text_appendf(&t, "%s%s%s%s", i > 0 ? "\n" : "", i + 1 == n_head ? REVERSED : "", lines->items[i],
                             NORMAL);
        for (size_t i = s->first; i < s->n_rows && i < s->first + s->n_shown; i++)
                text_appendf(&t, "\n%s", lines->items[n_head + i]);
        text_append(&t, END_PAINT);
        return put(t.data, t.size);
}

Screen *screen_free(Screen *s) {
        if (!s)
                return NULL;
        sd_event_source_disable_unref(s->keys);
        sd_event_source_disable_unref(s->resized);
        (void)put(FROM_OTHER_SCREEN, strlen(FROM_OTHER_SCREEN));
        if (s->has_keys)
                (void)tcsetattr(STDIN_FILENO, TCSANOW, &s->before);
        free(s);
        return NULL;
}
