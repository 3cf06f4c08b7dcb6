/* Regular expressions from outside: the one thing that reaches nginx's configuration as it came. Pure. */
#pragma once

enum {
        REGEX_MAX = 255,           /* bytes of an expression */
        REGEX_MATCH_LIMIT = 10000, /* steps of a match before nginx is to give up; rendered as (*LIMIT_MATCH=…) */
};

/* Whether it may be used: printable ASCII without white space, compiled by PCRE2, without named groups (nginx would
 * make variables of them), settings of its own ("(*…)"), callouts, conditions, comments or recursion. Of what begins
 * with
 * "(?" only (?: (?= (?! (?> (?| (?<= (?<! (?i) and (?i: are taken. Returns 0, or -EINVAL with what is wrong ("is …")
 * in *ret_reason (owned by the caller). Source: pcre2pattern(3). */
int regex_check(const char *expression, char **ret_reason);
