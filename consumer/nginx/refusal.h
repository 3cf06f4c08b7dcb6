/* nginx's words: what it says when it refuses a configuration, and what its error log says when a reload fails. Finds
 * the site that is meant. Pure. */
#pragma once

#include "consumer/nginx/render.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REFUSAL_WORDS_MAX = 500 }; /* bytes of nginx's words that are kept */

typedef struct Refusal {
        char *words; /* its first [emerg] message, printable, without the place; never NULL once parsed */
        char *file;  /* the place that it names, or NULL */
        size_t line;
} Refusal;

/* Reads what `nginx -t` wrote. */
void refusal_parse(Refusal *ret, const char *output);
void refusal_done(Refusal *r);

/* The index of the vhost that is meant: by the line of the candidate, or by the include that it alone uses. SIZE_MAX
 * where the refusal names none. Paths are as they are called here. */
size_t refusal_vhost(const Refusal *r, const char *candidate_path, const Vhost *vhosts, size_t count,
                     const Rendering *rendering);

/* Reads whole lines of an error log that were written since a reload was asked for. Returns nginx's words (owned by
 * the caller) once they say that it failed. A failed bind() alone does not, since nginx tries again; *bind_words
 * (owned by the caller, NULL at first) keeps the first one, which is what is returned when it gives up. */
char *reload_failure(const char *log, char **bind_words);

/* The port that could not be bound, 0 where the words are about something else. */
uint16_t refusal_bind_port(const char *words);
/* Whether a `listen` in the text names the port. */
bool conf_listens_on(const char *text, uint16_t port);
