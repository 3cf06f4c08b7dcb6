/* nginx's words, and the site that is meant by them. Formats: ngx_log.c, ngx_conf_file.c, ngx_connection.c. */
#include "consumer/nginx/refusal.h"

#include "common/text.h"

#include <string.h>

static const char EMERGENCY[] = "[emerg] ";

/* The message behind "[emerg] " in a line of `size` bytes: "nginx: [emerg] …", or in a log "DATE TIME [emerg] PID#TID:
 * …", perhaps with "*CONNECTION ". What stands elsewhere in the line may be a client's. */
static const char *emergency_in(const char *line, size_t size, size_t *ret_size) {
        size_t start = has_prefix(line, "nginx: ") ? strlen("nginx: ") : strspn(line, "0123456789/: ");

        if (start >= size || !has_prefix(line + start, EMERGENCY))
                return NULL;
        const char *message = line + start + strlen(EMERGENCY);
        size_t left = size - (size_t)(message - line), digits = strspn(message, "0123456789#");
        if (digits > 0 && digits + 2 <= left && strncmp(message + digits, ": ", 2) == 0) {
                message += digits + 2;
                left -= digits + 2;
        }
        *ret_size = left;
        return message;
}

/* Takes " in FILE:LINE" from the end of the words. */
static void split_place(Refusal *r, char *words) {
        char *place = NULL, *colon = strrchr(words, ':');
        uint64_t line;

        for (char *in = strstr(words, " in /"); in; in = strstr(in + 1, " in /"))
                place = in;
        if (!place || !colon || colon < place || parse_unsigned(colon + 1, 1, SIZE_MAX, &line) < 0)
                return;
        r->file = xstrndup(place + 4, (size_t)(colon - place) - 4);
        r->line = (size_t)line;
        *place = '\0';
}

void refusal_parse(Refusal *ret, const char *output) {
        const char *message = NULL, *first = output + strspn(output, "\r\n");
        size_t size = 0;

        for (const char *line = output; *line && !message;) {
                size_t length = strcspn(line, "\r\n");
                message = emergency_in(line, length, &size);
                line += length + strspn(line + length, "\r\n");
        }
        if (!message) {
                message = first;
                size = strcspn(first, "\r\n");
        }
        *ret = (Refusal){ 0 };
        _cleanup_free_ char *words = xstrndup(message, size);
        split_place(ret, words);
        ret->words = printable(*words ? words : "it gave no reason", strlen(*words ? words : "it gave no reason"),
                               REFUSAL_WORDS_MAX);
}

void refusal_done(Refusal *r) {
        free(r->words);
        free(r->file);
        *r = (Refusal){ 0 };
}

static size_t vhost_at_line(size_t line, size_t count, const Rendering *rendering) {
        for (size_t i = 0; i < count && i < rendering->n_parts; i++)
                if (rendering->parts[i].first <= line && line <= rendering->parts[i].last)
                        return i;
        return SIZE_MAX;
}

static bool uses_file(const Vhost *v, const char *path) {
        for (size_t i = 0; v->overrides && i < overrides_count(v->overrides); i++)
                if (streq_or_null(overrides_at(v->overrides, i)->path, path))
                        return true;
        return false;
}

static size_t vhost_with_file(const char *path, const Vhost *vhosts, size_t count) {
        size_t found = SIZE_MAX;

        for (size_t i = 0; i < count; i++) {
                if (!uses_file(&vhosts[i], path))
                        continue;
                if (found != SIZE_MAX)
                        return SIZE_MAX;
                found = i;
        }
        return found;
}

size_t refusal_vhost(const Refusal *r, const char *candidate_path, const Vhost *vhosts, size_t count,
                     const Rendering *rendering) {
        if (!r->file)
                return SIZE_MAX;
        return strcmp(r->file, candidate_path) == 0 ? vhost_at_line(r->line, count, rendering)
                                                    : vhost_with_file(r->file, vhosts, count);
}

char *reload_failure(const char *log, char **bind_words) {
        for (const char *line = log; *line;) {
                size_t length = strcspn(line, "\n"), size;
                const char *message = emergency_in(line, length, &size);
                _cleanup_free_ char *words = message ? printable(message, size, REFUSAL_WORDS_MAX) : NULL;

                line += length + (line[length] == '\n');
                if (!words)
                        continue;
                if (has_prefix(words, "bind() to ")) {
                        if (!*bind_words)
                                *bind_words = TAKE_PTR(words);
                } else if (strstr(words, "still could not bind()") && *bind_words) {
                        return TAKE_PTR(*bind_words);
                } else {
                        return TAKE_PTR(words);
                }
        }
        return NULL;
}

/* What stands behind the last colon of "8080", "127.0.0.1:8080", "[::1]:8080". */
static uint16_t port_of(const char *address) {
        const char *colon = strrchr(address, ':');
        uint16_t port = 0;

        (void)parse_port(colon ? colon + 1 : address, &port);
        return port;
}

uint16_t refusal_bind_port(const char *words) {
        static const char start[] = "bind() to ";
        const char *address = strstr(words, start);

        if (!address)
                return 0;
        address += strlen(start);
        _cleanup_free_ char *text = xstrndup(address, strcspn(address, " "));
        return port_of(text);
}

bool conf_listens_on(const char *text, uint16_t port) {
        for (const char *line = text; *line;) {
                size_t length = strcspn(line, "\n");
                _cleanup_free_ char *code = xstrndup(line, length);
                const char *cursor = code;
                bool is_address = false;

                code[strcspn(code, "#")] = '\0';
                for (char *word; (word = next_word(&cursor, " \t\r;{}\"'")); free(word)) {
                        if (is_address && port_of(word) == port) {
                                free(word);
                                return true;
                        }
                        is_address = strcmp(word, "listen") == 0;
                }
                line += length + (line[length] == '\n');
        }
        return false;
}
