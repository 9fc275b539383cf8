/* TOML's integers, floats, dates and times. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/toml/reader.h"

#define NUMBER_MAX 400 /* longer ones say nothing more */

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_token(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '-' || c == '_' || c == '.';
}

/* A run of digits of a base with single underscores between them; NULL when there is none. */
static const char *skip_digits(const char *at, const char *digits)
{
    if (!*at || !strchr(digits, *at))
        return NULL;
    for (; *at; at++) {
        bool digit = strchr(digits, *at);
        bool between = *at == '_' && at[1] && strchr(digits, at[1]);
        if (!digit && !between)
            break;
    }
    return at;
}

/* Decimal digits without a zero in front. */
static const char *skip_integer(const char *at)
{
    const char *end = skip_digits(at, "0123456789");
    return end && *at == '0' && end != at + 1 ? NULL : end;
}

static void drop_underscores(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != '_')
            *to++ = *from;
    *to = '\0';
}

/* 0x, 0o and 0b; the token holds nothing else. */
static bool read_based(struct toml_reader *reader, char *token, struct doc *doc)
{
    static const struct {
        char letter;
        int base;
        const char *digits;
    } bases[] = {
        { 'x', 16, "0123456789abcdefABCDEF" },
        { 'o', 8, "01234567" },
        { 'b', 2, "01" },
    };
    for (size_t i = 0; i < COUNT(bases); i++) {
        if (token[1] != bases[i].letter)
            continue;
        const char *end = skip_digits(token + 2, bases[i].digits);
        if (!end || *end)
            return toml_fault(reader, "not a whole number");
        drop_underscores(token);
        errno = 0;
        unsigned long long value = strtoull(token + 2, NULL, bases[i].base);
        if (errno || value > INT64_MAX)
            return toml_fault(reader, "this number does not fit 64 bits");
        doc->integer = (int64_t)value;
        return true;
    }
    return toml_fault(reader, "not a number");
}

static bool read_infinite(const char *digits, bool negative, struct doc *doc)
{
    bool infinite = strcmp(digits, "inf") == 0;
    if (!infinite && strcmp(digits, "nan") != 0)
        return false;
    doc->kind = DOC_REAL;
    doc->real = copysign(infinite ? (double)INFINITY : (double)NAN, negative ? -1 : 1);
    return true;
}

/* Whether text, behind its whole part, is a fraction, an exponent, or both, and nothing else. */
static bool is_float_tail(const char *at)
{
    if (*at == '.')
        at = skip_digits(at + 1, "0123456789");
    if (at && (*at == 'e' || *at == 'E')) {
        at++;
        at += *at == '+' || *at == '-';
        at = skip_digits(at, "0123456789");
    }
    return at && !*at;
}

static bool read_decimal(struct toml_reader *reader, char *token, struct doc *doc)
{
    const char *digits = token + (*token == '+' || *token == '-');
    if (read_infinite(digits, *token == '-', doc))
        return true;
    const char *end = skip_integer(digits);
    if (!end)
        return toml_fault(reader,
                          *digits == '0' ? "a number does not begin with 0" : "expected a value");
    if (*end && !is_float_tail(end))
        return toml_fault(reader, "not a number");

    bool whole = !*end;
    drop_underscores(token);
    errno = 0;
    if (!whole) {
        doc->kind = DOC_REAL;
        doc->real = strtod(token, NULL);
        return true;
    }
    doc->integer = strtoll(token, NULL, 10);
    return errno ? toml_fault(reader, "this number does not fit 64 bits") : true;
}

bool toml_read_number(struct toml_reader *reader, struct doc **out)
{
    char token[NUMBER_MAX + 1];
    size_t len = 0;
    while (reader->at + len < reader->end && is_token((unsigned char)reader->at[len])) {
        if (len == NUMBER_MAX)
            return toml_fault(reader, "this number is too long");
        token[len] = reader->at[len];
        len++;
    }
    token[len] = '\0';
    struct doc *doc = toml_node_new(reader, DOC_INTEGER);
    bool based = token[0] == '0' && token[1] && strchr("xob", token[1]);
    if (based ? !read_based(reader, token, doc) : !read_decimal(reader, token, doc))
        return false;
    reader->at += len;
    *out = doc;
    return true;
}

/* Two digits of at most max, or -1. */
static int two_digits(const char *at, const char *end, int max)
{
    if (end - at < 2 || !is_digit((unsigned char)at[0]) || !is_digit((unsigned char)at[1]))
        return -1;
    int value = (at[0] - '0') * 10 + at[1] - '0';
    return value <= max ? value : -1;
}

static int days_of(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* "1979-05-27"; NULL when the text is no such date. */
static const char *skip_date(const char *at, const char *end)
{
    int century = two_digits(at, end, 99), rest = century < 0 ? -1 : two_digits(at + 2, end, 99);
    if (rest < 0 || end - at < 10 || at[4] != '-' || at[7] != '-')
        return NULL;
    int month = two_digits(at + 5, end, 12), day = two_digits(at + 8, end, 31);
    if (month < 1 || day < 1 || day > days_of(century * 100 + rest, month))
        return NULL;
    return at + 10;
}

/* "07:32:00.999"; NULL when the text is no such time. A second of 60 is a leap second. */
static const char *skip_clock(const char *at, const char *end)
{
    if (end - at < 8 || at[2] != ':' || at[5] != ':' || two_digits(at, end, 23) < 0 ||
        two_digits(at + 3, end, 59) < 0 || two_digits(at + 6, end, 60) < 0)
        return NULL;
    at += 8;
    if (at == end || *at != '.')
        return at;
    const char *fraction = ++at;
    while (at < end && is_digit((unsigned char)*at))
        at++;
    return at > fraction ? at : NULL;
}

static const char *skip_offset(const char *at, const char *end)
{
    if (at < end && (*at == 'Z' || *at == 'z'))
        return at + 1;
    if (at == end || (*at != '+' && *at != '-'))
        return at;
    if (end - at < 6 || at[3] != ':' || two_digits(at + 1, end, 23) < 0 ||
        two_digits(at + 4, end, 59) < 0)
        return NULL;
    return at + 6;
}

static bool begins_date(const struct toml_reader *reader)
{
    const char *at = reader->at;
    return reader->end - at >= 5 && at[4] == '-' && is_digit((unsigned char)at[0]) &&
           is_digit((unsigned char)at[1]) && is_digit((unsigned char)at[2]) &&
           is_digit((unsigned char)at[3]);
}

static bool begins_clock(const struct toml_reader *reader)
{
    const char *at = reader->at;
    return reader->end - at >= 3 && at[2] == ':' && is_digit((unsigned char)at[0]) &&
           is_digit((unsigned char)at[1]);
}

/* A date, a date and time with or without offset, or a time; NULL when it is none of these. */
static const char *skip_time(const char *at, const char *end, bool date)
{
    if (!date)
        return skip_clock(at, end);
    at = skip_date(at, end);
    if (!at || at == end)
        return at;
    bool letter = *at == 'T' || *at == 't';
    bool space = *at == ' ' && end - at >= 2 && is_digit((unsigned char)at[1]);
    if (!letter && !space)
        return at;
    at = skip_clock(at + 1, end);
    return at ? skip_offset(at, end) : NULL;
}

bool toml_read_time(struct toml_reader *reader, struct doc **out)
{
    *out = NULL;
    bool date = begins_date(reader);
    if (!date && !begins_clock(reader))
        return true;

    const char *at = skip_time(reader->at, reader->end, date);
    if (!at || (at < reader->end && (is_token((unsigned char)*at) || *at == ':')))
        return toml_fault(reader, "not a date or time");

    struct doc *doc = toml_node_new(reader, DOC_TIME);
    doc->len = (size_t)(at - reader->at);
    char *text = arena_strndup(reader->arena, reader->at, doc->len);
    if (date && doc->len > 10)
        text[10] = 'T';
    doc->text = text;
    reader->at = at;
    *out = doc;
    return true;
}
