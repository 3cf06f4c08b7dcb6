/* Signals as the Engine writes them. Pure. */
#pragma once

/* The number of "15", "TERM", "SIGTERM" or "SIGRTMIN+3", in upper or lower case; 0 where it is no signal. */
int signal_number(const char *text);
