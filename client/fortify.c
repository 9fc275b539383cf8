/*
 * For musl: Debian's archives are compiled with _FORTIFY_SOURCE, which makes them call variants of
 * some functions that glibc alone has. They get the size of what they write to, and hold to it.
 * ABI: Linux Standard Base Core 5.0, interfaces for libc.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the names are glibc's */
int __fprintf_chk(FILE *file, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int __vsnprintf_chk(char *out, size_t max, int flag, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 5, 0)));
int __snprintf_chk(char *out, size_t max, int flag, size_t size, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
int __sprintf_chk(char *out, int flag, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int __vasprintf_chk(char **out, int flag, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
char *__strncpy_chk(char *out, const char *from, size_t max, size_t size);

int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
    va_list args;
    (void)flag;
    va_start(args, format);
    int len = vfprintf(file, format, args);
    va_end(args);
    return len;
}

int __vsnprintf_chk(char *out, size_t max, int flag, size_t size, const char *format, va_list args)
{
    (void)flag;
    if (max > size)
        abort();
    return vsnprintf(out, max, format, args);
}

int __snprintf_chk(char *out, size_t max, int flag, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = __vsnprintf_chk(out, max, flag, size, format, args);
    va_end(args);
    return len;
}

int __sprintf_chk(char *out, int flag, size_t size, const char *format, ...)
{
    va_list args;
    (void)flag;
    va_start(args, format);
    int len = vsnprintf(out, size < INT_MAX ? size : INT_MAX, format, args); /* -1: not known */
    va_end(args);
    if (len >= 0 && (size_t)len >= size)
        abort();
    return len;
}

int __vasprintf_chk(char **out, int flag, const char *format, va_list args)
{
    (void)flag;
    return vasprintf(out, format, args);
}

char *__strncpy_chk(char *out, const char *from, size_t max, size_t size)
{
    if (max > size)
        abort();
    return strncpy(out, from, max);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
