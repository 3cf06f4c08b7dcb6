/* Points in time, the oldest first: how much happened within a window, and when there is room for more. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Adds one in its place; where `max` are there already, the oldest goes. */
void times_add(int64_t *times, size_t *count, size_t max, int64_t at);
/* The earliest time from `now` on at which fewer than `limit` (at least one) lie within the last `window` seconds.
 * What lies in the future of `now` is of a clock that has gone back since, and does not count. */
int64_t times_room_at(const int64_t *times, size_t count, size_t limit, int64_t window, int64_t now);
