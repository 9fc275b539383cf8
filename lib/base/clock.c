#include "lib/base/clock.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS 86400

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/*
 * The civil date of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
 * gmtime_r(3) would read the time zone's files first. Years are counted from March, so that the
 * leap day is their last; an era is the 400 years after which the calendar repeats.
 */
static void date_of(int64_t day, int64_t *year, int *month, int *day_of_month)
{
    enum { ERA_DAYS = 146097, ERA_YEARS = 400, DAYS_TO_1970 = 719468 /* from 0000-03-01 */ };
    day += DAYS_TO_1970;
    int64_t era = (day >= 0 ? day : day - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t of_era = day - era * ERA_DAYS; /* 0 to 146096 */
    /* Less the leap days before it, a day's year is a division by 365. */
    int64_t of_year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t rest = of_era - (365 * of_year + of_year / 4 - of_year / 100);
    int64_t march = (5 * rest + 2) / 153; /* months of 30.6 days on average, from March on */
    *day_of_month = (int)(rest - (153 * march + 2) / 5 + 1);
    *month = (int)(march < 10 ? march + 3 : march - 9);
    *year = era * ERA_YEARS + of_year + (*month <= 2);
}

void clock_print(int64_t time_us, char out[CLOCK_TEXT_MAX])
{
    int64_t fraction = time_us % CLOCK_SECOND;
    if (fraction < 0)
        fraction += CLOCK_SECOND;
    int64_t seconds = (time_us - fraction) / CLOCK_SECOND, of_day = seconds % DAY_SECONDS, year;
    if (of_day < 0)
        of_day += DAY_SECONDS;
    int month, day, rest = (int)of_day;
    date_of((seconds - of_day) / DAY_SECONDS, &year, &month, &day);
    (void)snprintf(out, CLOCK_TEXT_MAX, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%06dZ", year, month,
                   day, rest / 3600, rest / 60 % 60, rest % 60, (int)fraction);
}

static bool digits_parse(const char **at, int count, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

static bool fraction_parse(const char **at, int64_t *out_us)
{
    *out_us = 0;
    if (**at != '.')
        return true;
    (*at)++;
    int count = 0;
    for (int64_t unit = CLOCK_SECOND / 10; isdigit((unsigned char)**at); (*at)++, unit /= 10) {
        if (++count > 9)
            return false;
        *out_us += (**at - '0') * unit;
    }
    return count > 0;
}

static bool offset_parse(const char **at, int64_t *out_us)
{
    *out_us = 0;
    if (**at == 'Z' || **at == 'z')
        return (*at)++, true;
    int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0, hours, minutes;
    if (!sign || ((*at)++, !digits_parse(at, 2, &hours)) || *(*at)++ != ':' ||
        !digits_parse(at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *out_us = (int64_t)sign * (hours * 60 + minutes) * 60 * CLOCK_SECOND;
    return true;
}

static bool date_parse(const char **at, struct tm *tm)
{
    return digits_parse(at, 4, &tm->tm_year) && *(*at)++ == '-' &&
           digits_parse(at, 2, &tm->tm_mon) && *(*at)++ == '-' && digits_parse(at, 2, &tm->tm_mday);
}

static bool hours_parse(const char **at, struct tm *tm)
{
    return digits_parse(at, 2, &tm->tm_hour) && *(*at)++ == ':' &&
           digits_parse(at, 2, &tm->tm_min) && *(*at)++ == ':' && digits_parse(at, 2, &tm->tm_sec);
}

static bool fields_are_in_range(const struct tm *tm)
{
    static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (tm->tm_year < 1 || tm->tm_mon < 1 || tm->tm_mon > 12 || tm->tm_mday < 1)
        return false;
    bool leap = tm->tm_year % 4 == 0 && (tm->tm_year % 100 != 0 || tm->tm_year % 400 == 0);
    int last = tm->tm_mon == 2 && !leap ? 28 : days[tm->tm_mon - 1];
    return tm->tm_mday <= last && tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 60;
}

bool clock_parse(const char *text, int64_t *out_us)
{
    struct tm tm = { 0 };
    int64_t fraction, offset;
    const char *at = text;
    if (!date_parse(&at, &tm) || (*at != 'T' && *at != 't' && *at != ' '))
        return false;
    at++;
    if (!hours_parse(&at, &tm) || !fraction_parse(&at, &fraction) || !offset_parse(&at, &offset))
        return false;
    if (*at || !fields_are_in_range(&tm))
        return false;

    tm.tm_year -= 1900;
    tm.tm_mon--;
    *out_us = (int64_t)timegm(&tm) * CLOCK_SECOND + fraction - offset;
    return true;
}
