/* A command as an operator writes it, into the words that are executed. Pure. */
#pragma once

/* Splits a command of the operator's into words: white space separates, '…' and "…" hold together, a backslash outside
 * of '…' takes the next character as it is. No other shell syntax. Returns 0 and a NULL-terminated array of at least
 * one word (free with command_free), or -EINVAL where a quote is not closed or there is no word. */
int command_split(const char *command, char ***ret);
void command_free(char **argv);
