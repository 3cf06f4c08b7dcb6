/* Signals as the Engine writes them: an image names its stop signal, an event gives the number. */
#include "registrar/stop-signal.h"

#include "common/text.h"

#include <signal.h>
#include <string.h>

/* "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n". */
static int real_time_signal(const char *text) {
        bool from_max = strncasecmp(text, "RTMAX", 5) == 0;
        uint64_t offset = 0;

        if (!from_max && strncasecmp(text, "RTMIN", 5) != 0)
                return 0;
        text += 5;
        if (*text != '\0' && (*text != (from_max ? '-' : '+') ||
                              parse_unsigned(text + 1, 0, (uint64_t)(SIGRTMAX - SIGRTMIN), &offset) < 0))
                return 0;
        return from_max ? SIGRTMAX - (int)offset : SIGRTMIN + (int)offset;
}

int signal_number(const char *text) {
        uint64_t number;

        if (parse_unsigned(text, 1, (uint64_t)SIGRTMAX, &number) == 0)
                return (int)number;
        if (strncasecmp(text, "SIG", 3) == 0)
                text += 3;
        for (int i = 1; i < NSIG; i++) {
                const char *name = sigabbrev_np(i);
                if (name && strcasecmp(name, text) == 0)
                        return i;
        }
        return real_time_signal(text);
}
