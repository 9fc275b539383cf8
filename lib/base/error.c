#include "lib/base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

static const struct {
    const char *code;
    int http;
    int exit;
} kinds[ERROR_KIND_COUNT] = {
    [ERROR_NONE] = { "none", 200, 0 },
#define ERROR_KIND(name, code, http, exit) [ERROR_##name] = { code, http, exit },
#include "lib/base/error_kinds.def"
#undef ERROR_KIND
};

static enum error_kind kind_of_errno(int sys)
{
    switch (sys) {
    case ENOENT:
        return ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ERROR_DENIED;
    case EEXIST:
        return ERROR_CONFLICT;
    default:
        return ERROR_INTERNAL;
    }
}

#define SUBJECT_MAX 400 /* before what the system says */

static void error_begin(struct error *err, enum error_kind kind, int sys, const char *where,
                        const char *format, va_list args) __attribute__((format(printf, 5, 0)));

static void error_begin(struct error *err, enum error_kind kind, int sys, const char *where,
                        const char *format, va_list args)
{
    assert(err && kind != ERROR_NONE);
    *err = (struct error){ .kind = kind, .sys = sys, .where = where };
    (void)vsnprintf(err->message, sizeof(err->message), format, args);
}

bool error_raise(struct error *err, enum error_kind kind, int sys, const char *where,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_begin(err, kind, sys, where, format, args);
    va_end(args);
    text_mend(err->message);
    return false;
}

/* strerror(3) is not for threads in glibc, and is in musl, which has nothing else. */
const char *error_system_text(int sys)
{
#ifdef __GLIBC__
    const char *text = strerrordesc_np(sys);
    return text ? text : "unknown error";
#else
    return strerror(sys); /* NOLINT(concurrency-mt-unsafe) */
#endif
}

bool error_raise_errno(struct error *err, const char *where, const char *format, ...)
{
    int sys = errno;
    va_list args;
    va_start(args, format);
    error_begin(err, kind_of_errno(sys), sys, where, format, args);
    va_end(args);

    const char *text = error_system_text(sys);
    size_t used = strnlen(err->message, SUBJECT_MAX);
    (void)snprintf(err->message + used, sizeof(err->message) - used, ": %s", text);
    text_mend(err->message);
    return false;
}

bool error_add_prefix(struct error *err, const char *format, ...)
{
    char inner[sizeof(err->message)];
    memcpy(inner, err->message, sizeof(inner));

    va_list args;
    va_start(args, format);
    int used = vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);

    int room = (int)sizeof(err->message) - used - (int)sizeof(": ");
    if (room > 0)
        (void)snprintf(err->message + used, (size_t)room + sizeof(": "), ": %.*s", room, inner);
    text_mend(err->message);
    return false;
}

/* "a/web" is named by "a/web@1.0.0 is" and "all of a/web: no", not by "a/web-extra is". */
bool error_add_name(struct error *err, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = err->message; (at = strstr(at, name)); at++)
        if ((at == err->message || at[-1] == ' ') && strchr(": @/,", at[len]))
            return false;
    return error_add_prefix(err, "%s", name);
}

bool error_add_hint(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->hint, sizeof(err->hint), format, args);
    va_end(args);
    text_mend(err->hint);
    return false;
}

bool error_add_field(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->field, sizeof(err->field), format, args);
    va_end(args);
    text_mend(err->field);
    return false;
}

const char *error_code(enum error_kind kind)
{
    return kinds[kind].code;
}

int error_http_status(enum error_kind kind)
{
    return kinds[kind].http;
}

int error_exit_status(enum error_kind kind)
{
    return kinds[kind].exit;
}
