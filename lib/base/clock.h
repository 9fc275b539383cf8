/* Time: microseconds since the epoch, and RFC 3339 text in UTC. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_MAX 32
#define CLOCK_SECOND   ((int64_t)1000000)

int64_t clock_now_us(void);       /* of the day; may jump */
int64_t clock_monotonic_us(void); /* never goes back */

/* "2026-11-23T09:30:00.000000Z"; years 1 to 9999. */
void clock_print(int64_t time_us, char out[CLOCK_TEXT_MAX]);
/* RFC 3339 with any offset and up to nine digits of fraction. False on anything else. */
bool clock_parse(const char *text, int64_t *out_us);
