/* The terminal as a screen that is painted again and again, as top does: the rim around the page. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <systemd/sd-event.h>

typedef struct Screen Screen;

typedef struct ScreenHandlers {
        void (*look)(void *userdata); /* the window or what is to be seen of it is another: paint */
        void (*quit)(void *userdata); /* a person has had enough, or the terminal is gone */
        void *userdata;
} ScreenHandlers;

/* Whether standard output is a terminal. */
bool screen_is_there(void);
/* Takes over the terminal; what was on it is back after screen_free(). What is logged to it from now on would be
 * written across the screen, and is not. Returns 0 or -errno. */
int screen_open(Screen **ret, sd_event *event, ScreenHandlers handlers);
/* Columns of a line. */
size_t screen_width(const Screen *s);
/* Shows the lines, the first `n_head` of them always, of the others those that the person has scrolled to. Returns 0
 * or -errno. */
int screen_paint(Screen *s, const StringList *lines, size_t n_head);
Screen *screen_free(Screen *s);
DEFINE_CLEANUP(Screen *, screen_free);
