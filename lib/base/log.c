#include "lib/base/log.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/clock.h"

static void value_write(FILE *stream, const char *text)
{
    fputc('"', stream);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', stream);
        if ((unsigned char)*text < ' ')
            fprintf(stream, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, stream);
    }
    fputc('"', stream);
}

static void stderr_sink(enum log_level level, const char *event, const struct log_pair *pairs,
                        void *context)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    (void)context;

    flockfile(stderr);
    char now[CLOCK_TEXT_MAX];
    clock_print(clock_now_us(), now);
    fprintf(stderr, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", now, names[level], event);
    for (; pairs->kind != LOG_END; pairs++) {
        fprintf(stderr, ",\"%s\":", pairs->key);
        if (pairs->kind == LOG_TEXT)
            value_write(stderr, pairs->text ? pairs->text : "");
        else
            fprintf(stderr, "%" PRId64, pairs->number);
    }
    fputs("}\n", stderr);
    funlockfile(stderr);
}

static log_sink *active_sink = stderr_sink;
static void *active_context;
static enum log_level least_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    least_level = level;
}

void log_set_sink(log_sink *sink, void *context)
{
    active_sink = sink ? sink : stderr_sink;
    active_context = context;
}

void log_event(enum log_level level, const char *event, const struct log_pair *pairs)
{
    if (level >= least_level)
        active_sink(level, event, pairs, active_context);
}
