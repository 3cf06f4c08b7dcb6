/* Points in time. There are few in one array: it is moved and searched from its end. */
#include "consumer/certs/times.h"

#include <string.h>

void times_add(int64_t *times, size_t *count, size_t max, int64_t at) {
        size_t place = *count;

        while (place > 0 && times[place - 1] > at)
                place--;
        if (*count < max) {
                memmove(&times[place + 1], &times[place], (*count - place) * sizeof *times);
                times[place] = at;
                (*count)++;
        } else if (place > 0) {
                memmove(&times[0], &times[1], (place - 1) * sizeof *times);
                times[place - 1] = at;
        }
}

int64_t times_room_at(const int64_t *times, size_t count, size_t limit, int64_t window, int64_t now) {
        while (count > 0 && times[count - 1] > now)
                count--;
        if (count < limit || times[count - limit] <= now - window)
                return now;
        return times[count - limit] + window;
}
