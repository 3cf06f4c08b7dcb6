/* The page at "/": one file, page.html, built into the program. Pure. */
#pragma once

#include <stddef.h>

extern const char page_html[];      /* ends with a NUL */
extern const size_t page_html_size; /* without it */

/* A Content-Security-Policy that lets nothing run and nothing be styled but what stands in the one <style> and the one
 * <script> of `html`, nothing be asked but this server, and no text become markup. The caller owns it. */
char *page_policy(const char *html);
