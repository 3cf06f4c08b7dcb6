/* Options: one table drives the command line, the configuration file and --help, so that they cannot drift apart. */
#pragma once

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTION_SECONDS_MAX = 10 * 365 * 24 * 3600 }; /* of an option that says how long */

/* How an option's text becomes a field of the settings struct. */
typedef enum OptionType {
        OPTION_HEADING,  /* no option: `help` heads the ones that follow, which belong to its `topic` */
        OPTION_FLAG,     /* bool; in the file yes/no, true/false, on/off, 1/0 */
        OPTION_TEXT,     /* char *, owned; empty text becomes NULL, or is refused where it is `needed` */
        OPTION_TEXTS,    /* StringList; every mention adds one, an empty one empties it */
        OPTION_UNSIGNED, /* uint64_t, from min to max */
        OPTION_CHOICE,   /* int: the index into `choices` */
} OptionType;

typedef struct Option {
        OptionType type;
        char letter;                /* short form, or 0 */
        const char *name;           /* long form, and the key in the configuration file */
        const char *argument;       /* how --help names the value; NULL for a flag */
        const char *help;           /* a phrase; the default is added to it in brackets */
        const char *standard;       /* the default as text, or NULL */
        size_t offset;              /* of the field in the settings */
        uint64_t min, max;          /* OPTION_UNSIGNED; max 0: no limit */
        const char *const *choices; /* OPTION_CHOICE; ends with NULL */
        bool needed;                /* OPTION_TEXT: an empty one is a mistake */
        bool command_line_only;     /* --help, --config, one-off acts: not in a file */
        const char *topic;          /* OPTION_HEADING: which help lists them; NULL: --help itself */
} Option;

typedef struct OptionTable {
        const char *program, *synopsis, *summary; /* for --help: "usage: PROGRAM SYNOPSIS", then the summary */
        const Option *options;
        size_t count;
} OptionTable;

/* Fills `settings` (zeroed by the caller) from the defaults, then the file that --config names, then the command line;
 * what a list was given by one of them is replaced by the next that mentions it.
 * Words that are no option are added to `words`; NULL: there may be none. Returns 0, or -EINVAL or the error of
 * reading the file with a message for a person in *ret_message, owned by the caller. The settings are the caller's to
 * free in both cases. */
int options_read(const OptionTable *table, int argc, char *const argv[], void *settings, StringList *words,
                 char **ret_message);

/* For what a table cannot say: -EINVAL with a message that names option, value and rule (owned by the caller). */
int options_refuse(const char *name, const char *value, const char *rule, char **ret_message);

/* Frees the texts that the table points to in `settings`. */
void options_free(const OptionTable *table, void *settings);

/* What --help prints about a topic, at most 100 columns wide; the caller owns it. */
char *options_help(const OptionTable *table, const char *topic);
