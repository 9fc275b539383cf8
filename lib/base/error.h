/*
 * Failures as values.
 *
 * A function that can fail returns bool, and takes `struct error *err` last:
 *
 *     if (!pack_open(path, &pack, err))
 *         return error_prefix(err, "install %s", ref);
 *
 * err is never NULL, is written only on failure, and is fixed-size, so reporting
 * a failure cannot itself fail. Absence is not a failure: find_* succeeds with
 * NULL, get_* fails with ERROR_NOT_FOUND.
 */
#pragma once

#include <stdbool.h>

enum error_kind {
    ERROR_NONE,
#define ERROR_KIND(name, code, http, exit) ERROR_##name,
#include "lib/base/error_kinds.def"
#undef ERROR_KIND
    ERROR_KIND_COUNT,
};

struct error {
    enum error_kind kind;
    int sys;           /* errno behind the failure, or 0 */
    const char *where; /* file:line that raised it, for the debug log */
    char message[512]; /* one printable line, lower case, no trailing stop */
    char field[96];    /* the key or parameter that is wrong, or "" */
    char hint[256];    /* what to do next, one line, or "" */
    unsigned retry_s;  /* in so many seconds it may succeed; 0: nobody knows */
};

#define MUST_CHECK __attribute__((warn_unused_result))

#define ERROR_STRINGIFY(x) #x
#define ERROR_LINE(line)   ERROR_STRINGIFY(line)
#define ERROR_HERE         __FILE__ ":" ERROR_LINE(__LINE__)

/*
 * All are false, so that a failing function ends in `return error_set(...)`.
 *
 * error_set        a new failure of a kind
 * error_set_errno  a new failure whose kind follows errno, and whose message ends in its text
 * error_prefix     puts what was being done in front: "install acme/web: manifest: ..."
 * error_name       puts the name of what it is about in front, unless the message has it already
 * error_hint       adds what to do next
 * error_field      adds the name of the key or parameter that is wrong
 */
#define error_set(err, kind, ...) \
    error_false(error_raise((err), ERROR_##kind, 0, ERROR_HERE, __VA_ARGS__))
#define error_set_errno(err, ...) error_false(error_raise_errno((err), ERROR_HERE, __VA_ARGS__))
#define error_prefix(err, ...)    error_false(error_add_prefix((err), __VA_ARGS__))
#define error_name(err, name)     error_false(error_add_name((err), (name)))
#define error_hint(err, ...)      error_false(error_add_hint((err), __VA_ARGS__))
#define error_field(err, ...)     error_false(error_add_field((err), __VA_ARGS__))

/* Lets compilers and analysers see what error_raise returns. */
static inline bool error_false(bool raised)
{
    (void)raised;
    return false;
}

/* What an errno means; static text. Thread-safe. */
const char *error_system_text(int sys);
bool error_raise(struct error *err, enum error_kind kind, int sys, const char *where,
                 const char *format, ...) __attribute__((cold, format(printf, 5, 6)));
bool error_raise_errno(struct error *err, const char *where, const char *format, ...)
    __attribute__((cold, format(printf, 3, 4)));
bool error_add_prefix(struct error *err, const char *format, ...)
    __attribute__((cold, format(printf, 2, 3)));
bool error_add_name(struct error *err, const char *name) __attribute__((cold));
bool error_add_hint(struct error *err, const char *format, ...)
    __attribute__((cold, format(printf, 2, 3)));
bool error_add_field(struct error *err, const char *format, ...)
    __attribute__((cold, format(printf, 2, 3)));

const char *error_code(enum error_kind kind);
int error_http_status(enum error_kind kind);
int error_exit_status(enum error_kind kind);
